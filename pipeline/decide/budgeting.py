"""What fits its budget is submitted; what does not waits, and is looked at again when a budget or a commitment changes.

There is no row that every submission changes: what is left is found from what was told, reserved and ordered. One
leader submits, in one thread, so nothing can be committed between looking and ordering. Those that wait are looked at
by cycle, source, batch and line; a later one that fits does not wait for an earlier one that does not.

What is approved of a line between its freeze order and its freezing was not counted with its batch. It is looked at
when it is approved, always in a transaction before the one that freezes it; an order that no longer fits is called
back.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from ledger.store import budgets
from ledger.store.budgets import BudgetKey, Needs, Waiting, WaitingLine

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from ledger.store.books import BatchName
    from ledger.store.connection import LedgerCursor
    from processors.budgets import BudgetRow


class Batch(NamedTuple):
    """What a submission keeps of its batch; `cycle` is YYYYMM."""

    benefit: str
    cycle: int


Late = dict["BatchName", tuple[Batch, list[bytes]]]
"""Lines approved too late for their batch, which was submitted."""


class Budgets:
    """Used by the thread that writes; made anew after each failure."""

    def __init__(self) -> None:
        self._any: bool | None = None

    def told(self, cursor: LedgerCursor, rows: Sequence[BudgetRow]) -> None:
        """Keep what was told of budgets."""
        if rows:
            budgets.put_budgets(cursor, rows)
            self._any = True

    def controlled(self, cursor: LedgerCursor) -> bool:
        """Whether any budget was ever told; without one everything fits."""
        if self._any is None:
            self._any = budgets.any_budget(cursor)
        return self._any

    def called_back(self, cursor: LedgerCursor, raised: Collection[bytes]) -> Counter[int]:
        """Call back orders of lines approved for more than when they were given, as far as the budget is short.

        Returns how many, by submission; the lines wait as those approved too late for their batch.
        """
        if not raised or not self.controlled(cursor):
            return Counter()
        lines = budgets.ordered_lines(cursor, raised)
        if not lines:
            return Counter()
        left, needs = budgets.available(cursor), budgets.needs_of_lines(cursor, [row.line_id for row in lines])
        for row in lines:
            for key, amount in needs.get(row.line_id, {}).items():
                if key in left:
                    left[key] += amount
        _, waiting = _lines(left, lines, needs)
        return Counter(budgets.call_back(cursor, waiting)) if waiting else Counter()

    def fitting(
        self, cursor: LedgerCursor, complete: Mapping[BatchName, Batch], looked_at: Collection[BatchName], late: Late
    ) -> tuple[dict[BatchName, Batch], Late]:
        """Which complete batches and late lines may be submitted now, with those that waited; the others wait.

        `complete` are those of the batches `looked_at` that agree with their declaration.
        """
        known, lines = budgets.waiting_batches(cursor), budgets.waiting_lines(cursor)
        batches = {row[:2]: Batch(row.benefit, row.cycle) for row in known if row[:2] not in looked_at}
        batches.update(complete)
        for name, (batch, line_ids) in late.items():
            lines += [WaitingLine(line_id, *name, *batch) for line_id in line_ids]
        lines = sorted({row.line_id: row for row in lines}.values(), key=lambda row: (row.cycle, *row[1:3], row[0]))
        left = budgets.available(cursor)
        fit, waiting = _batches(left, batches, budgets.needs_of_batches(cursor, batches))
        fit_lines, waiting_lines = _lines(left, lines, budgets.needs_of_lines(cursor, [row.line_id for row in lines]))
        if known != waiting or lines:
            budgets.keep_waiting(cursor, waiting, waiting_lines)
        return fit, fit_lines


def _batches(
    left: Needs, batches: Mapping[BatchName, Batch], needs: Mapping[BatchName, Needs]
) -> tuple[dict[BatchName, Batch], list[Waiting]]:
    fit: dict[BatchName, Batch] = {}
    waiting: list[Waiting] = []
    for name in sorted(batches, key=lambda name: (batches[name].cycle, name)):
        short = _take(left, needs[name])
        if short is None:
            fit[name] = batches[name]
        else:
            waiting.append(Waiting(*name, *batches[name], short, needs[name][short]))
    return fit, waiting


def _lines(left: Needs, lines: Sequence[WaitingLine], needs: Mapping[bytes, Needs]) -> tuple[Late, list[WaitingLine]]:
    fit: Late = {}
    waiting: list[WaitingLine] = []
    for row in lines:
        if _take(left, needs.get(row.line_id, {})) is None:
            fit.setdefault((row.source, row.batch_id), (Batch(row.benefit, row.cycle), []))[1].append(row.line_id)
        else:
            waiting.append(row)
    return fit, waiting


def _take(left: Needs, needed: Needs) -> BudgetKey | None:
    """Take what is needed, or nothing and say which budget is short."""
    for key in sorted(needed):
        if key in left and needed[key] > left[key]:
            return key
    for key, amount in needed.items():
        if key in left:
            left[key] -= amount
    return None
