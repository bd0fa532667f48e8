"""What changed afterwards: corrections (reversals), and entries effective on an earlier day than they were recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.model.step import Step
from ledger.statements.report import Amount, Cell, Column, Kind, Report, Table
from ledger.statements.view import RECORDED_DAY

if TYPE_CHECKING:
    from ledger.statements.view import View

_DAYS = "r.effective_date between coalesce(%(since)s, '-infinity'::date) and coalesce(%(until)s, 'infinity'::date)"

_REVERSALS = f"""
select r.leaf_no, r.block_no, {RECORDED_DAY}, r.effective_date, r.step, encode(r.subject, 'hex'), r.debit_account,
    r.credit_account, r.amount_minor, r.currency, o.leaf_no, o.effective_date, o.amount_minor
from transfer r join block on block.block_no = r.block_no left join transfer o on o.leaf_no = r.reverses
    left join line on line.line_id = r.subject
where r.reverses is not null and r.leaf_no < %(leaves)s and (%(cycle)s = 0 or line.cycle = %(cycle)s) and {_DAYS}
order by r.leaf_no
"""

_BACK_DATED = f"""
select to_char(r.effective_date, 'YYYY-MM'), to_char(recorded, 'YYYY-MM'), r.step, r.currency, count(*),
    sum(case when r.reverses is null then r.amount_minor else -r.amount_minor end), max(recorded - r.effective_date)
from transfer r join (select block_no, {RECORDED_DAY} as recorded from block) as b using (block_no)
where r.leaf_no < %(leaves)s and recorded - r.effective_date >= %(days)s and {_DAYS}
group by 1, 2, 3, 4 order by 1, 2, 3, 4
"""

_COLUMNS = (
    Column("leaf", Kind.COUNT),
    Column("block", Kind.COUNT),
    Column("recorded", Kind.DAY),
    Column("effective", Kind.DAY),
    Column("step"),
    Column("line"),
    Column("debit account"),
    Column("credit account"),
    Column("currency"),
    Column("amount", Kind.AMOUNT),
    Column("reverses leaf", Kind.COUNT),
    Column("effective then", Kind.DAY),
    Column("amount then", Kind.AMOUNT),
)


def corrections(view: View) -> Report:
    """Every reversal, with the transfer it takes back."""
    notes = ("Nothing is ever changed: a correction is a transfer that takes back a named one, in whole or in part.",)
    return view.report("corrections", "Corrections", (corrections_table(view, 0),), notes)


def corrections_table(view: View, cycle: int) -> Table:
    """The reversals of one cycle (YYYYMM), or of all with 0."""
    rows: list[tuple[Cell, ...]] = []
    for row in view.ask(_REVERSALS, {"cycle": cycle, "since": view.since, "until": view.until}):
        leaf, block, recorded, effective, step, subject, debit, credit, amount, unit, original, then, whole = row
        accounts = (view.accounts[debit].code, view.accounts[credit].code)
        was = None if whole is None else Amount(whole, unit)
        head = (leaf, block, recorded, effective, Step(step).name.lower(), subject, *accounts)
        rows.append((*head, unit, Amount(amount, unit), original, then, was))
    return Table("corrections", _COLUMNS, rows)


def back_dated(view: View, days: int) -> Report:
    """Transfers effective at least `days` days before they were recorded, by the two months and the step."""
    found = view.ask(_BACK_DATED, {"days": days, "since": view.since, "until": view.until})
    rows: list[tuple[Cell, ...]] = [
        (effective, recorded, Step(step).name.lower(), unit, count, Amount(int(amount), unit), most)
        for effective, recorded, step, unit, count, amount, most in found
    ]
    columns = (
        Column("effective month"),
        Column("recorded month"),
        Column("step"),
        Column("currency"),
        Column("transfers", Kind.COUNT),
        Column("amount net", Kind.AMOUNT),
        Column("most days late", Kind.COUNT),
    )
    notes = ("The general ledger of an account shows both days of every single entry.",)
    return view.report("back-dated", "Back-dated entries", (Table("back-dated", columns, rows),), notes, days=days)
