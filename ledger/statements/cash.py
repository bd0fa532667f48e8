"""The statement of cash receipts and payments, on the cash basis of accounting (IPSAS, cash basis, part 1).

A payment is what left a cash account: settled, not ordered. What a bank gave back reduces payments and is shown.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from events.catalogue import TYPES
from events.envelope import restore
from events.finance import FundReceived
from events.money import to_minor
from ledger.model.account import Family
from ledger.model.step import Step
from ledger.statements.balances import moved_of
from ledger.statements.report import Amount, Cell, Column, Kind, Report, Table
from ledger.statements.sums import Stretch

if TYPE_CHECKING:
    from ledger.statements.accounts import AccountRow
    from ledger.statements.sums import Moved
    from ledger.statements.view import View

_RECEIVED = "select source, event_id, time_us, value from inbox where type_no = %(type)s"

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


def receipts_and_payments(view: View) -> Report:
    """Receipts and payments of the days asked for, by class, and cash by bank: opening, in, out, closing."""
    during = view.moved(view.stretch())
    tables = (_statement(view, during), _by_bank(view, during), _funds(view))
    return view.report("receipts-payments", "Statement of cash receipts and payments", tables, _NOTES)


def _funds(view: View) -> Table:
    """What was told of money received into funds, by value date; each reference once, as last told."""
    latest: dict[tuple[str, ...], tuple[int, str, FundReceived]] = {}
    number = TYPES["fund.received"].number
    for source, event_id, time_us, value in view.ask(_RECEIVED, {"type": number}):
        data = restore(source, event_id, number, time_us, value).data
        if isinstance(data, FundReceived):
            key = (source, data.bank_ref)
            latest[key] = max(latest.get(key, (time_us, event_id, data)), (time_us, event_id, data), key=_told_last)
    sums: dict[tuple[str, str, str], int] = defaultdict(int)
    for (source, _), (_, _, data) in latest.items():
        if (view.since or data.value_date) <= data.value_date <= (view.until or data.value_date):
            sums[data.fund, source, data.amount.currency] += to_minor(data.amount)
    rows: list[tuple[Cell, ...]] = [(*key, Amount(amount, key[-1])) for key, amount in sorted(sums.items())]
    columns = (*map(Column, ("fund", "told by", "currency")), Column("amount", Kind.AMOUNT))
    return Table("funds received", columns, rows)


def _told_last(told: tuple[int, str, FundReceived]) -> tuple[int, str]:
    return told[:2]


def _cash(view: View, row: Moved) -> tuple[AccountRow, bool] | None:
    """The cash account a movement is on and whether it came in; None when it is on none."""
    debit, credit = view.accounts[row.debit_account], view.accounts[row.credit_account]
    if debit.family == Family.CASH:
        return debit, True
    return (credit, False) if credit.family == Family.CASH else None


def _statement(view: View, during: list[Moved]) -> Table:
    sums: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0, 0])
    for row in during:
        found = _cash(view, row)
        if found is None:
            continue
        of, came_in = found
        section, line = _LINES.get((row.step, row.reversal), (RECEIPTS if came_in else PAYMENTS, Step(row.step).name))
        entry = sums[section, line, of.programme, of.benefit, of.operator, of.fund, of.cofog, of.gfsm, of.currency]
        entry[0] += row.amount_minor if came_in == (section == RECEIPTS) else -row.amount_minor
        entry[1] += row.transfers
    rows: list[tuple[Cell, ...]] = []
    for key in sorted(sums, key=lambda key: (key[-1], key[0] != RECEIPTS, *key[1:])):
        amount, transfers = sums[key]
        rows.append((*key, transfers, Amount(amount, key[-1])))
    names = ("section", "line", "programme", "benefit", "operator", "fund", "cofog", "gfsm", "currency")
    columns = (*map(Column, names), Column("transfers", Kind.COUNT), Column("amount", Kind.AMOUNT))
    return Table("statement", columns, rows)


def _by_bank(view: View, during: list[Moved]) -> Table:
    """Opening and closing are found from the balances, the movement between from the transfers."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    if view.since is not None:
        until = view.since - timedelta(days=1)
        _add(view, sums, 0, moved_of(view, Stretch(view.head.block_no, until=until)))
    for row in during:
        found = _cash(view, row)
        if found is not None:
            of, came_in = found
            sums[of.qualifier, of.currency][1 if came_in else 2] += row.amount_minor
    _add(view, sums, 3, moved_of(view, Stretch(view.head.block_no, until=view.until)))
    rows: list[tuple[Cell, ...]] = [
        (bank, currency, *(Amount(amount, currency) for amount in amounts))
        for (bank, currency), amounts in sorted(sums.items())
    ]
    money = (Column(name, Kind.AMOUNT) for name in ("opening", "in", "out", "closing"))
    return Table("cash by bank", (Column("bank"), Column("currency"), *money), rows)


def _add(view: View, sums: dict[tuple[str, str], list[int]], place: int, balances: dict[int, int]) -> None:
    for number, balance in balances.items():
        of = view.accounts[number]
        if of.family == Family.CASH:
            sums[of.qualifier, of.currency][place] += balance
