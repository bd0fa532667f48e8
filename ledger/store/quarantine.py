"""Quarantine: refused records with their bytes, headers, position and reason, and what people did about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from events.reasons import REASONS, Reason
from ledger.store import copy
from ledger.store.inbox import append_racing, marks, take_identities

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection
    from ledger.store.records import Admitted

# First key of the advisory locks taken for one quarantined record each.
_LOCK = 7_304_112

_RECORD_COLUMNS = (
    "quarantine_no, topic_no, partition, record_offset, received_us, source, event_id, reason, field, detail,"
    " key, value, headers"
)

# The state of a record: how it was settled, else the last thing but a refusal that was done, else open.
_STATE = """
coalesce((
    select action from quarantine_audit audit
    where audit.quarantine_no = quarantine.quarantine_no and action <> 'refused'
    order by action in ('replayed', 'already_recorded', 'discarded') desc, audit_no desc limit 1
), 'open')
"""

_REASONS = {info.number: reason for reason, info in REASONS.items()}


class Action(StrEnum):
    """What was done about a record; the words stored in the audit."""

    REPLAYED = "replayed"
    ALREADY_RECORDED = "already_recorded"
    REFUSED = "refused"
    DISCARD_PROPOSED = "discard_proposed"
    DISCARDED = "discarded"


SETTLED = frozenset({Action.REPLAYED, Action.ALREADY_RECORDED, Action.DISCARDED})

OPEN = "open"
STATES = (OPEN, Action.DISCARD_PROPOSED, *sorted(SETTLED))


class QuarantineError(Exception):
    """What was asked for cannot be done to this record; the message says why."""


@dataclass(frozen=True, slots=True)
class QuarantinedRecord:
    """A record as it was refused. `headers` is msgpack; `value` None is a tombstone."""

    quarantine_no: int
    topic_no: int
    partition: int
    offset: int
    received_us: int
    source: str | None
    event_id: str | None
    reason: Reason
    field: str
    detail: str
    key: bytes | None
    value: bytes | None
    headers: bytes


@dataclass(frozen=True, slots=True)
class QuarantineEntry:
    """A line of the list: what was refused, why, and its state (`STATES`)."""

    quarantine_no: int
    topic_no: int
    partition: int
    offset: int
    received_us: int
    source: str | None
    event_id: str | None
    reason: Reason
    field: str
    detail: str
    state: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing done about a record, by whom, when (UTC)."""

    action: Action
    actor: str
    note: str
    at: datetime


def read_record(conn: LedgerConnection, quarantine_no: int) -> QuarantinedRecord:
    """One record. Raises LookupError when there is none."""
    row = conn.execute(
        f"select {_RECORD_COLUMNS} from quarantine where quarantine_no = %s", (quarantine_no,), binary=True
    ).fetchone()
    if row is None:
        raise LookupError(f"no quarantined record {quarantine_no}; `spp quarantine list` shows them")
    return QuarantinedRecord(*(*row[:7], _REASONS[row[7]], *row[8:]))


def read_audit(conn: LedgerConnection, quarantine_no: int) -> list[AuditEntry]:
    """What was done about a record, oldest first."""
    rows = conn.execute(
        "select action, actor, note, at from quarantine_audit where quarantine_no = %s order by audit_no",
        (quarantine_no,),
    )
    return [AuditEntry(Action(action), actor, note, at) for action, actor, note, at in rows]


def list_records(
    conn: LedgerConnection,
    *,
    state: str | None = None,
    reason: Reason | None = None,
    source: str | None = None,
    limit: int = 100,
) -> list[QuarantineEntry]:
    """The newest `limit` records, newest first, of a state, a reason and a proved source where given."""
    rows = conn.execute(
        "select * from (select quarantine_no, topic_no, partition, record_offset, received_us, source, event_id,"
        f" reason, field, detail, {_STATE} as state from quarantine) as entry"
        " where (%(state)s::text is null or state = %(state)s)"
        " and (%(reason)s::smallint is null or reason = %(reason)s)"
        " and (%(source)s::text is null or source = %(source)s) order by quarantine_no desc limit %(limit)s",
        {
            "state": state,
            "reason": None if reason is None else REASONS[reason].number,
            "source": source,
            "limit": limit,
        },
    )
    return [QuarantineEntry(*(*row[:7], _REASONS[row[7]], *row[8:])) for row in rows]


def discard(conn: LedgerConnection, quarantine_no: int, *, actor: str, note: str) -> Action:
    """Propose to discard a record, or discard it when another person proposed it before: it takes two.

    Commits one audit row and returns its action. Raises LookupError for no such record, QuarantineError when it is
    settled or when the same person asks twice.
    """
    with conn.transaction():
        _hold(conn, quarantine_no)
        proposals = {
            entry.actor for entry in read_audit(conn, quarantine_no) if entry.action is Action.DISCARD_PROPOSED
        }
        if proposals == {actor}:
            raise QuarantineError(
                f"quarantined record {quarantine_no}: {actor} proposed to discard it; another person has to agree"
            )
        action = Action.DISCARDED if proposals else Action.DISCARD_PROPOSED
        _audit(conn, quarantine_no, action, actor, note)
    return action


def refuse_again(conn: LedgerConnection, quarantine_no: int, *, actor: str, note: str) -> Action:
    """Note that a replay was refused by admission; the record stays open. Errors as `discard`."""
    with conn.transaction():
        _hold(conn, quarantine_no)
        _audit(conn, quarantine_no, Action.REFUSED, actor, note)
    return Action.REFUSED


def admit_from_quarantine(
    conn: LedgerConnection, quarantine_no: int, event: Admitted, *, actor: str, note: str
) -> Action:
    """Record an event that admission now accepts, under its first position and receipt time.

    One transaction: inbox row, marks and audit row. Returns `replayed` when it was new, `already_recorded` when the
    same bytes were there, `refused` when other bytes hold its identity (the record stays open). Errors as `discard`.
    """
    with conn.transaction(), conn.cursor() as cursor:
        _hold(conn, quarantine_no)
        accepted, _, conflicts = take_identities(cursor, [event], append_racing)
        copy.copy_rows(cursor, copy.MARK, marks(accepted))
        if conflicts:
            action, note = Action.REFUSED, f"{note}: {conflicts[0].reason}: {conflicts[0].detail}".removeprefix(": ")
        else:
            action = Action.REPLAYED if accepted else Action.ALREADY_RECORDED
        _audit(conn, quarantine_no, action, actor, note)
    return action


def _hold(conn: LedgerConnection, quarantine_no: int) -> None:
    """Let one person at a time act on a record (FOR UPDATE would need a right on it); refuse a settled one."""
    conn.execute("select pg_advisory_xact_lock(%s, %s)", (_LOCK, quarantine_no & 0x7FFFFFFF))
    read_record(conn, quarantine_no)
    for entry in read_audit(conn, quarantine_no):
        if entry.action in SETTLED:
            raise QuarantineError(
                f"quarantined record {quarantine_no} was {entry.action.replace('_', ' ')} by {entry.actor} on"
                f" {entry.at:%Y-%m-%d %H:%M} UTC; nothing more can be done to it"
            )


def _audit(conn: LedgerConnection, quarantine_no: int, action: Action, actor: str, note: str) -> None:
    conn.execute(
        "insert into quarantine_audit (quarantine_no, action, actor, note) values (%s, %s, %s, %s)",
        (quarantine_no, action, actor, note),
    )
