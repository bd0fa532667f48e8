"""Reports of balances: the trial balance, and the general ledger of one account."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from ledger.model.span import blocks_of
from ledger.model.step import Step
from ledger.statements.amount import readable_text
from ledger.statements.periods import balance_digest, period_balance
from ledger.statements.report import Amount, Cell, Column, Kind, Report, Table
from ledger.statements.sums import Stretch
from ledger.statements.trial_balance import balances_of, by_dimension, sides, trial_balance
from ledger.statements.view import RECORDED_DAY, View
from ledger.store.periods import events_of, read_rows
from ledger.store.sums import read_spans

if TYPE_CHECKING:
    from psycopg.rows import TupleRow

    from ledger.statements.accounts import AccountRow

_MONEY = (Column("debits", Kind.AMOUNT), Column("credits", Kind.AMOUNT), Column("balance", Kind.AMOUNT))
_OPENING = Column("opening", Kind.AMOUNT)

# Only blocks in which something moved on the account are looked at: whole spans without it are passed over.
_ENTRIES = f"""
with places as (
    select span_no from span_sum where level = 1 and %(account)s in (debit_account, credit_account)
        and effective_date between %(since)s and %(until)s group by span_no
), stretches as (
    select min(first_leaf) as first_leaf, max(first_leaf + leaf_count) as end_leaf from block
        join places on (block_no - 1) / 16 = span_no group by span_no
    union all
    select min(first_leaf), max(first_leaf + leaf_count) from block where block_no >= %(tail)s
), chosen as (
    select t.* from stretches cross join lateral (
        select * from transfer where leaf_no >= first_leaf and leaf_no < end_leaf and leaf_no < %(leaves)s
            and %(account)s in (debit_account, credit_account) and effective_date between %(since)s and %(until)s
    ) as t
)
select leaf_no, block_no, {RECORDED_DAY}, effective_date, step, reverses, encode(subject, 'hex'),
    debit_account, credit_account, amount_minor
from chosen join block using (block_no) order by effective_date, leaf_no
"""


def trial_balance_report(view: View, dimension: str = "", period: str = "") -> Report:
    """Every account, or with `dimension` (a name of `DIMENSIONS`) every value of it and family.

    With `period` what is booked in it counts, instead of the days of the view. Raises KeyError for an unknown one.
    """
    view.queries.append("sums of transfers by debit account, credit account, step and reversal")
    notes: tuple[str, ...] = ()
    if period:
        events = [event for event in events_of(read_rows(view.conn)) if event.at_block <= view.head.block_no]
        found = period_balance(view.conn, events, period, view.head.block_no)
        notes = (f"Trial balance of period {period}: SHA-256 {balance_digest(found).hex()}.",)
    else:
        found = trial_balance(view.conn, view.stretch())
    if dimension:
        found = by_dimension(found, view.accounts, dimension)
    opening = (_OPENING,) if view.since is not None or period else ()
    rows: list[tuple[Cell, ...]] = []
    for row in found:
        amounts = [row.debits_minor, row.credits_minor, row.balance_minor]
        if opening:
            amounts.insert(0, row.opening_minor)
        rows.append((row.code, row.family, row.currency, *(Amount(minor, row.currency) for minor in amounts)))
    columns = (Column("account"), Column("family"), Column("currency"), *opening, *_MONEY)
    totals: list[tuple[Cell, ...]] = [
        (both.currency, Amount(both.debits_minor, both.currency), Amount(both.credits_minor, both.currency))
        for both in sides(found)
    ]
    tables = (
        Table("accounts", columns, rows),
        Table("totals", (Column("currency"), *_MONEY[:2]), totals),
    )
    return view.report("trial-balance", "Trial balance", tables, notes, by=dimension, period=period)


def general_ledger(view: View, account: AccountRow) -> Report:
    """Every transfer on one account, by effective date, with the running balance (debits less credits)."""
    unit = account.currency
    balance = 0
    if view.since is not None:
        before = balances_of(view.moved(view.stretch().before()), view.accounts)
        balance = sum(row.balance_minor for row in before if row.account_no == account.account_no)
    opening = balance
    rows: list[tuple[Cell, ...]] = []
    for entry in _entries(view, account.account_no):
        leaf_no, block_no, recorded, effective, step, reverses, subject, debit, credit, amount = entry
        is_debit = debit == account.account_no
        balance += amount if is_debit else -amount
        rows.append(
            (
                effective,
                recorded,
                leaf_no,
                block_no,
                Step(step).name.lower(),
                reverses,
                subject,
                view.accounts[credit if is_debit else debit].code,
                Amount(amount, unit) if is_debit else None,
                None if is_debit else Amount(amount, unit),
                Amount(balance, unit),
            )
        )
    columns = (
        Column("effective", Kind.DAY),
        Column("recorded", Kind.DAY),
        Column("leaf", Kind.COUNT),
        Column("block", Kind.COUNT),
        Column("step"),
        Column("reverses", Kind.COUNT),
        Column("line"),
        Column("other account"),
        *_MONEY,
    )
    told = f"opening balance {readable_text(opening, unit)}, closing balance {readable_text(balance, unit)} {unit}"
    notes = (f"Account {account.code}: {told}.",)
    tables = (Table("entries", columns, rows),)
    return view.report("general-ledger", f"General ledger of {account.code}", tables, notes, account=account.code)


def _entries(view: View, account_no: int) -> list[TupleRow]:
    with view.conn.cursor() as cursor:
        spans = read_spans(cursor).get(1, 0)
    values = {
        "account": account_no,
        "since": view.since or date(1900, 1, 1),
        "until": view.until or date(9999, 12, 31),
        "tail": blocks_of(1, spans)[0],
    }
    return view.ask(_ENTRIES, values)


def account_named(view: View, code: str) -> AccountRow | None:
    """The account of this code."""
    return next((row for row in view.accounts.values() if row.code == code), None)


def moved_of(view: View, stretch: Stretch) -> dict[int, int]:
    """What stands on each account after a stretch: debits less credits, in minor units."""
    return {row.account_no: row.balance_minor for row in balances_of(view.moved(stretch), view.accounts)}
