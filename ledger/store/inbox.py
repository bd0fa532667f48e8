"""RECORD: one batch of one partition in one transaction (invariants 1 and 2 of ARCHITECTURE.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from psycopg.errors import UniqueViolation
from psycopg.pq import TransactionStatus

from events.reasons import REASONS, Reason
from events.topics import TOPICS_BY_NUMBER
from ledger.model.inbox import split_position
from ledger.model.kinds import Cause, OutboxKind
from ledger.store import copy
from ledger.store.records import Admitted, Fenced, Recorded, Refused, TopicReplaced

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection, LedgerCursor

_IDENTITY_KEY = "inbox_source_event_id_key"

_FENCE = """
update consumer_offset set next_offset = %(end)s
where topic_no = %(topic_no)s and partition = %(partition)s and next_offset = %(start)s
"""

_COUNT = """
update consumer_offset set accepted = accepted + %(accepted)s, replayed = replayed + %(replayed)s,
    quarantined = quarantined + %(quarantined)s, skipped = skipped + %(skipped)s
where topic_no = %(topic_no)s and partition = %(partition)s
"""

_KNOWN = """
select source, event_id, position, value
from unnest(%s::text[], %s::text[]) as asked (source, event_id) join inbox using (source, event_id)
"""

# Sorted, so that two workers with the same ids wait for each other in one order and cannot deadlock.
_INSERT = """
insert into inbox (position, source, event_id, type_no, time_us, received_us, key_id, signature, value)
select * from unnest(%s::bigint[], %s::text[], %s::text[], %s::smallint[], %s::bigint[], %s::bigint[], %s::text[],
    %s::bytea[], %s::bytea[]) as row (position, source, event_id) order by source, event_id, position
