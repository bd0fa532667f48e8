"""Budgets in the decider's transaction: what was told, what is committed of it, and what waits."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from ledger.model.kinds import Cause
from ledger.model.span import FAN_OUT
from ledger.model.step import Step

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from ledger.store.books import BatchName
    from ledger.store.connection import LedgerConnection, LedgerCursor


class BudgetKey(NamedTuple):
    """What a budget is of; the fiscal year of a commitment is the one its day lies in."""

    fund: str
    programme: str
    fiscal_year: int
    currency: str


class Waiting(NamedTuple):
    """A complete batch that does not fit; `needed_minor` of the first budget that is short."""

    source: str
    batch_id: str
    benefit: str
    cycle: int
    key: BudgetKey
    needed_minor: int


class WaitingLine(NamedTuple):
    """A line approved too late for its batch that does not fit."""

    line_id: bytes
    source: str
    batch_id: str
    benefit: str
    cycle: int


Needs = dict[BudgetKey, int]
"""Minor units of each budget."""

_NET = "sum(case when t.reverses is null then t.amount_minor else -t.amount_minor end)"
_KEY = "a.fund, a.programme, extract(year from t.effective_date)::int, t.currency"
_OF_LINES = f"""
join transfer t on t.subject = l.line_id and t.step = {Step.RECOGNISE:d}
join account a on a.account_no = case when t.reverses is null then t.debit_account else t.credit_account end
"""

_OF_BATCHES = f"""
select l.source, l.batch_id, {_KEY}, {_NET}
from unnest(%s::text[], %s::text[]) as b(source, batch_id) join line l using (source, batch_id) {_OF_LINES}
group by 1, 2, 3, 4, 5, 6
"""

_OF_LATE = f"""
select l.line_id, {_KEY}, {_NET} from unnest(%s::bytea[]) as l(line_id) {_OF_LINES} group by 1, 2, 3, 4, 5
"""

# Ordered lines are not reserved yet; what is committed of them is what is recognised. A parked order is still one.
_ORDERED = f"""
select {_KEY}, {_NET} from (
    select substring(entity from 2) as line_id from mark where cause = {Cause.FREEZE:d}
    union select substring(entity from 2) from parked_mark where cause = {Cause.FREEZE:d}
) as l {_OF_LINES} group by 1, 2, 3, 4
"""

_ORDERED_LINES = f"""
select line_id, source, batch_id, benefit, cycle from unnest(%(lines)s::bytea[]) as l(line_id) join line using (line_id)
where exists (select from mark where cause = {Cause.FREEZE:d} and entity = 'L'::bytea || line_id)
    or exists (select from parked_mark where cause = {Cause.FREEZE:d} and entity = 'L'::bytea || line_id)
