"""Periods as they are kept: what one person asks for, and what another lets happen."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from psycopg.errors import CheckViolation

from ledger.model.period import PERIOD_LOCK, PeriodEvent, PeriodKind

if TYPE_CHECKING:
    from datetime import date, datetime

    from ledger.store.connection import LedgerConnection, LedgerCursor

_ROWS = """
select r.request_no, r.period, r.kind, o.first_day, o.last_day, r.asked_by, r.note, r.at, e.event_no, e.approved_by,
    e.at, e.at_block, e.block_hash, e.checkpoint_size, e.trial_balance
from period_request r left join period_event e using (request_no)
    left join lateral (
        select first_day, last_day from period_request opened
        where opened.period = r.period and opened.kind = 1 order by request_no limit 1
    ) as o on true
order by e.event_no nulls last, r.request_no
"""

_HEAD = "select block_no, hash from block order by block_no desc limit 1"


class PeriodRow(NamedTuple):
    """A request and, when another person approved it, the event it became."""

    request_no: int
    period: str
    kind: PeriodKind
    first_day: date
    last_day: date
    asked_by: str
    note: str
    asked_at: datetime
    event_no: int | None
    approved_by: str | None
    happened_at: datetime | None
    at_block: int | None
    block_hash: bytes | None
    checkpoint_size: int | None
    trial_balance: bytes | None


class PeriodError(Exception):
    """What was asked for cannot happen; the message says why."""


def share_periods(cursor: LedgerCursor) -> None:
    """Hold back events of periods until the transaction that posts is through; waits for one in hand."""
    cursor.execute("select pg_advisory_xact_lock_shared(%s)", (PERIOD_LOCK,))


def read_rows(conn: LedgerConnection) -> list[PeriodRow]:
    """Every request: those that became events in the order of these, then the outstanding ones."""
    rows = [PeriodRow._make(row) for row in conn.execute(_ROWS)]
    return [row._replace(kind=PeriodKind(row.kind)) for row in rows]


def events_of(rows: list[PeriodRow]) -> list[PeriodEvent]:
    """The events among these rows, in their order."""
    return [
        PeriodEvent(row.at_block, row.period, row.kind, row.first_day, row.last_day)
        for row in rows
        if row.at_block is not None
    ]


def ask(conn: LedgerConnection, event: PeriodEvent, *, asked_by: str, os_user: str, note: str) -> int:
    """Keep what somebody asks for and return its number; `event.at_block` does not count yet."""
    with conn.transaction():
        row = conn.execute(
            "insert into period_request (period, kind, first_day, last_day, asked_by, os_user, note)"
            " values (%s, %s, %s, %s, %s, %s, %s) returning request_no",
            (event.period, int(event.kind), event.first_day, event.last_day, asked_by, os_user, note),
        ).fetchone()
    if row is None:
        raise PeriodError(f"period {event.period}: the request was not kept")
    return int(row[0])


def approve(
    conn: LedgerConnection,
    request: PeriodRow,
    *,
    approved_by: str,
    os_user: str,
    note: str,
    last_event: int,
    trial_balance: bytes | None,
) -> int:
    """Let it happen after the last block and return that block's number; the decider waits meanwhile.

    `last_event` is the number of the last event the caller knows, 0 for none: PeriodError when there is a later one, or
    when the database's rules refuse it.
    """
    try:
        with conn.transaction():
            conn.execute("select pg_advisory_xact_lock(%s)", (PERIOD_LOCK,))
            head = conn.execute(_HEAD).fetchone() or (0, b"")
            last = conn.execute("select coalesce(max(event_no), 0) from period_event").fetchone()
            if last != (last_event,):
                raise PeriodError("another event of a period came between: look at `spp period list` and try again")
            conn.execute(
                "insert into period_event (event_no, request_no, approved_by, os_user, note, at_block, block_hash,"
                " checkpoint_size, trial_balance)"
                " select %s, %s, %s, %s, %s, %s, %s, (select max(size) from checkpoint), %s",
                (last_event + 1, request.request_no, approved_by, os_user, note, *head, trial_balance),
            )
    except CheckViolation as error:
        raise PeriodError(error.diag.message_primary or "the database refused it") from error
    return int(head[0])