on conflict (source, event_id) do nothing returning position
"""

_ANNOUNCE = """
insert into outbox (kind, ref)
select %(kind)s, quarantine_no from quarantine
where topic_no = %(topic_no)s and partition = %(partition)s and record_offset >= %(start)s and record_offset < %(end)s
order by quarantine_no
"""

_POISON = """
insert into source_health as health (source, poison) values (%s, %s)
on conflict (source) do update set poison = health.poison + excluded.poison
"""

# The identity an event takes, and what an earlier owner of it left: its position and bytes.
_Identity = tuple[str, str]
_Known = dict[_Identity, tuple[int, bytes]]
# Appends events; returns those whose identity turned out to be taken.
_Insert = Callable[["LedgerCursor", Sequence[Admitted]], list[Admitted]]


def record_batch(
    conn: LedgerConnection,
    topic_no: int,
    partition: int,
    start: int,
    end: int,
    admitted: Sequence[Admitted],
    refused: Sequence[Refused],
) -> Recorded:
    """Record the offsets [start, end) of a partition: one transaction, committed when this returns.

    Events whose identity is new go to the inbox with one mark a distinct entity; the same bytes again are counted as
    replayed; other bytes under a taken identity, and what was refused, go to quarantine and to the outbox. `admitted`
    is in offset order, in which the first owns an identity. Offsets without a record are counted as skipped.
    Raises Fenced, with nothing recorded, when the store does not stand at `start`; psycopg.OperationalError when the
    server fails, after which the batch is recorded whole or not at all.
    """
    if not 0 <= start < end or len(admitted) + len(refused) > end - start:
        raise ValueError(
            f"topic {topic_no}, partition {partition}: {len(admitted)} admitted and {len(refused)} refused records do "
            f"not fit the offsets {start} until {end}"
        )
    _require_idle(conn)
    batch = _Batch(topic_no, partition, start, end, admitted, refused)
    try:
        return batch.record(conn, _append)
    except UniqueViolation as race:
        if race.diag.constraint_name != _IDENTITY_KEY:
            raise
        return batch.record(conn, append_racing)


class _Batch:
    """One batch on its way into the store."""

    def __init__(
        self,
        topic_no: int,
        partition: int,
        start: int,
        end: int,
        admitted: Sequence[Admitted],
        refused: Sequence[Refused],
    ) -> None:
        self.place = {"topic_no": topic_no, "partition": partition, "start": start, "end": end}
        self.admitted = admitted
        self.refused = refused

    def record(self, conn: LedgerConnection, insert: _Insert) -> Recorded:
        with conn.transaction(), conn.cursor() as cursor:
            if cursor.execute(_FENCE, self.place).rowcount != 1:
                raise Fenced(self.place["topic_no"], self.place["partition"], self.place["start"])
            accepted, replayed, conflicts = take_identities(cursor, self.admitted, insert)
            copy.copy_rows(cursor, copy.MARK, marks(accepted))
            refused = [*self.refused, *conflicts]
            self._quarantine(cursor, refused)
            recorded = Recorded(len(accepted), replayed, len(refused), len(conflicts))
            self._count(cursor, recorded)
        return recorded

    def _quarantine(self, cursor: LedgerCursor, refused: Sequence[Refused]) -> None:
        if not refused:
            return
        copy.copy_rows(cursor, copy.QUARANTINE, map(_quarantine_row, refused))
        cursor.execute(_ANNOUNCE, {**self.place, "kind": int(OutboxKind.QUARANTINE)})
        poison = Counter(record.source for record in refused if record.source is not None)
        if poison:
            # The last rows locked, and in one order, so that two workers cannot deadlock over them.
            cursor.executemany(_POISON, sorted(poison.items()))

    def _count(self, cursor: LedgerCursor, recorded: Recorded) -> None:
        records = recorded.accepted + recorded.replayed + recorded.quarantined
        counts = {
            "accepted": recorded.accepted,
            "replayed": recorded.replayed,
            "quarantined": recorded.quarantined,
            "skipped": self.place["end"] - self.place["start"] - records,
        }
        cursor.execute(_COUNT, {**self.place, **counts})


def take_identities(
    cursor: LedgerCursor, admitted: Sequence[Admitted], insert: _Insert
) -> tuple[list[Admitted], int, list[Refused]]:
    """Append what is new to the inbox; returns (accepted, number replayed, conflicts).

    What another worker took meanwhile is looked up in a second statement, which sees it (READ COMMITTED).
    """
    known = _look_up(cursor, admitted)
    accepted, replayed, conflicts = _sift(admitted, known)
    lost = insert(cursor, accepted)
    if lost:
        known |= _look_up(cursor, lost)
        if any(_identity(event) not in known for event in lost):
            raise RuntimeError("an event was neither inserted nor found; is the connection not READ COMMITTED?")
        accepted, replayed, conflicts = _sift(admitted, known)
    return accepted, replayed, conflicts


def append_racing(cursor: LedgerCursor, events: Sequence[Admitted]) -> list[Admitted]:
    """Append what nobody else has taken meanwhile, waiting for transactions in hand; returns what was taken."""
    if not events:
        return []
    columns = [list(column) for column in zip(*map(_inbox_row, events), strict=True)]
    inserted = {position for (position,) in cursor.execute(_INSERT, columns)}
    return [event for event in events if event.position not in inserted]


def marks(events: Iterable[Admitted]) -> list[tuple[bytes, int, int, None]]:
    """The rows of `mark` for new events: one a distinct entity of each."""
    cause = int(Cause.FACT)
    return [(entity, event.position, cause, None) for event in events for entity in dict.fromkeys(event.entities)]


def ensure_offsets(conn: LedgerConnection, topic_no: int, partitions: int, topic_id: str | None = None) -> None:
    """Make the offset rows of partitions 0 to `partitions` - 1 of a topic where missing, starting at offset 0.

    `topic_id` is the broker's id of the topic; raises TopicReplaced when another was stored.
    """
    _require_idle(conn)
    with conn.transaction():
        conn.execute(
            "insert into consumer_offset (topic_no, partition, next_offset, accepted, replayed, quarantined, topic_id)"
            " select %s, number, 0, 0, 0, 0, %s from generate_series(0, %s) as number order by number"
            " on conflict (topic_no, partition) do nothing",
            (topic_no, topic_id, partitions - 1),
        )
        if topic_id is not None:
            _check_topic(conn, topic_no, topic_id)


def _check_topic(conn: LedgerConnection, topic_no: int, topic_id: str) -> None:
    place = {"topic_no": topic_no, "topic_id": topic_id}
    conn.execute(
        "update consumer_offset set topic_id = %(topic_id)s where topic_no = %(topic_no)s and topic_id is null", place
    )
    other = conn.execute(
        "select topic_id from consumer_offset where topic_no = %(topic_no)s and topic_id <> %(topic_id)s", place
    ).fetchone()
    if other is not None:
        raise TopicReplaced(
            f"topic {topic_no}: the broker's topic has the id {topic_id}, the store knows {other[0]}. The topic was "
            "deleted and made again, so stored offsets mean nothing; use a new ledger, or the broker it belongs to."
        )


def load_offsets(conn: LedgerConnection, topic_nos: Iterable[int]) -> dict[tuple[int, int], int]:
    """The next offset to record of each known (topic_no, partition)."""
    _require_idle(conn)
    with conn.transaction():
        rows = conn.execute(
            "select topic_no, partition, next_offset from consumer_offset where topic_no = any(%s)", (list(topic_nos),)
        ).fetchall()
    return {(topic_no, partition): next_offset for topic_no, partition, next_offset in rows}


def _require_idle(conn: LedgerConnection) -> None:
    """Inside a caller's transaction, `conn.transaction()` would be a savepoint and commit nothing."""
    if conn.info.transaction_status != TransactionStatus.IDLE:
        raise RuntimeError("the connection is in a transaction: commit it or roll it back first")


