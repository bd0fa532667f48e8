"""Rows that wait to become a leaf of the log, and the leaves made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.model.entry import (
    ActivationRow,
    AuditRow,
    EntryKind,
    KeyRow,
    PeriodRow,
    SchemaRow,
    activation_body,
    audit_body,
    key_body,
    period_body,
    record_digest,
    schema_body,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg.rows import TupleRow

    from ledger.store.connection import LedgerCursor

AT_ONCE: Final = 1_000

Awaiting = tuple[int, int, int]
"""awaiting_id, kind, number of the row in the kind's table."""

_AUDITS = """
select audit_no, a.quarantine_no, action, actor, note, (extract(epoch from a.at) * 1000000)::bigint,
    q.quarantine_no is not null, coalesce(topic_no, 0), coalesce(partition, 0), coalesce(record_offset, 0),
    coalesce(reason, 0), value
from quarantine_audit a left join quarantine q using (quarantine_no) where audit_no = any(%s)
"""
_ACTIVATIONS = """
select activation_no, proposal_no, digest, proposed_by, approved_by, first_block,
    (extract(epoch from at) * 1000000)::bigint
from policy_activation where activation_no = any(%s)
"""
_SCHEMAS = """
select digest_no, digest, objects, summary, (extract(epoch from at) * 1000000)::bigint
from schema_digest where digest_no = any(%s)
"""
_KEYS = """
select key_no, origin, algorithm, public_key, coalesce(endorsement, ''::bytea), actor, os_user, note,
    (extract(epoch from at) * 1000000)::bigint
from signing_key where key_no = any(%s)
"""
# PostgreSQL counts days from 2000-01-01, which is day 730120.
_PERIODS = """
select event_no, r.period, r.kind, r.first_day - date '2000-01-01' + 730120, r.last_day - date '2000-01-01' + 730120,
    r.asked_by, r.os_user, r.note, (extract(epoch from r.at) * 1000000)::bigint, e.approved_by, e.os_user, e.note,
    (extract(epoch from e.at) * 1000000)::bigint, at_block, block_hash, coalesce(checkpoint_size, 0),
    coalesce(trial_balance, ''::bytea)
from period_event e join period_request r using (request_no) where event_no = any(%s)
"""


def _audit(row: TupleRow) -> bytes:
    quarantine_no, action, actor, note, at_us, found, *record = row
    digest = record_digest(*record) if found else bytes(32)
    return audit_body(AuditRow(quarantine_no, action, actor, note, at_us, digest))


# A query for rows by number, the number first; and the body of what follows it.
_KINDS: Final[dict[EntryKind, tuple[str, Callable[[TupleRow], bytes]]]] = {
    EntryKind.QUARANTINE_AUDIT: (_AUDITS, _audit),
    EntryKind.POLICY_ACTIVATION: (_ACTIVATIONS, lambda row: activation_body(ActivationRow._make(row))),
    EntryKind.SCHEMA_DIGEST: (_SCHEMAS, lambda row: schema_body(SchemaRow._make(row))),
    EntryKind.SIGNING_KEY: (_KEYS, lambda row: key_body(KeyRow._make(row))),
    EntryKind.PERIOD_EVENT: (_PERIODS, lambda row: period_body(PeriodRow._make(row))),
}
_KNOWN: Final = [int(kind) for kind in _KINDS]


def read_awaiting(cursor: LedgerCursor, limit: int = AT_ONCE) -> list[Awaiting]:
    """The next rows that wait to become leaves, oldest first; kinds that this program does not know are left."""
    cursor.execute(
        "select awaiting_id, kind, ref from awaiting_leaf where kind = any(%s::smallint[]) order by awaiting_id"
        " limit %s",
        (_KNOWN, limit),
    )
    return cursor.fetchall()


def read_bodies(cursor: LedgerCursor, kind: EntryKind, refs: Sequence[int]) -> dict[int, bytes]:
    """The bodies of these rows of a kind, by their numbers; a number without a row is left out."""
    query, body = _KINDS[kind]
    cursor.execute(query, (list(refs),))
    return {row[0]: body(row[1:]) for row in cursor}


def take_awaiting(cursor: LedgerCursor, rows: Sequence[Awaiting]) -> list[tuple[int, int, bytes]]:
    """Delete these rows and return (kind, ref, body) of those that have no leaf yet, in order.

    In the transaction that writes their leaves. A row that names nothing, or something told already, is dropped: a
    trigger wrote each, so it was put there by somebody else.
    """
    cursor.execute(
        "delete from awaiting_leaf where awaiting_id = any(%s) returning awaiting_id, kind, ref",
        ([row[0] for row in rows],),
    )
    taken = list(dict.fromkeys((kind, ref) for _, kind, ref in sorted(cursor.fetchall())))
    cursor.execute(
        "select kind, ref from log_entry join unnest(%s::smallint[], %s::bigint[]) as t(kind, ref) using (kind, ref)",
        ([kind for kind, _ in taken], [ref for _, ref in taken]),
    )
    told = set(cursor.fetchall())
    bodies = {
        (int(kind), ref): body
        for kind in EntryKind
        for ref, body in read_bodies(cursor, kind, [ref for one, ref in taken if one == kind]).items()
    }
    return [(*key, bodies[key]) for key in taken if key not in told and key in bodies]
