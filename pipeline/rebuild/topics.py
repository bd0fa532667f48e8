"""The input topics read again from their beginning, judged again, and recorded into the rebuilt ledger.

Which of two records under one identity came first, who was muted, and what a person admitted later are told as they
were recorded: these depend on the moment. Everything else that is judged otherwise now than then is a difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from kafka import KafkaConsumer, TopicPartition

from events.reasons import REASONS_BY_NUMBER, Reason
from events.topics import TOPICS, TOPICS_BY_NUMBER
from ledger.model.inbox import inbox_position
from ledger.store import connect, copy
from ledger.store.records import Admitted
from pipeline.rebuild.difference import Difference
from pipeline.rebuild.target import RebuildError

if TYPE_CHECKING:
    from random import Random

    from events.topics import Topic
    from ledger.store.connection import LedgerConnection, LedgerCursor
    from ledger.store.records import Refused
    from pipeline.admission import Admission
    from pipeline.backlog import Place
    from pipeline.rebuild.replay import Advance
    from pipeline.transport import Record

RECORDS_AT_ONCE = 2_000
POLL_MS = 10_000
_OF_THE_MOMENT = frozenset({Reason.CONFLICT, Reason.NOT_AUTHORISED, Reason.UNKNOWN_CODE, Reason.UNKNOWN_TYPE})
"""Refusals that a later moment may not repeat: who came first, who was muted, what keys and policies listed then."""

_RECORDED = "select topic_no, partition, next_offset from consumer_offset where next_offset > 0"
_FACTS = "select position, source, event_id, value from inbox where position >= %s and position < %s"
_REFUSED = (
    "select record_offset, reason from quarantine where topic_no = %s and partition = %s and"
    " record_offset >= %s and record_offset < %s"
)
_OWNERS = (
    "select source, event_id, value from inbox join unnest(%s::text[], %s::text[]) as t(source, event_id)"
    " using (source, event_id)"
)


class Read(NamedTuple):
    """How many records were read and how many facts recorded of them."""

    records: int
    facts: int


class Topics:
    """Reads partitions up to where they were recorded, by a client that belongs to no group."""

    def __init__(self, bootstrap: str) -> None:
        self._client: Any = KafkaConsumer(
            bootstrap_servers=bootstrap.split(","), enable_auto_commit=False, auto_offset_reset="none"
        )

    def close(self) -> None:
        """Leave the brokers."""
        self._client.close()

    def read(self, place: Place, end: int) -> Iterator[list[Record]]:
        """The records of a partition before `end`, some at a time. RebuildError when the first are there no more."""
        partition = TopicPartition(*place)
        first = self._client.beginning_offsets([partition])[partition]
        last = self._client.end_offsets([partition])[partition]
        if end and (first > 0 or last < end):
            raise RebuildError(
                f"{place[0]}, partition {place[1]} holds the offsets {first} to {last}, but 0 to {end} were recorded: "
                "its first records expired, or it is another topic; `spp ledger rebuild --from-inbox` needs no topics"
            )
        self._client.assign([partition])
        self._client.seek(partition, 0)
        while (position := self._client.position(partition)) < end:
            for records in self._client.poll(POLL_MS, max_records=RECORDS_AT_ONCE).values():
                if inside := [record for record in records if record.offset < end]:
                    yield inside
            if self._client.position(partition) == position:
                raise RebuildError(
                    f"{place[0]}, partition {place[1]}: the brokers gave nothing after offset {position} for "
                    f"{POLL_MS // 1000} s, though {end} were recorded; `spp status` shows whether they run"
                )


def record_topics(
    original: LedgerConnection, target: str, bootstrap: str, admission: Admission, draw: Random, advance: Advance
) -> tuple[Read, list[Difference]]:
    """Record all topics into the empty inbox of the target, and compare with what was recorded of them."""
    offsets = {
        (TOPICS_BY_NUMBER[topic_no].name, partition): int(end)
        for topic_no, partition, end in original.execute(_RECORDED)
    }
    places = sorted(offsets)
    draw.shuffle(places)
    total, read, facts = sum(offsets.values()), 0, 0
    differences: list[Difference] = []
    topics = Topics(bootstrap)
    try:
        with connect(target, "writer") as connection, original.cursor(binary=True) as known:
            for place in places:
                for records in topics.read(place, offsets[place]):
                    judged = _Judged(TOPICS[place[0]], place[1], records, known)
                    rows = judged.facts(admission)
                    with connection.transaction(), connection.cursor(binary=True) as cursor:
                        copy.copy_rows(cursor, copy.INBOX, rows)
                    differences += judged.differences
                    read, facts = read + len(records), facts + len(rows)
                    advance(read, total, "records")
    finally:
        topics.close()
    differences += _never_read(original, target)
    return Read(read, facts), differences


class _Judged:
    """Some records of one partition, judged now and held against what was recorded of them."""

    def __init__(self, topic: Topic, partition: int, records: list[Record], known: LedgerCursor) -> None:
        self.topic, self.partition, self.records, self.known = topic, partition, records, known
        self.differences: list[Difference] = []
        span = (records[0].offset, records[-1].offset + 1)
        bounds = [inbox_position(topic.number, partition, offset) for offset in span]
        self.recorded = {row[0]: row[1:] for row in known.execute(_FACTS, bounds).fetchall()}
        self.refused: dict[int, int] = dict(known.execute(_REFUSED, (topic.number, partition, *span)).fetchall())

    def facts(self, admission: Admission) -> list[tuple[object, ...]]:
        """The rows of the inbox that these records make."""
        admitted, refused = admission.admit_all(self.topic, self.partition, self.records)
        for one in refused:
            self._refused_now(one)
        owned = [event for event in admitted if self._owns(event)]
        self._replays(event for event in admitted if event.position not in self.recorded)
        return [
            (
                event.position, event.source, event.event_id, event.type_no, event.time_us, event.received_us,
                event.key_id, event.signature, event.value,
            )
            for event in owned
        ]  # fmt: skip

    def _tell(self, offset: int, original: str, rebuilt: str) -> None:
        where = f"{self.topic.name} partition {self.partition} offset {offset}"
        self.differences.append(Difference("record", where, original, rebuilt))

    def _refused_now(self, one: Refused) -> None:
        if one.offset not in self.refused or self._position(one.offset) in self.recorded:
            self._tell(one.offset, "accepted", f"refused: {one.reason}")

    def _owns(self, event: Admitted) -> bool:
        """Whether it became a fact; what it says must be what was recorded."""
        told = self.recorded.get(event.position)
        if told is not None and told != (event.source, event.event_id, event.value):
            self._tell(self._offset(event), "recorded as it was then", "says something else")
        return told is not None

    def _replays(self, events: Iterable[Admitted]) -> None:
        """What is accepted now and became no fact repeated one, or was refused for what the moment was."""
        left = []
        for event in events:
            reason = self.refused.get(self._offset(event))
            if reason is None:
                left.append(event)
            elif REASONS_BY_NUMBER[reason] not in _OF_THE_MOMENT:
                self._tell(self._offset(event), f"refused: {REASONS_BY_NUMBER[reason]}", "accepted")
        if not left:
            return
        names = ([event.source for event in left], [event.event_id for event in left])
        owners = {(source, event_id): value for source, event_id, value in self.known.execute(_OWNERS, names)}
        for event in left:
            if owners.get((event.source, event.event_id)) != event.value:
                self._tell(self._offset(event), "not recorded", "accepted")

    def _position(self, offset: int) -> int:
        return inbox_position(self.topic.number, self.partition, offset)

    def _offset(self, event: Admitted) -> int:
        return event.position - self._position(0)


def _never_read(original: LedgerConnection, target: str) -> Iterator[Difference]:
    """Facts of the original that no record of the topics made."""
    with connect(target, "reader") as connection:
        found = {position for (position,) in connection.execute("select position from inbox")}
    for position, source, event_id in original.execute("select position, source, event_id from inbox order by 1"):
        if position not in found:
            yield Difference("fact", f"{source}/{event_id}", "recorded", "")
