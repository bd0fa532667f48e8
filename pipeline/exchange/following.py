"""The exchange's process: follows certified lines from Kafka, and sends settlement events to it."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from kafka import KafkaConsumer, TopicPartition

from events.keys import KeyRegistry
from events.local_keys import local_signer
from events.outgoing import Outgoing
from events.publisher import Publisher
from events.signing import Verifier
from pipeline.errors import PipelineError, TopicChangedError
from pipeline.exchange.database import FOLLOW_LOCK, connect
from pipeline.exchange.intake import TOPICS, Batch, Intake, keep, places
from pipeline.logging import get_logger

if TYPE_CHECKING:
    from threading import Event

    from pipeline.exchange.database import ExchangeConnection
    from pipeline.settings import Settings

POLL_MS: Final = 500
RECORDS_MAX: Final = 2_000
SEND_MAX: Final = 5_000

_log = get_logger("exchange")


def serve(settings: Settings, url: str, stop: Event, *, once: bool = False) -> int:
    """Follow and send until stopped, or with `once` until all that there was is done; returns the rows kept.

    Raises PipelineError when another process follows for this database already.
    """
    with connect(url) as connection:
        held = connection.execute("select pg_try_advisory_lock(%s)", (FOLLOW_LOCK,)).fetchone()
        if held is None or not held[0]:
            raise PipelineError("another process follows for this exchange already: end it, or leave this one off")
        follower = _Follower(settings, connection)
        try:
            return follower.run(settings, stop, once=once)
        finally:
            follower.close()


class _Follower:
    """One consumer without a group: where it stands is in the exchange's database."""

    def __init__(self, settings: Settings, connection: ExchangeConnection) -> None:
        self._connection = connection
        self._intake = Intake(Verifier(KeyRegistry.read(settings.keys_directory)))
        self._client: Any = KafkaConsumer(
            bootstrap_servers=settings.bootstrap.split(","), enable_auto_commit=False, auto_offset_reset="none"
        )
        named = [
            TopicPartition(topic, partition)
            for topic in TOPICS
            for partition in sorted(self._client.partitions_for_topic(topic) or ())
        ]
        if len({place.topic for place in named}) != len(TOPICS):
            raise PipelineError(f"a topic of {', '.join(TOPICS)} is missing: `spp up` makes them")
        self._at = places(connection, [(place.topic, place.partition) for place in named])
        self._client.assign(named)
        firsts = self._client.beginning_offsets(named)
        for place in named:
            start = self._at[(place.topic, place.partition)]
            if firsts[place] > start:
                raise TopicChangedError(
                    f"{place.topic}/{place.partition}: records from {start} on are gone, the first is {firsts[place]}:"
                    " keep them for as long as the exchange may be away"
                )
            self._client.seek(place, start)
        self._ends = {(at.topic, at.partition): int(end) for at, end in self._client.end_offsets(named).items()}

    def close(self) -> None:
        """Leave the brokers."""
        self._client.close()

    def run(self, settings: Settings, stop: Event, *, once: bool) -> int:
        """Follow, then send what waits; again until told to stop."""
        count = 0
        while not stop.is_set():
            taken = self._take()
            count += taken
            sent = send(settings, self._connection)
            if taken or sent:
                _log.info("exchanged", accepted=taken, messages=sent)
            if once and all(self._at[place] >= end for place, end in self._ends.items()) and not sent:
                return count
        return count

    def _take(self) -> int:
        batches = []
        for place, records in self._client.poll(timeout_ms=POLL_MS, max_records=RECORDS_MAX).items():
            at = place.topic, place.partition
            rows = [
                row
                for record in records
                if (row := self._intake.row(at[0], record.value, record.headers, record.timestamp * 1000)) is not None
            ]
            batches.append(Batch(at[0], at[1], self._at[at], records[-1].offset + 1, rows))
        count = keep(self._connection, batches)
        self._at.update({(batch.topic, batch.partition): batch.end for batch in batches})
        return count


def send(settings: Settings, connection: ExchangeConnection) -> int:
    """Publish what waits, signed as the bank that told it; a row goes when the broker has confirmed it.

    A crash in between sends an event again, the same bytes under the same id, which the ledger counts as a repetition.
    """
    with connection.transaction():
        rows = connection.execute(
            "select outbox_no, source, topic, key, value from outbox order by outbox_no limit %s", (SEND_MAX,)
        ).fetchall()
    of: defaultdict[str, list[Outgoing]] = defaultdict(list)
    for source, found in groupby(sorted(rows, key=lambda row: (row[1], row[0])), key=lambda row: row[1]):
        of[source] = [Outgoing(row[2], bytes(row[3]), bytes(row[4])) for row in found]
    for source, records in of.items():
        with Publisher(settings.bootstrap, source, local_signer(settings.keys_directory, source)) as publisher:
            publisher.send(records)
    with connection.transaction():
        connection.execute("delete from outbox where outbox_no = any(%s)", ([row[0] for row in rows],))
    return len(rows)
