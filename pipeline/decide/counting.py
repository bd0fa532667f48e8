"""How many requests of declared batches are known, and their sums: asked of the table once, then kept up.

Counting a batch anew for each set that brings a few of its requests costs more the larger the batch is. What is kept
here only says that a batch is not complete yet; before it is submitted the table is asked again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.store import books
from processors.batches import Group

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ledger.store.books import BatchName
    from ledger.store.connection import LedgerCursor
    from processors.desk import LineRow

KEPT_BATCHES = 10_000

_Sums = dict[tuple[str, str, str | None], tuple[int, int]]
"""(requests, amount) by benefit, cycle and currency."""


class Counts:
    """Used by the thread that writes; made anew after each failure, since what it counted may not be committed."""

    def __init__(self) -> None:
        self._known: dict[BatchName, _Sums] = {}

    def add(self, lines: Iterable[LineRow]) -> None:
        """Lines that this transaction has written, each new in its batch."""
        for line in lines:
            sums = self._known.get((line.source, line.batch_id))
            if sums is not None:
                name = (line.benefit, line.cycle, line.currency)
                requests, amount = sums.get(name, (0, 0))
                sums[name] = (requests + 1, amount + line.amount_minor)

    def forget(self, batches: Iterable[BatchName]) -> None:
        """Ask the table anew for these: lines left them, or it matters."""
        for batch in batches:
            self._known.pop(batch, None)

    def groups(self, cursor: LedgerCursor, batches: Collection[BatchName]) -> dict[BatchName, list[Group]]:
        """What is known of these batches, with all that this transaction has written."""
        if len(self._known) > KEPT_BATCHES:
            self._known.clear()
        unknown = [batch for batch in batches if batch not in self._known]
        self._known.update((batch, {}) for batch in unknown)
        for row in books.read_sums(cursor, unknown) if unknown else []:
            name = (row.benefit, f"{row.cycle // 100:04d}-{row.cycle % 100:02d}", row.currency)
            self._known[(row.source, row.batch_id)][name] = (row.requests, row.amount_minor)
        return {batch: [Group(*name, *sums) for name, sums in self._known[batch].items()] for batch in batches}
