"""The lines of one batch, one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ledger.store.connection import LedgerCursor


class BatchLine(NamedTuple):
    """A line as its batch counts it; `cycle` is YYYYMM."""

    line_id: bytes
    benefit: str
    cycle: int
    currency: str | None
    amount_minor: int


def lines_of(cursor: LedgerCursor, source: str, batch_id: str) -> list[BatchLine]:
    """Every known line of a batch."""
    cursor.execute(
        "select line_id, benefit, cycle, currency, amount_minor from line where source = %s and batch_id = %s",
        (source, batch_id),
    )
    return [BatchLine._make(row) for row in cursor]
