"""Budget against actual: what was voted, released, committed, spent and is left of each programme's fund in a year."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING

from ledger.model.step import Step
from ledger.statements.report import Amount, Cell, Column, Kind, Report, Table
from ledger.statements.sums import Stretch
from ledger.store.budgets import needs_of_lines, waiting_lines

if TYPE_CHECKING:
    from ledger.statements.view import View

_BUDGETS = """
select fund, programme, currency, appropriation_minor, allotment_minor from budget where fiscal_year = %(year)s
"""
_WAITING = """
select source, batch_id, benefit, fund, programme, currency, needed_minor from budget_wait
where fiscal_year = %(year)s order by cycle, source, batch_id
"""

_NOTES = (
    "Committed is what was submitted and not yet paid, spent what was settled; left is the allotment less both.",
    "A commitment counts in the year its request was recorded in, a payment in the year it was settled in.",
    "Budgets are those told last, whatever the block; where nothing was told nothing is held back.",
)


def budget_against_actual(view: View, year: int) -> Report:
    """One row for each fund, programme and currency, and the batches and single lines that wait for more."""
    found: dict[tuple[str, str, str], list[int | None]] = defaultdict(lambda: [None, None, 0, 0])
    for fund, programme, unit, voted, released in view.ask(_BUDGETS, {"year": year}):
        found[fund, programme, unit][:2] = [voted, released]
    for row in view.moved(Stretch(view.head.block_no, since=date(year, 1, 1), until=date(year, 12, 31))):
        of = view.accounts[row.debit_account]
        sign = -1 if row.reversal else 1
        for step, place in ((Step.RESERVE, 2), (Step.SPEND, 3)):
            if row.step == step:
                entry = found[of.fund, of.programme, of.currency]
                entry[place] = (entry[place] or 0) + sign * row.amount_minor
    rows = [_row(key, figures) for key, figures in sorted(found.items())]
    waiting: list[tuple[Cell, ...]] = [
        (source, batch, benefit, fund, programme, unit, Amount(needed, unit))
        for source, batch, benefit, fund, programme, unit, needed in view.ask(_WAITING, {"year": year})
    ]
    names = ("appropriation", "allotment", "committed", "spent", "left")
    columns = (*map(Column, ("fund", "programme", "currency")), *(Column(name, Kind.AMOUNT) for name in names))
    batches = tuple(map(Column, ("source", "batch", "benefit", "fund", "programme", "currency")))
    needed = Column("needed", Kind.AMOUNT)
    tables = (
        Table("budget", columns, rows),
        Table("waiting", (*batches, needed), waiting),
        Table("waiting lines", (*batches, Column("lines", Kind.COUNT), needed), _waiting_lines(view, year)),
    )
    return view.report("budget", f"Budget against actual, fiscal year {year}", tables, _NOTES, year=year)


def _waiting_lines(view: View, year: int) -> list[tuple[Cell, ...]]:
    """Lines that were approved too late for their batch, or for more while it was submitted, and do not fit."""
    view.queries.append("lines that wait for budget, and what is recognised of each")
    with view.conn.cursor() as cursor:
        lines = {row.line_id: row for row in waiting_lines(cursor)}
        needs = needs_of_lines(cursor, lines.keys())
    sums: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0, 0])
    for line_id, needed in needs.items():
        row = lines[line_id]
        for key, amount in needed.items():
            if key.fiscal_year == year:
                entry = sums[row.source, row.batch_id, row.benefit, key.fund, key.programme, key.currency]
                entry[0] += 1
                entry[1] += amount
    return [(*names, count, Amount(amount, names[-1])) for names, (count, amount) in sorted(sums.items())]


def _row(key: tuple[str, str, str], figures: list[int | None]) -> tuple[Cell, ...]:
    """What is reserved stays reserved when it is spent, so what is still committed is their difference."""
    voted, released, reserved, spent = figures
    held, paid = reserved or 0, spent or 0
    told = released if released is not None or voted is None else 0
    amounts = (voted, released, held - paid, paid, None if told is None else told - held)
    return (*key, *(None if amount is None else Amount(amount, key[2]) for amount in amounts))
