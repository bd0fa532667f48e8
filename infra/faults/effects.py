"""Every effect of a row as one multiset: what must be there and what is, each named so that it can be counted."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from events.reasons import REASONS_BY_NUMBER, Reason
from events.topics import DECISION, INPUT_TOPICS, LEDGER, QUARANTINE
from infra.faults.topics import TopicReader
from ledger.model.inbox import split_position
from ledger.model.rows import DecisionKind
from ledger.store.outbox import read_block, read_quarantine, read_submission
from pipeline.messages import Message, block_messages, quarantine_message, submission_messages

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from events.outgoing import Outgoing
    from ledger.store.connection import LedgerConnection
    from pipeline.admission import Admission

Effect = tuple[object, ...]
"""A kind and what names one effect of it."""
Spot = tuple[int, int, int]
"""Topic number, partition, offset."""

BOOKS: dict[str, str] = {
    "decision": "select * from (select distinct on (subject) subject, kind, source, event_id, state, reasons,"
    " amount_minor, currency, won_by from decision order by subject, version desc) as last"
    f" where kind = {DecisionKind.DECIDED:d} or coalesce(amount_minor, 0) <> 0",
    "position": "select subject, step, currency,"
    " sum(case when reverses is null then amount_minor else -amount_minor end)::bigint"
    " from transfer group by 1, 2, 3"
    " having sum(case when reverses is null then amount_minor else -amount_minor end) <> 0",
    "submitted": "select submission.source, submission.batch_id, line_id"
    " from submission_line join submission using (submission_no)",
    "claim on a key": "select entity.key, grp, claim.key, line_id"
    " from claim_key claim join entity on entity_no = holder_no",
    "claim on a side": "select entity.key, grp, claim.key, side"
    " from claim_side claim join entity on entity_no = holder_no",
    "claim on days": "select key, lower(days), upper(days), line_id"
    " from claim_window join entity on entity_no = holder_no",
}
"""What a fault-free run has too: the last decision on each subject, net positions, lines submitted, live claims.

A recovery that was proposed and taken back depends on what was known in between, and is no effect."""


@dataclass
class OnTopics:
    """Everything on the topics after a row: records by place, and output messages, however often."""

    records: dict[Spot, Any] = field(default_factory=dict)
    messages: list[tuple[str, bytes, bytes]] = field(default_factory=list)

    @classmethod
    def read(cls, bootstrap: str) -> OnTopics:
        """Read all of them."""
        found = cls()
        with TopicReader(bootstrap) as reader:
            for topic in INPUT_TOPICS:
                for partition, records in reader.read(topic.name).items():
                    found.records |= {(topic.number, partition, record.offset): record for record in records}
            for topic in (DECISION, LEDGER, QUARANTINE):
                for records in reader.read(topic.name).values():
                    found.messages += [(topic.name, record.key, record.value) for record in records]
        return found


def published_due(confirmed: Iterable[Outgoing]) -> Counter[Effect]:
    """Every record that the broker confirmed must be on its topic. Sent again, it may be there again."""
    return Counter({("published", record.topic, _digest(record.value)): 1 for record in confirmed})


def published_found(topics: OnTopics) -> Counter[Effect]:
    """Which records are on the topics, however often."""
    names = {topic.number: topic.name for topic in INPUT_TOPICS}
    return Counter({("published", names[spot[0]], _digest(record.value)): 1 for spot, record in topics.records.items()})


def intake_due(
    topics: OnTopics, admission: Admission, owners: Mapping[tuple[str, str], Spot], muted: Collection[str]
) -> Counter[Effect]:
    """What must become of each record on the input topics: an identity's first owner is taken, other bytes conflict.

    Which of several equal or conflicting records came first is the one thing only the ledger can tell (`owners`), and
    which record of a `muted` source was the first after the muting.
    """
    told: dict[tuple[str, str], dict[Spot, bytes]] = {}
    due: Counter[Effect] = Counter()
    numbers = {topic.number: topic for topic in INPUT_TOPICS}
    for spot, record in topics.records.items():
        topic_no, partition, _ = spot
        admitted, refused = admission.admit_all(numbers[topic_no], partition, [record])
        for one in admitted:
            told.setdefault((one.source, one.event_id), {})[spot] = one.value
        due.update(("refused", spot, _reason(other.reason, other.source, muted)) for other in refused)
    for identity, spots in told.items():
        first = spots.get(owners.get(identity, (0, 0, 0)), next(iter(spots.values())))
        due["accepted", *identity, _digest(first)] += 1
        due.update(("refused", spot, Reason.CONFLICT.value) for spot, value in spots.items() if value != first)
    return due


def intake_found(
    connection: LedgerConnection, muted: Collection[str]
) -> tuple[Counter[Effect], dict[tuple[str, str], Spot]]:
    """What the inbox and the quarantine hold, and where each identity was taken from."""
    found: Counter[Effect] = Counter()
    owners: dict[tuple[str, str], Spot] = {}
    for source, event_id, position, value in _rows(connection, "select source, event_id, position, value from inbox"):
        found["accepted", source, event_id, _digest(value)] += 1
        topic_no, partition, offset = split_position(position)
        owners[source, event_id] = (topic_no, partition, offset)
    refused = "select topic_no, partition, record_offset, reason, source from quarantine"
    for topic_no, partition, offset, reason, source in _rows(connection, refused):
        found["refused", (topic_no, partition, offset), _reason(REASONS_BY_NUMBER[reason], source, muted)] += 1
    return found, owners


def _reason(reason: Reason, source: str | None, muted: Collection[str]) -> str:
    """Why a record was refused; of a muted source all were, for their own reason or for the muting."""
    return "bad or muted" if source in muted else reason.value


def books_found(connection: LedgerConnection) -> Counter[Effect]:
    """The effects a fault-free run has too."""
    found: Counter[Effect] = Counter()
    for kind, query in BOOKS.items():
        found.update((kind, *map(_frozen, row)) for row in _rows(connection, query))
    return found


def messages_due(connection: LedgerConnection) -> Counter[Effect]:
    """Every message that the books ask for, once."""

    def messages() -> Iterator[Message]:
        for (number,) in _rows(connection, "select block_no from block order by 1"):
            yield from block_messages(read_block(connection, number))
        for (number,) in _rows(connection, "select quarantine_no from quarantine order by 1"):
            yield quarantine_message(read_quarantine(connection, number))
        for (number,) in _rows(connection, "select submission_no from submission order by 1"):
            submission = read_submission(connection, number)
            recorded_us = read_block(connection, submission.block_no).header.recorded_us
            yield from submission_messages(submission, recorded_us)

    return Counter(("message", one.topic.name, bytes(one.key), _digest(one.value)) for one in messages())


def messages_found(topics: OnTopics) -> tuple[Counter[Effect], int]:
    """The messages on the output topics, equal ones once, and how many came again with the same id and bytes."""
    found = Counter(("message", topic, bytes(key), _digest(value)) for topic, key, value in topics.messages)
    return Counter(dict.fromkeys(found, 1)), found.total() - len(found)


def _rows(connection: LedgerConnection, query: str) -> list[Any]:
    return connection.execute(query.encode(), binary=True).fetchall()


def _digest(value: bytes | None) -> bytes:
    return hashlib.sha256(value or b"").digest()[:12]


def _frozen(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
