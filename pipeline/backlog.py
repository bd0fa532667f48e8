"""Samples how far the work is, for metrics: what waits in the topics and in the database, and for how long."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from threading import Event
from time import monotonic, time
from typing import TYPE_CHECKING, Any

import psycopg
from kafka import KafkaConsumer, TopicPartition

from events.money import CURRENCIES
from events.topics import INPUT_TOPICS
from ledger.statements.suspense import read_suspense
from ledger.store.inbox import load_offsets
from ledger.store.progress import OldestLines, read_backlog, read_open_quarantine
from pipeline.errors import is_transient
from pipeline.logging import get_logger

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection
    from pipeline.metrics import Metrics

PERIOD_SECONDS = 5.0
SLOW_PERIOD_SECONDS = 60.0
"""Between questions whose answer takes a scan."""
LOOK_SHARE = 20
"""Counting millions of marks takes long: looking must not cost more than a twentieth of what is looked at."""
_HISTORY = 4_000

_log = get_logger("relay")
Place = tuple[str, int]


class TopicEnds:
    """The end offsets of the input topics, by a client that belongs to no group."""

    def __init__(self, bootstrap: str) -> None:
        self._client: Any = KafkaConsumer(bootstrap_servers=bootstrap.split(","), enable_auto_commit=False)

    def read(self) -> dict[Place, int]:
        """The offset after the last record of each partition of each input topic."""
        places = [
            TopicPartition(topic.name, partition)
            for topic in INPUT_TOPICS
            for partition in self._client.partitions_for_topic(topic.name) or ()
        ]
        ends = self._client.end_offsets(places)
        return {(place.topic, place.partition): int(end) for place, end in ends.items()}

    def close(self) -> None:
        """Leave the brokers."""
        self._client.close()


def recorded_offsets(connection: LedgerConnection) -> dict[Place, int]:
    """The next offset to record of each partition that has begun."""
    names = {topic.number: topic.name for topic in INPUT_TOPICS}
    return {(names[number], part): offset for (number, part), offset in load_offsets(connection, names).items()}


class LagClock:
    """Turns offsets into seconds: remembers when each end offset was first seen."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._seen: dict[Place, deque[tuple[float, int]]] = {}

    def seconds(self, place: Place, end: int, recorded: int) -> float:
        """For how long the oldest unrecorded record has been seen waiting; 0 when none waits."""
        seen = self._seen.setdefault(place, deque(maxlen=_HISTORY))
        if not seen or seen[-1][1] < end:
            seen.append((self._clock(), end))
        while seen and seen[0][1] <= recorded:
            seen.popleft()
        return self._clock() - seen[0][0] if seen else 0.0


class Sampler:
    """Refreshes the gauges of backlog and age until stopped. A fault leaves them as they are and is logged."""

    def __init__(self, connect: Callable[[], LedgerConnection], bootstrap: str, metrics: Metrics) -> None:
        self._connect = connect
        self._bootstrap = bootstrap
        self._metrics = metrics
        self._lag = LagClock()
        self._oldest = OldestLines()
        self._slow_at = 0.0

    def run(self, stop: Event) -> None:
        """Sample every few seconds."""
        while not stop.is_set():
            try:
                self._watch(stop)
            except Exception as error:  # noqa: BLE001 - what only watches must not end what works
                _log.warning("sample_failed", exc_info=error, fault="transient" if is_transient(error) else "fatal")
                stop.wait(PERIOD_SECONDS)

    def _watch(self, stop: Event) -> None:
        ends = TopicEnds(self._bootstrap)
        try:
            with self._connect() as connection:
                connection.execute("set statement_timeout = '20s'")
                connection.commit()
                while not stop.is_set():
                    began = monotonic()
                    self._sample(connection, ends.read())
                    stop.wait(max(PERIOD_SECONDS, LOOK_SHARE * (monotonic() - began)))
        finally:
            ends.close()

    def _sample(self, connection: LedgerConnection, ends: Mapping[Place, int]) -> None:
        metrics, recorded = self._metrics, recorded_offsets(connection)
        for (topic, partition), end in ends.items():
            done = recorded.get((topic, partition), 0)
            metrics.lag_records.labels(topic=topic, partition=partition).set(max(0, end - done))
            age = self._lag.seconds((topic, partition), end, done)
            metrics.lag_seconds.labels(topic=topic, partition=partition).set(age)
        backlog, now = read_backlog(connection), time()
        metrics.marks.set(backlog.marks)
        metrics.marks_age.set(_age(now, backlog.oldest_mark_us))
        metrics.parked.set(backlog.parked)
        metrics.outbox.set(backlog.outbox)
        metrics.outbox_age.set(_age(now, backlog.oldest_outbox_us))
        metrics.submissions_open.set(backlog.submissions_open)
        if monotonic() >= self._slow_at:
            self._slow_at = monotonic() + SLOW_PERIOD_SECONDS
            self._sample_slowly(connection, now)
        metrics.sampled.set(now)

    def _sample_slowly(self, connection: LedgerConnection, now: float) -> None:
        try:
            self._metrics.quarantine_open.clear()
            for reason, count in read_open_quarantine(connection).items():
                self._metrics.quarantine_open.labels(reason=reason).set(count)
            for state, since_us in self._oldest.read(connection).items():
                self._metrics.state_age.labels(state=state.value).set(_age(now, since_us))
            suspense = read_suspense(connection)
            for currency in CURRENCIES:
                self._metrics.suspense.labels(currency=currency).set(suspense.get(currency, 0))
        except psycopg.errors.QueryCanceled as error:
            _log.warning("sample_failed", exc_info=error)


def _age(now: float, since_us: int | None) -> float:
    return 0.0 if since_us is None else max(0.0, now - since_us / 1e6)
