"""What every report is: tables with typed columns, and what they are bound to, for whatever writes them out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ledger.statements.snapshot import Head
    from ledger.store.connection import LedgerConnection


class Kind(StrEnum):
    """What the cells of a column hold."""

    TEXT = "text"
    COUNT = "count"
    AMOUNT = "amount"
    DAY = "day"


class Amount(NamedTuple):
    """An amount in minor units; below zero where the statement says what that means."""

    minor: int
    currency: str


Cell = str | int | date | Amount | None


class Column(NamedTuple):
    """A column: its heading and what its cells hold. None is an empty cell in any of them."""

    name: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a report; `name` is short enough for the tab of a spreadsheet (31 characters)."""

    name: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Cell, ...]]


@dataclass(frozen=True, slots=True)
class Bound:
    """What a report is bound to: a block of the books, the checkpoint that covers it, and what was asked for.

    `checkpoint_size` is the smallest signed checkpoint with all leaves of the block; None while it is not sealed.
    """

    head: Head
    checkpoint_size: int | None
    asked: Mapping[str, str]
    queries: Sequence[str]

    @property
    def query_digest(self) -> str:
        """SHA-256, in hex, over the text of the queries: equal digests were found in the same way."""
        return sha256("\n".join(self.queries).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Report:
    """One report. `notes` are sentences that belong to its figures."""

    name: str
    title: str
    bound: Bound
    tables: Sequence[Table]
    notes: Sequence[str] = field(default_factory=tuple)

    def lines(self) -> Iterator[str]:
        """What every form of the report states: block, checkpoint, what was asked for, query, notes."""
        head = self.bound.head
        sealed = self.bound.checkpoint_size
        told = f"checkpoint of {sealed:,} leaves" if sealed is not None else "not yet under a signed checkpoint"
        yield f"Block {head.block_no:,} ({head.leaf_count:,} leaves), hash {head.hash.hex() or '-'}; {told}."
        asked = ", ".join(f"{name} {value}" for name, value in self.bound.asked.items())
        yield f"Query {self.name}{f' with {asked}' if asked else ''}; SHA-256 {self.bound.query_digest}."
        yield from self.notes


def checkpoint_over(conn: LedgerConnection, head: Head) -> int | None:
    """The size of the smallest signed checkpoint that covers all leaves up to `head`."""
    row = conn.execute("select min(size) from checkpoint where size >= %s", (head.leaf_count,)).fetchone()
    return None if row is None else row[0]
