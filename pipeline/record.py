"""RECORD: judge a batch, then one transaction for it. Exactly-once by the stored offset, retried while faults pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import Event
from time import monotonic, time
from typing import TYPE_CHECKING

import psycopg
from psycopg.errors import LockNotAvailable

from events.topics import TOPICS, Topic
from ledger.model.inbox import inbox_position
from ledger.store.inbox import load_offsets, record_batch
from ledger.store.records import Admitted, Fenced, Recorded, Refused
from ledger.store.takeover import end_frozen, limit_waiting
from pipeline.errors import Fault, HoleError, classify, retry_transient
from pipeline.logging import get_logger

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection
    from pipeline.admission import Admission
    from pipeline.health import SourceHealth
    from pipeline.metrics import Metrics
    from pipeline.transport import Batch

_log = get_logger("record")


@dataclass(frozen=True, slots=True)
class _Judged:
    """A batch after admission: what of [start, end) goes where."""

    topic: Topic
    partition: int
    start: int
    end: int
    admitted: Sequence[Admitted]
    refused: Sequence[Refused]

    def since(self, start: int) -> _Judged:
        """The part that begins at `start`."""
        floor = inbox_position(self.topic.number, self.partition, start)
        return replace(
            self,
            start=start,
            admitted=[event for event in self.admitted if event.position >= floor],
            refused=[record for record in self.refused if record.offset >= start],
        )


class BatchRecorder:
    """Records batches on one connection of its own, made anew after a fault. One thread uses it at a time.

    `before_batch` is called on that connection before a batch is judged.
    """

    def __init__(
        self,
        connect: Callable[[], LedgerConnection],
        admission: Admission,
        health: SourceHealth,
        metrics: Metrics,
        stop: Event,
        before_batch: Callable[[LedgerConnection], None] | None = None,
    ) -> None:
        self._connect = connect
        self._admission = admission
        self._health = health
        self._metrics = metrics
        self._stop = stop
        self._before_batch = before_batch
        self._connection: LedgerConnection | None = None

    def record(self, batch: Batch) -> int:
        """Commit `batch` and return the partition's next offset.

        Raises what is left when transient faults last too long, HoleError when records were passed over, and
        OwnFaultError when all sources fail at once; nothing of the batch is recorded then.
        """
        topic = TOPICS[batch.topic]
        began = monotonic()
        if (before := self._before_batch) is not None:
            retry_transient(lambda: before(self._connected()), self._stop, self.before_retry)
        admitted, refused = self._admission.admit_all(topic, batch.partition, batch.records)
        self._health.require_sane(admitted, refused)
        judged = _Judged(topic, batch.partition, batch.start, batch.end, admitted, refused)
        self._metrics.record_seconds.labels(phase="admit").observe(monotonic() - began)
        began = monotonic()
        done = retry_transient(lambda: self._commit(judged), self._stop, self.before_retry)
        self._metrics.record_seconds.labels(phase="commit").observe(monotonic() - began)
        self._metrics.record_rows.observe(len(batch.records))
        self._metrics.next_offset.labels(topic=topic.name, partition=batch.partition).set(done)
        self._metrics.progress.labels(role="record").set(time())
        return done

    def close(self) -> None:
        """Close the connection; the next batch opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _connected(self) -> LedgerConnection:
        if self._connection is None:
            self._connection = self._connect()
            limit_waiting(self._connection)
        return self._connection

    def _commit(self, judged: _Judged) -> int:
        connection = self._connected()
        try:
            recorded = self._write(connection, judged)
        except Fenced:
            return self._continue_after(connection, judged)
        self._count(judged, recorded)
        self._health.observe(connection, judged.admitted, judged.refused)
        return judged.end

    def _continue_after(self, connection: LedgerConnection, judged: _Judged) -> int:
        """Another owner of the partition, or a commit whose answer was lost, moved the offset: record what is left."""
        self._metrics.fenced.labels(topic=judged.topic.name).inc()
        stored = load_offsets(connection, [judged.topic.number]).get((judged.topic.number, judged.partition))
        if stored is None or stored < judged.start:
            raise HoleError(
                f"{judged.topic.name} partition {judged.partition}: the batch starts at {judged.start}, but the ledger "
                f"has recorded up to {stored}. Recording would lose what lies between; a restart seeks back to it."
            )
        _log.info("batch_moved", topic=judged.topic.name, partition=judged.partition, start=judged.start,
                  next_offset=stored)  # fmt: skip
        return stored if stored >= judged.end else self._commit(judged.since(stored))

    def _write(self, connection: LedgerConnection, judged: _Judged) -> Recorded:
        return record_batch(
            connection,
            judged.topic.number,
            judged.partition,
            judged.start,
            judged.end,
            judged.admitted,
            judged.refused,
        )

    def _count(self, judged: _Judged, recorded: Recorded) -> None:
        topic = judged.topic.name
        counter = self._metrics.records
        counter.labels(outcome="accepted", topic=topic).inc(recorded.accepted)
        counter.labels(outcome="replayed", topic=topic).inc(recorded.replayed)
        counter.labels(outcome="quarantined", topic=topic).inc(recorded.quarantined)
        reasons = Counter(record.reason.value for record in judged.refused)
        if recorded.conflicts:
            reasons["conflict"] += recorded.conflicts
        for reason, count in reasons.items():
            self._metrics.refused.labels(reason=reason, topic=topic).inc(count)

    def before_retry(self, error: BaseException, attempt: int) -> None:
        """Report a transient fault and drop the connection it happened on."""
        fault = classify(error)
        self._metrics.retries.labels(role="record", fault=fault.value).inc()
        _log.warning("record_retry", attempt=attempt, fault=fault.value, exc_info=error)
        if fault is not Fault.FATAL:
            self.close()
        if isinstance(error, LockNotAvailable):
            self._end_frozen()

    def _end_frozen(self) -> None:
        """The partition is ours now; whoever still locks its offset is a former owner that does not move."""
        try:
            with self._connect() as connection:
                _log.warning("frozen_ended", sessions=end_frozen(connection))
        except psycopg.Error as error:
            _log.warning("frozen_remains", exc_info=error)
