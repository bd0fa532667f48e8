"""Totals: requests by benefit, state and currency, from each subject's latest decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from events.states import STATES_BY_NUMBER, LineState
from ledger.model.rows import DecisionKind

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection

# The latest decision on each subject, without proposed recoveries and money in suspense.
LATEST = f"""
latest as (
    select distinct on (subject) subject, line_id, state, benefit, amount_minor, currency, leaf_no
    from decision where kind = {DecisionKind.DECIDED:d} order by subject, version desc
)
"""

# A decision that grants nothing names no currency: the request's own figure tells it, else its benefit's accounts.
_TOTALS = f"""
with {LATEST},
of_benefit as (
    select benefit, min(currency) as currency from account where benefit <> ''
    group by benefit having count(distinct currency) = 1
)
select latest.benefit, latest.state, coalesce(latest.currency, line.currency, of_benefit.currency) as unit,
    count(*), coalesce(sum(latest.amount_minor), 0)
from latest left join line on line.line_id = latest.subject left join of_benefit on of_benefit.benefit = latest.benefit
group by 1, 2, 3 order by 1, 2, 3
"""

_UNDECIDED = f"""
select count(*) from line where not exists (
    select from decision where decision.subject = line.line_id and kind = {DecisionKind.DECIDED:d}
)
"""


@dataclass(frozen=True, slots=True)
class Total:
    """`count` requests of a benefit in a state. `amount_minor` is what was decided, 0 where nothing is granted.

    `currency` is None where neither decision, request nor benefit tell it.
    """

    benefit: str
    state: LineState
    currency: str | None
    count: int
    amount_minor: int


def totals(conn: LedgerConnection) -> list[Total]:
    """All totals, sorted by benefit, state and currency."""
    rows = conn.execute(_TOTALS)
    return [
        Total(benefit, STATES_BY_NUMBER[state], currency, count, int(amount_minor))
        for benefit, state, currency, count, amount_minor in rows
    ]


def undecided(conn: LedgerConnection) -> int:
    """How many lines have no decision yet."""
    row = conn.execute(_UNDECIDED).fetchone()
    return 0 if row is None else int(row[0])
