"""What an identity is: two figures found in different ways that must be equal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection

COUNT = "count"


@dataclass(frozen=True, slots=True)
class Identity:
    """One comparison: `unit` is `count` or a currency (then both sides are minor units). `hint` says where to look."""

    name: str
    says: str
    unit: str
    left: int
    right: int
    hint: str

    @property
    def difference(self) -> int:
        """Left less right; anything but zero is a fault."""
        return self.left - self.right


@dataclass(frozen=True, slots=True)
class Check:
    """An identity as a question to the books: `query` gives rows of (part, unit, left, right).

    A part, such as a topic, is appended to the name. A query without a row states that there is nothing to compare.
    """

    name: str
    says: str
    hint: str
    query: str

    def run(self, conn: LedgerConnection) -> list[Identity]:
        """One identity a row."""
        return [
            Identity(f"{self.name} {part}".rstrip(), self.says, unit, int(left), int(right), self.hint)
            for part, unit, left, right in conn.execute(self.query)
        ]


def is_count(left: str, right: str) -> str:
    """A query that compares two counts."""
    return f"select '', '{COUNT}', ({left})::bigint, ({right})::bigint"
