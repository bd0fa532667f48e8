"""What moved between any two accounts in a stretch of the log: the sums every statement of balances is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from psycopg import sql

from ledger.model.span import runs
from ledger.store.sums import read_spans

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from ledger.model.span import Run
    from ledger.store.connection import LedgerConnection

# The parts are put together by `_query`; each is a range of an index.
_SPANS = """
select debit_account, credit_account, step, reversal, amount_minor, transfers from span_sum
where level = {level} and span_no between {first} and {last} and effective_date between {since} and {until}
"""
_BLOCKS = """
select debit_account, credit_account, step, (reverses is not null)::int, sum(amount_minor), count(*) from transfer
where leaf_no >= (select first_leaf from block where block_no = {first})
    and leaf_no < (select first_leaf + leaf_count from block where block_no = {last})
    and effective_date between {since} and {until}
group by 1, 2, 3, 4
"""
_SUMS = """
select debit_account, credit_account, step, reversal, sum(amount_minor), sum(transfers)::bigint
from ({parts}) as part (debit_account, credit_account, step, reversal, amount_minor, transfers)
group by 1, 2, 3, 4 order by 1, 2, 3, 4
"""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which transfers count: those of blocks `first_block` to `last_block`, effective on `since` to `until`.

    All are included; None: no bound.
    """

    last_block: int
    first_block: int = 1
    since: date | None = None
    until: date | None = None

    def before(self) -> Stretch:
        """The same blocks, and the days before `since`."""
        if self.since is None:
            raise ValueError("a stretch without a first day has nothing before it")
        return replace(self, since=None, until=self.since - timedelta(days=1))


class Moved(NamedTuple):
    """The sum of some transfers between two accounts, in minor units."""

    debit_account: int
    credit_account: int
    step: int
    reversal: bool
    amount_minor: int
    transfers: int


def moved(conn: LedgerConnection, stretch: Stretch, *, scan: bool = False) -> list[Moved]:
    """What moved between each two accounts in each step; forward and reversals apart.

    With `scan` every transfer is read, without the sums kept of them.
    """
    with conn.cursor() as cursor:
        parts = runs(stretch.first_block, stretch.last_block, {} if scan else read_spans(cursor))
        if not parts:
            return []
        cursor.execute(_query(parts, stretch))
        return [
            Moved(debit, credit, step, bool(reversal), int(amount), transfers)
            for debit, credit, step, reversal, amount, transfers in cursor
        ]


def _query(parts: Sequence[Run], stretch: Stretch) -> sql.Composed:
    days = {
        "since": sql.Literal(stretch.since) if stretch.since is not None else sql.SQL("'-infinity'::date"),
        "until": sql.Literal(stretch.until) if stretch.until is not None else sql.SQL("'infinity'::date"),
    }
    found = [
        sql.SQL(_SPANS).format(
            level=sql.Literal(run.level), first=sql.Literal(run.first), last=sql.Literal(run.last), **days
        )
        if run.level
        else sql.SQL(_BLOCKS).format(first=sql.Literal(run.first + 1), last=sql.Literal(run.last + 1), **days)
        for run in parts
    ]
    return sql.SQL(_SUMS).format(parts=sql.SQL(" union all ").join(found))