def _append(cursor: LedgerCursor, events: Sequence[Admitted]) -> list[Admitted]:
    """The fast way: raises UniqueViolation when another worker took one of the identities meanwhile."""
    copy.copy_rows(cursor, copy.INBOX, map(_inbox_row, sorted(events, key=_identity)))
    return []


def _inbox_row(event: Admitted) -> tuple[object, ...]:
    return (
        event.position,
        event.source,
        event.event_id,
        event.type_no,
        event.time_us,
        event.received_us,
        event.key_id,
        event.signature,
        event.value,
    )


def _quarantine_row(record: Refused) -> tuple[object, ...]:
    return (
        record.topic_no,
        record.partition,
        record.offset,
        record.received_us,
        record.source,
        record.event_id,
        REASONS[record.reason].number,
        record.field,
        record.detail,
        record.key,
        record.value,
        record.headers,
    )


def _identity(event: Admitted) -> _Identity:
    return event.source, event.event_id


def _look_up(cursor: LedgerCursor, events: Sequence[Admitted]) -> _Known:
    if not events:
        return {}
    sources, ids = zip(*map(_identity, events), strict=True)
    rows = cursor.execute(_KNOWN, (list(sources), list(ids)), binary=True)
    return {(source, event_id): (position, value) for source, event_id, position, value in rows}


def _sift(admitted: Sequence[Admitted], known: _Known) -> tuple[list[Admitted], int, list[Refused]]:
    """Split a batch into (new, number replayed, conflicts) by who took each identity first."""
    taken = dict(known)
    new: list[Admitted] = []
    replayed = 0
    conflicts: list[Refused] = []
    for event in admitted:
        identity = event.source, event.event_id
        owner = taken.get(identity)
        if owner is None:
            taken[identity] = event.position, event.value
            new.append(event)
        elif owner[1] == event.value:
            replayed += 1
        else:
            conflicts.append(_conflict(event, owner[0]))
    return new, replayed, conflicts


def _conflict(event: Admitted, owner: int) -> Refused:
    topic_no, partition, offset = split_position(event.position)
    first_topic, first_partition, first_offset = split_position(owner)
    return Refused(
        topic_no=topic_no,
        partition=partition,
        offset=offset,
        received_us=event.received_us,
        source=event.source,
        event_id=event.event_id,
        reason=Reason.CONFLICT,
        field="id",
        detail=f"other bytes were recorded first at {TOPICS_BY_NUMBER[first_topic].name}, partition {first_partition}, "
        f"offset {first_offset}; they stay",
        key=event.key,
        value=event.value,
        headers=event.headers,
    )
