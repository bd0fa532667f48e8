"""DECIDE's reading: marks, states, facts, latest decisions; set-based."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ledger.store.connection import LedgerCursor

MarkRow = tuple[int, bytes, int | None, int, int | None]
"""mark_id, entity, position, cause, ref."""


class LastDecision(NamedTuple):
    """The latest decision on a subject, as stored."""

    subject: bytes
    version: int
    state: int
    reasons: list[int]
    amount_minor: int | None
    currency: str | None
    won_by: bytes | None
    event_id: str
    body: bytes


class Head(NamedTuple):
    """Where the log stands: the last block and the next numbers to give."""

    block_no: int
    block_hash: bytes | None
    next_leaf: int
    next_entity: int
    next_submission: int


def read_oldest(cursor: LedgerCursor, limit: int) -> list[MarkRow]:
    """The `limit` oldest visible marks, oldest first; they stay where they are."""
    cursor.execute("select mark_id, entity, position, cause, ref from mark order by mark_id limit %s", (limit,))
    return cursor.fetchall()


def read_marks(cursor: LedgerCursor, keys: Collection[bytes]) -> list[MarkRow]:
    """Every visible mark of these entities, oldest first; they stay where they are."""
    if not keys:
        return []
    cursor.execute("select mark_id, entity, position, cause, ref from mark where entity = any(%b)", (list(keys),))
    return sorted(cursor.fetchall())


def read_values(cursor: LedgerCursor, positions: Collection[int]) -> list[tuple[int, str, str, int, int, bytes]]:
    """(position, source, event id, type number, time, bytes) of the events at these inbox positions."""
    if not positions:
        return []
    cursor.execute(
        "select position, source, event_id, type_no, time_us, value from inbox where position = any(%s)",
        (list(positions),),
    )
    return cursor.fetchall()


def read_states(cursor: LedgerCursor, keys: Collection[bytes]) -> list[tuple[bytes, int, bytes]]:
    """(key, entity_no, state) of those entities that are known."""
    cursor.execute("select key, entity_no, state from entity where key = any(%b)", (list(keys),))
    return cursor.fetchall()


def _identities(identities: Iterable[tuple[str, str]]) -> tuple[list[str], list[str]]:
    pairs = list(identities)
    return [source for source, _ in pairs], [event_id for _, event_id in pairs]


def read_retractions(cursor: LedgerCursor, identities: Collection[tuple[str, str]]) -> list[tuple[str, str, int]]:
    """(source, event id, time) of every retraction folded so far of these events."""
    cursor.execute(
        "select r.target_source, r.target_event_id, i.time_us from retraction r join inbox i using (position)"
        " join unnest(%s::text[], %s::text[]) as t(s, e) on (r.target_source, r.target_event_id) = (t.s, t.e)",
        _identities(identities),
    )
    return cursor.fetchall()


def any_retraction(cursor: LedgerCursor) -> bool:
    """Whether any retraction was folded yet; most days none was, and the look-up can be spared."""
    return cursor.execute("select exists(select from retraction)").fetchone() == (True,)


def read_recorded(cursor: LedgerCursor, identities: Collection[tuple[str, str]]) -> list[bytes]:
    """The bytes of those of these events that are recorded."""
    cursor.execute(
        "select i.value from inbox i join unnest(%s::text[], %s::text[]) as t(s, e)"
        " on (i.source, i.event_id) = (t.s, t.e)",
        _identities(identities),
    )
    return [value for (value,) in cursor]


def read_last(cursor: LedgerCursor, subjects: Collection[bytes]) -> list[LastDecision]:
    """The latest decision on each of these subjects that has one."""
    cursor.execute(
        "select d.subject, d.version, d.state, d.reasons, d.amount_minor, d.currency, d.won_by, d.event_id, d.body"
        " from unnest(%b::bytea[]) as s(subject) cross join lateral"
        " (select * from decision where decision.subject = s.subject order by version desc limit 1) d",
        (list(subjects),),
    )
    return [LastDecision._make(row) for row in cursor]


def read_readers(cursor: LedgerCursor, targets: Collection[bytes]) -> list[tuple[bytes, bytes]]:
    """(target, reader) for every reader kept of these entities."""
    cursor.execute("select target, reader from read_link where target = any(%b)", (list(targets),))
    return cursor.fetchall()


def read_outstanding(cursor: LedgerCursor, keys: Collection[bytes]) -> list[tuple[int, bytes]]:
    """The visible and the parked marks of these entities, as (mark_id, entity).

    Freeze orders do not count, or two in one case would wait for each other for ever.
    """
    wanted = list(keys)
    cursor.execute(
        "select mark_id, entity from mark where cause <> 3 and entity = any(%b)"
        " union all select mark_id, entity from parked_mark where cause <> 3 and entity = any(%b)",
        (wanted, wanted),
    )
    return cursor.fetchall()


def read_ordered(cursor: LedgerCursor, keys: Collection[bytes]) -> set[bytes]:
    """Which of these lines have a freeze order outstanding; a parked one is outstanding too."""
    wanted = list(keys)
    cursor.execute(
        "select entity from mark where cause = 3 and entity = any(%b)"
        " union select entity from parked_mark where cause = 3 and entity = any(%b)",
        (wanted, wanted),
    )
    return {key for (key,) in cursor}


BatchName = tuple[str, str]
"""Source and batch id."""


class GroupRow(NamedTuple):
    """The known requests of one batch that share benefit, cycle (YYYYMM) and currency; `amount_minor` is their sum."""

    source: str
    batch_id: str
    benefit: str
    cycle: int
    currency: str | None
    requests: int
    amount_minor: int


class SubmissionRow(NamedTuple):
    """The submission of one batch with the highest number, and whether orders of it are outstanding."""

    source: str
    batch_id: str
    submission_no: int
    number: int
    open: bool


def read_groups(cursor: LedgerCursor, source: str, batch_id: str) -> list[tuple[str, int, str | None, int, int]]:
    """(benefit, cycle as YYYYMM, currency, requests, amount) of the known requests of one batch."""
    return [row[2:] for row in read_sums(cursor, [(source, batch_id)])]


def read_sums(cursor: LedgerCursor, batches: Collection[BatchName]) -> list[GroupRow]:
    """What is known of the requests of these batches."""
    cursor.execute(
        "select source, batch_id, benefit, cycle, currency, count(*), sum(amount_minor)"
        " from unnest(%s::text[], %s::text[]) as b(source, batch_id) join line using (source, batch_id)"
        " group by 1, 2, 3, 4, 5",
        _identities(batches),
    )
    return [GroupRow._make((*row[:-1], int(row[-1]))) for row in cursor]


def read_last_submissions(cursor: LedgerCursor, batches: Collection[BatchName]) -> list[SubmissionRow]:
    """The last submission of each of these batches that has one."""
    cursor.execute(
        "select distinct on (source, batch_id) source, batch_id, submission_no, number, o.submission_no is not null"
        " from unnest(%s::text[], %s::text[]) as b(source, batch_id) join submission using (source, batch_id)"
        " left join submission_open o using (submission_no) order by source, batch_id, number desc",
        _identities(batches),
    )
    return [SubmissionRow._make(row) for row in cursor]


def read_submitted(cursor: LedgerCursor, submission_nos: Collection[int]) -> dict[int, tuple[str, str]]:
    """The source and batch of each of these submissions."""
    cursor.execute(
        "select submission_no, source, batch_id from submission where submission_no = any(%s)", (list(submission_nos),)
    )
    return {submission_no: (source, batch_id) for submission_no, source, batch_id in cursor}


def read_accounts(cursor: LedgerCursor) -> dict[str, int]:
    """The number of every account by its code."""
    cursor.execute("select code, account_no from account")
    return dict(cursor.fetchall())


def read_set_number(cursor: LedgerCursor, block_no: int) -> int:
    """The number of the last set after this block that made no block; 0 for none."""
    row = cursor.execute("select max(number) from set_journal where after_block = %s", (block_no,)).fetchone()
    return int(row[0]) if row is not None and row[0] is not None else 0


def read_head(cursor: LedgerCursor) -> Head:
    """Where the log stands. Read under the decider's lock, by its holder only."""
    row = cursor.execute(
        "select block_no, hash, first_leaf + leaf_count from block order by block_no desc limit 1"
    ).fetchone()
    block_no, block_hash, next_leaf = row or (0, None, 0)
    numbers = cursor.execute(
        "select coalesce((select max(entity_no) from entity), 0) + 1,"
        " coalesce((select max(submission_no) from submission), 0) + 1"
    ).fetchone()
    next_entity, next_submission = numbers or (1, 1)
    return Head(block_no, block_hash, next_leaf, next_entity, next_submission)
