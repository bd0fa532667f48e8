"""Summing spans of blocks, so that balances at any block need no look at the whole history.

Level 1 is summed from transfers, every other level from the one below. A span is summed once, when its last block is
there; sums are never changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.model.span import FAN_OUT, TOP_LEVEL, blocks_of

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection, LedgerCursor

# Any fixed number: two that sum at once would do the same work, and one of them fail.
_LOCK = 7_304_116

SPANS_AT_ONCE = 64

_COUNTS = "select level, max(span_no) + 1 from block_span group by level"

_SUM_TRANSFERS = """
insert into span_sum (level, span_no, debit_account, credit_account, step, reversal, effective_date, amount_minor,
    transfers)
select 1, %(span_no)s, debit_account, credit_account, step, (reverses is not null)::int, effective_date,
    sum(amount_minor), count(*)
from transfer where leaf_no >= (select first_leaf from block where block_no = %(first)s)
    and leaf_no < (select first_leaf + leaf_count from block where block_no = %(last)s)
group by debit_account, credit_account, step, (reverses is not null)::int, effective_date
"""

_SUM_SPANS = """
insert into span_sum (level, span_no, debit_account, credit_account, step, reversal, effective_date, amount_minor,
    transfers)
select %(level)s, %(span_no)s, debit_account, credit_account, step, reversal, effective_date, sum(amount_minor),
    sum(transfers)
from span_sum where level = %(level)s - 1
    and span_no between %(span_no)s * %(fan_out)s and %(span_no)s * %(fan_out)s + %(fan_out)s - 1
group by debit_account, credit_account, step, reversal, effective_date
"""

_CLOSE_SPAN = """
insert into block_span (level, span_no, transfers, last_hash)
select %(level)s, %(span_no)s,
    coalesce((select sum(transfers) from span_sum where level = %(level)s and span_no = %(span_no)s), 0), hash
from block where block_no = %(last)s
"""


def read_spans(cursor: LedgerCursor) -> dict[int, int]:
    """How many spans of each level are summed."""
    return dict(cursor.execute(_COUNTS).fetchall())


def extend(conn: LedgerConnection, limit: int = SPANS_AT_ONCE) -> int:
    """Sum up to `limit` spans whose blocks are all there, lowest level first; returns how many. Writer role.

    One transaction a call; 0 when there is nothing to sum or another process is summing.
    """
    with conn.transaction(), conn.cursor() as cursor:
        if cursor.execute("select pg_try_advisory_xact_lock(%s)", (_LOCK,)).fetchone() != (True,):
            return 0
        spans = read_spans(cursor)
        head = cursor.execute("select coalesce(max(block_no), 0) from block").fetchone()
        whole = head[0] if head is not None else 0
        done = 0
        for level in range(1, TOP_LEVEL + 1):
            due = whole // FAN_OUT if level == 1 else spans.get(level - 1, 0) // FAN_OUT
            for span_no in range(spans.get(level, 0), min(due, spans.get(level, 0) + limit - done)):
                _sum(cursor, level, span_no)
                spans[level] = span_no + 1
                done += 1
        return done


def extend_all(conn: LedgerConnection) -> int:
    """Sum every span whose blocks are all there; returns how many."""
    done = 0
    while more := extend(conn):
        done += more
    return done


def _sum(cursor: LedgerCursor, level: int, span_no: int) -> None:
    first, last = blocks_of(level, span_no)
    values = {"level": level, "span_no": span_no, "first": first, "last": last, "fan_out": FAN_OUT}
    cursor.execute(_SUM_TRANSFERS if level == 1 else _SUM_SPANS, values)
    cursor.execute(_CLOSE_SPAN, values)
