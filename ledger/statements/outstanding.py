"""What is committed and not paid: the cash forecast by cycle, and what is outstanding by age."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from events.states import STATES_BY_NUMBER
from ledger.model.rows import DecisionKind
from ledger.model.step import Step
from ledger.statements.report import Amount, Cell, Column, Kind, Report, Table
from ledger.statements.view import RECORDED_DAY

if TYPE_CHECKING:
    from ledger.statements.view import View

AGES_DAYS = (30, 60, 90, 180)
"""Last day of each age band; the last band has no end."""

# What stands recognised and not paid of each line, with the state of its latest decision.
_OPEN = f"""
with position as (
    select subject, sum(amount_minor * case when step = {Step.RECOGNISE:d} then 1 else -1 end
        * case when reverses is null then 1 else -1 end) as left_minor
    from transfer where step in ({Step.RECOGNISE:d}, {Step.PAY:d}) and leaf_no < %(leaves)s group by subject
), latest as (
    select distinct on (subject) subject, state, benefit, currency, block_no from decision
    where kind = {DecisionKind.DECIDED:d} and leaf_no < %(leaves)s order by subject, version desc
)
select coalesce(line.cycle, 0), latest.benefit, latest.state, latest.currency, {RECORDED_DAY}, count(*),
    sum(left_minor)
from position join latest using (subject) join block using (block_no) left join line on line.line_id = subject
where left_minor > 0 and (%(cycle)s = 0 or line.cycle = %(cycle)s)
group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
"""


def cycle_text(cycle: int) -> str:
    """201803 as 2018-03; `-` for none."""
    return f"{cycle // 100:04d}-{cycle % 100:02d}" if cycle else "-"


def cash_forecast(view: View) -> Report:
    """What will have to be paid, by cycle, benefit and state: approved, submitted, certified, instructed."""
    sums: dict[tuple[int, str, int, str], list[int]] = defaultdict(lambda: [0, 0])
    for cycle, benefit, state, currency, _, lines, amount in view.ask(_OPEN, {"cycle": 0}):
        entry = sums[cycle, benefit, state, currency]
        entry[0] += lines
        entry[1] += int(amount)
    rows: list[tuple[Cell, ...]] = [
        (cycle_text(cycle), benefit, STATES_BY_NUMBER[state].value, currency, lines, Amount(amount, currency))
        for (cycle, benefit, state, currency), (lines, amount) in sorted(sums.items())
    ]
    names = ("cycle", "benefit", "state", "currency")
    columns = (*map(Column, names), Column("lines", Kind.COUNT), Column("amount", Kind.AMOUNT))
    notes = ("Certified, instructed and returned lines are due; approved and submitted ones may still change.",)
    return view.report("cash-forecast", "Cash forecast", (Table("forecast", columns, rows),), notes)


def outstanding(view: View, cycle: int = 0) -> Report:
    """What is committed and not paid, by how many days ago the line came to its state; `cycle` YYYYMM or 0 for all."""
    table = outstanding_table(view, cycle)
    notes = (f"Age counts days in Cambodia from the decision on the line to {view.day}, the day of the block.",)
    return view.report("outstanding", "Outstanding by age", (table,), notes, cycle=cycle_text(cycle) if cycle else None)


def outstanding_table(view: View, cycle: int) -> Table:
    """One row for each benefit, state, currency and age."""
    sums: dict[tuple[str, int, str, int], list[int]] = defaultdict(lambda: [0, 0])
    for _, benefit, state, currency, recorded, lines, amount in view.ask(_OPEN, {"cycle": cycle}):
        age = (view.day - recorded).days
        entry = sums[benefit, state, currency, sum(age > last for last in AGES_DAYS)]
        entry[0] += lines
        entry[1] += int(amount)
    rows: list[tuple[Cell, ...]] = [
        (benefit, STATES_BY_NUMBER[state].value, currency, _band(band), lines, Amount(amount, currency))
        for (benefit, state, currency, band), (lines, amount) in sorted(sums.items())
    ]
    names = ("benefit", "state", "currency", "age days")
    columns = (*map(Column, names), Column("lines", Kind.COUNT), Column("amount", Kind.AMOUNT))
    return Table("outstanding", columns, rows)


def _band(band: int) -> str:
    first = 0 if band == 0 else AGES_DAYS[band - 1] + 1
    return f"{first}-{AGES_DAYS[band]}" if band < len(AGES_DAYS) else f"over {AGES_DAYS[-1]}"
