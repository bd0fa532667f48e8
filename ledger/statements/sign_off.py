"""The pack a cycle is signed off with: what was asked, frozen, paid, corrected and is outstanding, on sheets."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from events.states import STATES_BY_NUMBER
from ledger.model.rows import DecisionKind
from ledger.model.step import Step
from ledger.statements.corrections import corrections_table
from ledger.statements.outstanding import cycle_text, outstanding_table
from ledger.statements.report import Amount, Cell, Column, Kind, Report, Table

if TYPE_CHECKING:
    from ledger.statements.view import View

_SUMMARY = f"""
select benefit, state, unit, count(*), coalesce(sum(decided_minor), 0) from (
    select distinct on (d.subject) d.benefit, d.state, coalesce(d.currency, line.currency, '-') as unit,
        d.amount_minor as decided_minor
    from line join decision d on d.subject = line.line_id
    where line.cycle = %(cycle)s and d.kind = {DecisionKind.DECIDED:d} and d.leaf_no < %(leaves)s
    order by d.subject, d.version desc
) as latest group by 1, 2, 3 order by 1, 2, 3
"""

_BATCHES = """
select s.source, s.batch_id, s.number, s.benefit, d.currency, count(*), sum(d.amount_minor),
    sum(coalesce(paid.amount_minor, 0))
from submission s join submission_line using (submission_no) join decision d on d.leaf_no = decision_leaf
    left join (
        select t.subject, sum(case when t.reverses is null then t.amount_minor else -t.amount_minor end) as amount_minor
        from transfer t join line on line.line_id = t.subject
        where line.cycle = %(cycle)s and t.step = %(pay)s and t.leaf_no < %(leaves)s group by t.subject
    ) as paid on paid.subject = d.subject
where s.cycle = %(cycle)s and d.leaf_no < %(leaves)s group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
"""

_MOVED = """
select t.debit_account, t.credit_account, t.step, t.reverses is not null, t.currency, count(*), sum(t.amount_minor)
from transfer t join line on line.line_id = t.subject where line.cycle = %(cycle)s and t.leaf_no < %(leaves)s
group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
"""

SIGNATURES = ("Prepared by", "Checked by", "Approved by")
_AMOUNT = Column("amount", Kind.AMOUNT)


def sign_off(view: View, cycle: int) -> Report:
    """The pack of one payment cycle (YYYYMM) over all sources and benefits."""
    tables = (
        _summary(view, cycle),
        _batches(view, cycle),
        *_steps_and_accounts(view, cycle),
        outstanding_table(view, cycle),
        corrections_table(view, cycle),
        Table("signatures", tuple(map(Column, ("role", "name", "date", "signature"))), [(who,) for who in SIGNATURES]),
    )
    name = cycle_text(cycle)
    return view.report("sign-off", f"Sign-off of cycle {name}", tables, cycle=name)


def _summary(view: View, cycle: int) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (benefit, STATES_BY_NUMBER[state].value, unit, count, Amount(int(amount), unit))
        for benefit, state, unit, count, amount in view.ask(_SUMMARY, {"cycle": cycle})
    ]
    columns = (*map(Column, ("benefit", "state", "currency")), Column("requests", Kind.COUNT), _AMOUNT)
    return Table("summary", columns, rows)


def _batches(view: View, cycle: int) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (source, batch, number, benefit, unit, lines, Amount(int(frozen), unit), Amount(int(paid), unit))
        for source, batch, number, benefit, unit, lines, frozen, paid in view.ask(
            _BATCHES, {"cycle": cycle, "pay": int(Step.PAY)}
        )
    ]
    columns = (
        Column("source"),
        Column("batch"),
        Column("submission", Kind.COUNT),
        Column("benefit"),
        Column("currency"),
        Column("lines", Kind.COUNT),
        Column("submitted", Kind.AMOUNT),
        Column("paid", Kind.AMOUNT),
    )
    return Table("submissions", columns, rows)


def _steps_and_accounts(view: View, cycle: int) -> tuple[Table, Table]:
    steps: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])
    balances: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for debit, credit, step, reversal, unit, _, total in view.ask(_MOVED, {"cycle": cycle}):
        amount = int(total)
        steps[step, unit][int(reversal)] += amount
        balances[view.accounts[debit].code, unit][0] += amount
        balances[view.accounts[credit].code, unit][1] += amount
    moved: list[tuple[Cell, ...]] = [
        (Step(step).name.lower(), unit, Amount(there, unit), Amount(back, unit), Amount(there - back, unit))
        for (step, unit), (there, back) in sorted(steps.items())
    ]
    accounts: list[tuple[Cell, ...]] = [
        (code, unit, Amount(debits, unit), Amount(credits_, unit), Amount(debits - credits_, unit))
        for (code, unit), (debits, credits_) in sorted(balances.items())
    ]
    money = (Column("forward", Kind.AMOUNT), Column("taken back", Kind.AMOUNT), Column("net", Kind.AMOUNT))
    sides = (Column("debits", Kind.AMOUNT), Column("credits", Kind.AMOUNT), Column("balance", Kind.AMOUNT))
    return (
        Table("steps", (Column("step"), Column("currency"), *money), moved),
        Table("trial balance", (Column("account"), Column("currency"), *sides), accounts),
    )
