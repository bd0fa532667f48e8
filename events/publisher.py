"""Publishing for operators: canonical bytes, one signature for up to 500 records, and no record left unconfirmed."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from kafka import KafkaProducer
from kafka.errors import KafkaError

from events.envelope import Event, encode
from events.outgoing import Outgoing, outgoing, signed_headers

if TYPE_CHECKING:
    from events.signing import Signer

SIGNED_TOGETHER: Final = 500
# Unconfirmed records at most: enough to keep the broker busy, few enough to name what failed.
IN_FLIGHT_MAX: Final = 10 * SIGNED_TOGETHER
# Idempotent and acknowledged by all replicas; kafka-python retries until the delivery timeout, then the future fails.
PRODUCER: Final[dict[str, Any]] = {
    "acks": "all",
    "enable_idempotence": True,
    "max_in_flight_requests_per_connection": 5,
    "delivery_timeout_ms": 120_000,
    "max_block_ms": 30_000,
    "bootstrap_timeout_ms": 15_000,
    "linger_ms": 20,
    "batch_size": 131_072,
    "compression_type": "gzip",
    "metrics_enabled": False,
}


class PublishError(Exception):
    """Publishing failed; the message says after how many confirmed records, and what to do."""


class Publisher:
    """Publishes the events of one source to a broker. A context manager; not for use by several threads.

    `progress(confirmed)` is called as records are confirmed. Publishing the same events again is harmless: the same
    event has the same bytes, and the reader counts a repetition without effect.
    """

    def __init__(
        self,
        bootstrap: str,
        source: str,
        signer: Signer,
        progress: Callable[[int], None] = lambda _confirmed: None,
    ) -> None:
        self._source = source
        self._signer = signer
        self._progress = progress
        self._waiting: deque[Any] = deque()
        self.confirmed = 0
        self.by_topic: Counter[str] = Counter()
        try:
            self._producer = KafkaProducer(
                bootstrap_servers=bootstrap.split(","), client_id=f"spp-{source}", **PRODUCER
            )
        except (KafkaError, OSError, ValueError) as error:
            raise PublishError(f"no Kafka broker answers at {bootstrap} ({error}): is it running?") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the broker; what was not confirmed may or may not arrive."""
        self._producer.close(timeout=5)

    def publish(self, events: Iterable[Event], retracted: Mapping[str, str] | None = None) -> int:
        """Sign and publish; returns how many events the broker confirmed, which is all of them, or raises PublishError.

        `retracted` names, by event id, the topic of an original that an `event.retracted` takes back; without it a
        retraction goes to the first of its two topics, which is read just the same.
        """
        return self.send(self._outgoing(event, retracted or {}) for event in events)

    def send(self, records: Iterable[Outgoing]) -> int:
        """Publish values that are already encoded, 500 under one signature; returns how many were confirmed."""
        before, remaining = self.confirmed, iter(records)
        while together := list(islice(remaining, SIGNED_TOGETHER)):
            self._send_together(together)
            self._confirm(IN_FLIGHT_MAX)
        try:
            self._producer.flush(timeout=PRODUCER["delivery_timeout_ms"] / 1000)
        except KafkaError as error:
            raise self._failed(error) from error
        self._confirm(0)
        return self.confirmed - before

    def _outgoing(self, event: Event, retracted: Mapping[str, str]) -> Outgoing:
        if event.source != self._source:
            raise PublishError(f"event {event.id} is of {event.source}, this publisher speaks for {self._source}")
        return outgoing(event, encode(event), retracted)

    def _send_together(self, together: list[Outgoing]) -> None:
        to_sign = [record.value for record in together if record.headers is None]
        signatures = iter(self._signer.sign_batch(to_sign) if to_sign else ())
        for record in together:
            headers = record.headers
            if headers is None:
                headers = signed_headers(self._signer.key_id, next(signatures))
            try:
                future = self._producer.send(record.topic, value=record.value, key=record.key, headers=list(headers))
            except KafkaError as error:
                raise self._failed(error) from error
            self._waiting.append((record.topic, future))

    def _confirm(self, unconfirmed_max: int) -> None:
        """Check futures, oldest first, until at most so many are left."""
        before = self.confirmed
        while len(self._waiting) > unconfirmed_max:
            topic, future = self._waiting[0]
            try:
                future.get(timeout=PRODUCER["delivery_timeout_ms"] / 1000)
            except KafkaError as error:
                raise self._failed(error) from error
            self._waiting.popleft()
            self.confirmed += 1
            self.by_topic[topic] += 1
        if self.confirmed > before:
            self._progress(self.confirmed)

    def _failed(self, error: KafkaError) -> PublishError:
        return PublishError(
            f"the broker confirmed {self.confirmed} records, then failed ({error}): look at the broker and its topics "
            "(`spp up` makes them), then publish the same again, repetitions have no effect"
        )