order by cycle, source, batch_id, line_id
"""

_CALL_BACK = f"""
with open as (delete from mark where cause = {Cause.FREEZE:d} and entity = any(%(keys)b::bytea[]) returning ref),
parked as (delete from parked_mark where cause = {Cause.FREEZE:d} and entity = any(%(keys)b::bytea[]) returning ref)
select ref, count(*) from (select ref from open union all select ref from parked) as gone group by ref
"""

# One statement, so that a span summed meanwhile is counted once.
_RESERVED = f"""
select a.fund, a.programme, extract(year from s.effective_date)::int, a.currency, sum(s.amount_minor)
from (
    select debit_account, effective_date, case when reversal = 0 then amount_minor else -amount_minor end
    from span_sum where level = 1 and step = {Step.RESERVE:d}
    union all
    select debit_account, effective_date, case when reverses is null then amount_minor else -amount_minor end
    from transfer where step = {Step.RESERVE:d} and leaf_no >= coalesce((
        select first_leaf + leaf_count from block where block_no = (
            select (max(span_no) + 1) * {FAN_OUT} from block_span where level = 1)), 0)
) as s (account_no, effective_date, amount_minor) join account a using (account_no)
group by 1, 2, 3, 4
"""


def put_budgets(cursor: LedgerCursor, rows: Sequence[tuple[str, str, int, str, int | None, int | None]]) -> None:
    """Keep budgets as they were last told."""
    cursor.executemany(
        "insert into budget values (%s, %s, %s, %s, %s, %s) on conflict (fund, programme, fiscal_year, currency)"
        " do update set appropriation_minor = excluded.appropriation_minor, allotment_minor = excluded.allotment_minor",
        rows,
    )


def any_budget(cursor: LedgerCursor) -> bool:
    """Whether any budget was ever told; without one nothing is held back."""
    return cursor.execute("select exists(select from budget)").fetchone() == (True,)


def available(cursor: LedgerCursor) -> Needs:
    """What is left of each budget told: allotted less reserved and ordered. Below zero when it was lowered."""
    left: Needs = {}
    for *key, allotted in cursor.execute(
        "select fund, programme, fiscal_year, currency, coalesce(allotment_minor, 0) from budget"
    ).fetchall():
        left[BudgetKey(*key)] = allotted
    for *key, amount in cursor.execute(_RESERVED).fetchall() + cursor.execute(_ORDERED).fetchall():
        if BudgetKey(*key) in left:
            left[BudgetKey(*key)] -= int(amount)
    return left


def needs_of_batches(cursor: LedgerCursor, batches: Collection[BatchName]) -> dict[BatchName, Needs]:
    """What the approved lines of each batch need."""
    found: dict[BatchName, Needs] = {name: {} for name in batches}
    pairs = list(batches)
    cursor.execute(_OF_BATCHES, ([source for source, _ in pairs], [batch_id for _, batch_id in pairs]))
    for source, batch_id, *key, amount in cursor:
        found[(source, batch_id)][BudgetKey(*key)] = int(amount)
    return found


def needs_of_lines(cursor: LedgerCursor, line_ids: Collection[bytes]) -> dict[bytes, Needs]:
    """What each of these lines needs."""
    found: dict[bytes, Needs] = defaultdict(dict)
    for line_id, *key, amount in cursor.execute(_OF_LATE, (list(line_ids),)).fetchall():
        found[line_id][BudgetKey(*key)] = int(amount)
    return found


def waiting_batches(cursor: LedgerCursor) -> list[Waiting]:
    """Batches that wait, in the order they are looked at: by cycle, source, batch."""
    cursor.execute(
        "select source, batch_id, benefit, cycle, fund, programme, fiscal_year, currency, needed_minor from budget_wait"
        " order by cycle, source, batch_id"
    )
    return [
        Waiting(source, batch_id, benefit, cycle, BudgetKey(fund, programme, year, unit), needed)
        for source, batch_id, benefit, cycle, fund, programme, year, unit, needed in cursor
    ]


def waiting_lines(cursor: LedgerCursor) -> list[WaitingLine]:
    """Lines that wait, in the order they are looked at."""
    cursor.execute(
        "select line_id, source, batch_id, benefit, cycle from budget_wait_line"
        " order by cycle, source, batch_id, line_id"
    )
    return [WaitingLine._make(row) for row in cursor]


def keep_waiting(cursor: LedgerCursor, batches: Iterable[Waiting], lines: Iterable[WaitingLine]) -> None:
    """All that waits from now on, instead of what did."""
    cursor.execute("delete from budget_wait")
    cursor.execute("delete from budget_wait_line")
    cursor.executemany(
        "insert into budget_wait values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [(*row[:4], *row.key, row.needed_minor) for row in batches],
    )
    cursor.executemany("insert into budget_wait_line values (%s, %s, %s, %s, %s)", list(lines))


def ordered_lines(cursor: LedgerCursor, line_ids: Collection[bytes]) -> list[WaitingLine]:
    """Those of these lines that have a freeze order outstanding, in the order in which they are looked at."""
    cursor.execute(_ORDERED_LINES, {"lines": list(line_ids)})
    return [WaitingLine._make(row) for row in cursor]


def call_back(cursor: LedgerCursor, lines: Collection[WaitingLine]) -> dict[int, int]:
    """Take back the freeze orders of these lines, which wait from now on; how many, by submission."""
    cursor.execute(_CALL_BACK, {"keys": [b"L" + row.line_id for row in lines]})
    gone: dict[int, int] = dict(cursor.fetchall())
    cursor.executemany("insert into budget_wait_line values (%s, %s, %s, %s, %s) on conflict do nothing", list(lines))
    return gone


def waiting_for_budget(conn: LedgerConnection, source: str, batch_id: str) -> Waiting | None:
    """What a batch waits for; None when it does not wait for budget."""
    with conn.cursor() as cursor:
        return next((row for row in waiting_batches(cursor) if row[:2] == (source, batch_id)), None)
