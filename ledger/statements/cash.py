"""The statement of cash receipts and payments, on the cash basis of accounting (IPSAS, cash basis, part 1).

A payment is what left a cash account: settled, not ordered. What a bank gave back reduces payments and is shown. Each
figure stands beside that of the same days a year before.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from ledger.model.account import Family
from ledger.model.step import Step
from ledger.statements.balances import moved_of
from ledger.statements.funds import budget_comparison, funds_received
from ledger.statements.report import Amount, Cell, Column, Kind, Report, Table
from ledger.statements.sums import Stretch

if TYPE_CHECKING:
    from ledger.statements.accounts import AccountRow
    from ledger.statements.sums import Moved
    from ledger.statements.view import View

RECEIPTS, PAYMENTS = "receipts", "payments"

# Where what moves on a cash account is shown: section, line, and whether money that comes in counts above zero.
_LINES: dict[tuple[int, bool], tuple[str, str]] = {
    (Step.PAY, False): (PAYMENTS, "paid"),
    (Step.PAY, True): (PAYMENTS, "returned or taken back"),
    (Step.SUSPEND, False): (RECEIPTS, "received, belonging to no instruction"),
    (Step.SUSPEND, True): (RECEIPTS, "received, found to belong"),
    (Step.SUSPEND_OUT, False): (PAYMENTS, "paid, belonging to no instruction"),
    (Step.SUSPEND_OUT, True): (PAYMENTS, "paid, found to belong"),
}

_NOTES = (
    "Payments are those a bank or the treasury settled; what is only ordered is in the cash forecast.",
    "Receipts above zero came in, payments above zero went out; what was returned stands below zero among payments.",
    "Cash counts what these books moved; funds received are told beside it, by value date, and not by block.",
)


class Days(NamedTuple):
    """Effective days, both included; None: no bound."""

    since: date | None
    until: date | None


def receipts_and_payments(view: View) -> Report:
    """Receipts and payments of the days asked for, by class, and cash by bank: opening, in, out, closing.

    With both days asked for, what the same days came to a year before; and of days in one fiscal year, the calendar's,
    the budget beside what was paid of it.
    """
    spans, notes = [Days(view.since, view.until)], list(_NOTES)
    if view.since is not None and view.until is not None:
        spans.append(Days(_year_before(view.since), _year_before(view.until)))
        notes.append(f"Prior figures are of {spans[1].since} to {spans[1].until}, the same days a year before.")
    during = [view.moved(Stretch(view.head.block_no, since=since, until=until)) for since, until in spans]
    tables = [_statement(view, during), _by_bank(view, spans, during), funds_received(view, spans)]
    if view.since is not None and view.until is not None and view.since.year == view.until.year:
        tables.append(budget_comparison(view, view.until, _paid_by(view, view.until)))
        notes.append(
            "The original budget is the appropriation told first, the final one that told last; both are of the whole"
            f" year and stand beside what was paid, less returns, from 1 January to {view.until}."
        )
    return view.report("receipts-payments", "Statement of cash receipts and payments", tables, notes)


def _year_before(day: date) -> date:
    """29 February has the 28th a year before."""
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _cash(view: View, row: Moved) -> tuple[AccountRow, bool] | None:
    """The cash account a movement is on and whether it came in; None when it is on none."""
    debit, credit = view.accounts[row.debit_account], view.accounts[row.credit_account]
    if debit.family == Family.CASH:
        return debit, True
    return (credit, False) if credit.family == Family.CASH else None


def _paid_by(view: View, until: date) -> dict[tuple[str, str, str], int]:
    """What was paid, less returns, from the beginning of the year: by fund, programme and currency."""
    sums: dict[tuple[str, str, str], int] = defaultdict(int)
    for row in view.moved(Stretch(view.head.block_no, since=date(until.year, 1, 1), until=until)):
        found = _cash(view, row)
        if found is not None and row.step == Step.PAY:
            of, came_in = found
            sums[of.fund, of.programme, of.currency] += -row.amount_minor if came_in else row.amount_minor
    return sums


def _statement(view: View, during: list[list[Moved]]) -> Table:
    sums: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0] * (1 + len(during)))
    for place, moved in enumerate(during):
        for row in moved:
            found = _cash(view, row)
            if found is None:
                continue
            of, came_in = found
            section, line = _LINES.get(
                (row.step, row.reversal), (RECEIPTS if came_in else PAYMENTS, Step(row.step).name)
            )
            entry = sums[section, line, of.programme, of.benefit, of.operator, of.fund, of.cofog, of.gfsm, of.currency]
            entry[1 + place] += row.amount_minor if came_in == (section == RECEIPTS) else -row.amount_minor
            entry[0] += row.transfers if place == 0 else 0
    rows: list[tuple[Cell, ...]] = []
    for key in sorted(sums, key=lambda key: (key[-1], key[0] != RECEIPTS, *key[1:])):
        transfers, *amounts = sums[key]
        rows.append((*key, transfers, *(Amount(amount, key[-1]) for amount in amounts)))
    names = ("section", "line", "programme", "benefit", "operator", "fund", "cofog", "gfsm", "currency")
    money = (Column("amount", Kind.AMOUNT), Column("prior amount", Kind.AMOUNT))[: len(during)]
    return Table("statement", (*map(Column, names), Column("transfers", Kind.COUNT), *money), rows)


def _by_bank(view: View, spans: list[Days], during: list[list[Moved]]) -> Table:
    """Opening and closing are found from the balances, the movement between from the transfers."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * 4 * len(spans))
    for place, (days, moved) in enumerate(zip(spans, during, strict=True)):
        if days.since is not None:
            until = days.since - timedelta(days=1)
            _add(view, sums, 4 * place, moved_of(view, Stretch(view.head.block_no, until=until)))
        for row in moved:
            found = _cash(view, row)
            if found is not None:
                of, came_in = found
                sums[of.qualifier, of.currency][4 * place + (1 if came_in else 2)] += row.amount_minor
        _add(view, sums, 4 * place + 3, moved_of(view, Stretch(view.head.block_no, until=days.until)))
    rows: list[tuple[Cell, ...]] = [
        (bank, currency, *(Amount(amount, currency) for amount in amounts))
        for (bank, currency), amounts in sorted(sums.items())
    ]
    names = [f"{when}{name}" for when in ("", "prior ") for name in ("opening", "in", "out", "closing")]
    money = (Column(name, Kind.AMOUNT) for name in names[: 4 * len(spans)])
    return Table("cash by bank", (Column("bank"), Column("currency"), *money), rows)


def _add(view: View, sums: dict[tuple[str, str], list[int]], place: int, balances: dict[int, int]) -> None:
    for number, balance in balances.items():
        of = view.accounts[number]
        if of.family == Family.CASH:
            sums[of.qualifier, of.currency][place] += balance
