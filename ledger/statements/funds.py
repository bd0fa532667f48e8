"""What the ministry of finance and the treasury told of money: funds received, and the budget beside what was paid."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

from events.catalogue import TYPES
from events.envelope import restore
from events.finance import BudgetAllotted, FundReceived
from events.money import to_minor
from ledger.statements.report import Amount, Cell, Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from ledger.statements.view import View

_TOLD = "select source, event_id, time_us, value from inbox where type_no = %(type)s order by time_us, event_id, source"
_LAST_TOLD = """
select fund, programme, currency, appropriation_minor, allotment_minor from budget where fiscal_year = %(year)s
"""

Shape = TypeVar("Shape", BudgetAllotted, FundReceived)


def _told(view: View, kind: str, shape: type[Shape]) -> Iterator[tuple[str, Shape]]:
    """Source and data of all events of a type, by their time."""
    number = TYPES[kind].number
    for source, event_id, time_us, value in view.ask(_TOLD, {"type": number}):
        data = restore(source, event_id, number, time_us, value).data
        if isinstance(data, shape):
            yield source, data


def funds_received(view: View, spans: Sequence[tuple[date | None, date | None]]) -> Table:
    """What was told of money received into funds, by value date; each reference once, as last told."""
    latest = {(source, data.bank_ref): data for source, data in _told(view, "fund.received", FundReceived)}
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0] * len(spans))
    for (source, _), data in latest.items():
        for place, (since, until) in enumerate(spans):
            if (since or data.value_date) <= data.value_date <= (until or data.value_date):
                sums[data.fund, source, data.amount.currency][place] += to_minor(data.amount)
    rows: list[tuple[Cell, ...]] = [
        (*key, *(Amount(amount, key[-1]) for amount in amounts)) for key, amounts in sorted(sums.items())
    ]
    money = (Column("amount", Kind.AMOUNT), Column("prior amount", Kind.AMOUNT))[: len(spans)]
    return Table("funds received", (*map(Column, ("fund", "told by", "currency")), *money), rows)


def budget_comparison(view: View, until: date, paid: Mapping[tuple[str, str, str], int]) -> Table:
    """Original and final budget of the year of `until`, what was released of it, and what was paid.

    `paid` is by fund, programme and currency; what was paid without a budget is shown too.
    """
    original: dict[tuple[str, str, str], int] = {}
    for _, data in _told(view, "budget.allotted", BudgetAllotted):
        if data.fiscal_year == until.year and data.stage == "appropriation":
            original.setdefault((data.fund, data.programme, data.amount.currency), to_minor(data.amount))
    last = {tuple(row[:3]): row[3:] for row in view.ask(_LAST_TOLD, {"year": until.year})}
    rows: list[tuple[Cell, ...]] = []
    for key in sorted(last.keys() | paid.keys()):
        final, released = last.get(key, (None, None))
        left = None if final is None else final - paid.get(key, 0)
        amounts = (original.get(key), final, released, paid.get(key, 0), left)
        rows.append((*key, *(None if amount is None else Amount(amount, key[2]) for amount in amounts)))
    names = ("original budget", "final budget", "allotment", "paid", "final less paid")
    columns = (*map(Column, ("fund", "programme", "currency")), *(Column(name, Kind.AMOUNT) for name in names))
    return Table("budget comparison", columns, rows)
