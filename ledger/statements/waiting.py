"""What is recorded of entities and not decided yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

    from ledger.store.connection import LedgerCursor


class Waiting(NamedTuple):
    """Marks of some entities: `open` ones are decided soon, `parked` ones failed and wait for a repair."""

    open: int
    parked: int


def waiting_on(cursor: LedgerCursor, keys: Collection[bytes]) -> Waiting:
    """How many marks these entities have."""
    wanted = list(keys)
    row = cursor.execute(
        "select (select count(*) from mark where entity = any(%b)),"
        " (select count(*) from parked_mark where entity = any(%b))",
        (wanted, wanted),
    ).fetchone()
    return Waiting(*row) if row is not None else Waiting(0, 0)
