"""Recording alone, without Kafka: the worker's own admission and store, each step timed by itself."""

from __future__ import annotations

import cProfile
import time
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import NamedTuple

from events.envelope import decode_data, decode_head
from events.outgoing import Outgoing
from events.signing import KeyRegistry, Verifier
from events.topics import HEADER_KEY_ID, HEADER_SIGNATURE, INPUT_TOPICS, TOPICS
from infra.bench import prepare
from ledger.store import LedgerConnection, connect
from ledger.store.inbox import ensure_offsets, record_batch
from pipeline.active_policy import settle
from pipeline.admission import Admission
from pipeline.settings import Settings
from pipeline.transport import BATCH_RECORDS, LOG_APPEND_TIME
from processors.policy.codes import codes


@dataclass(slots=True)
class Arrived:
    """A record as the consumer would hand it over; `timestamp` is in milliseconds."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


class Part(NamedTuple):
    """Consecutive records of one partition."""

    topic: str
    partition: int
    records: Sequence[Arrived]


@dataclass
class Recording:
    """What was recorded, and the seconds of each step."""

    events: int = 0
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    offsets: dict[tuple[str, int], int] = field(default_factory=dict)


def parts(prepared: Sequence[Outgoing], offsets: dict[tuple[str, int], int]) -> Iterator[Part]:
    """The records as batches of partitions taken in turns, as a backlog is read; `offsets` are moved on."""
    now = int(time.time() * 1_000)
    queues: dict[tuple[str, int], deque[Outgoing]] = defaultdict(deque)
    for record in prepared:
        queues[record.topic, prepare.partition(record)].append(record)
    while queues:
        for place, waiting in list(queues.items()):
            start = offsets.get(place, 0)
            taken = [waiting.popleft() for _ in range(min(BATCH_RECORDS, len(waiting)))]
            yield Part(*place, [_arrived(one, start + at, now) for at, one in enumerate(taken)])
            offsets[place] = start + len(taken)
            if not waiting:
                del queues[place]


def _arrived(record: Outgoing, offset: int, now_ms: int) -> Arrived:
    return Arrived(offset, now_ms, LOG_APPEND_TIME, record.key, record.value, record.headers or ())


def admission_of(settings: Settings) -> Admission:
    """The admission of a worker on this ledger, which gets the packaged policy if it has none."""
    with connect(settings.ledger, "writer") as conn:
        active = settle(conn, settings.policy)
    return Admission(Verifier(KeyRegistry.read(settings.keys_directory)), codes(active.policy))


def record(
    settings: Settings,
    prepared: Sequence[Outgoing],
    before: Recording | None = None,
    profiler: cProfile.Profile | None = None,
) -> Recording:
    """Record everything, after what was recorded `before`; ValueError when a record is refused."""
    done = before or Recording()
    watched = profiler or nullcontext()
    admission = admission_of(settings)
    with connect(settings.ledger, "writer") as conn:
        for topic in INPUT_TOPICS:
            ensure_offsets(conn, topic.number, topic.partitions)
        for part in parts(prepared, done.offsets):
            with watched:
                _record(conn, admission, part, done)
    return done


def _record(conn: LedgerConnection, admission: Admission, part: Part, done: Recording) -> None:
    topic, start = TOPICS[part.topic], part.records[0].offset
    began = time.perf_counter()
    admitted, refused = admission.admit_all(topic, part.partition, part.records)
    judged = time.perf_counter()
    record_batch(conn, topic.number, part.partition, start, start + len(part.records), admitted, refused)
    done.seconds["admit"] += judged - began
    done.seconds["record"] += time.perf_counter() - judged
    done.events += len(part.records)
    if refused:
        raise ValueError(f"a record was refused: {refused[0].reason}, {refused[0].field}: {refused[0].detail}")


def decode_and_verify(settings: Settings, prepared: Sequence[Outgoing]) -> dict[str, float]:
    """Seconds of decoding everything, and of verifying it, each by itself."""
    verifier = Verifier(KeyRegistry.read(settings.keys_directory))
    now = int(time.time() * 1e6)
    ordered = [one for part in parts(prepared, {}) for one in part.records]
    began = time.perf_counter()
    heads = [decode_head(one.value) for one in ordered]
    for head in heads:
        decode_data(head)
    decoded = time.perf_counter()
    for one, head in zip(ordered, heads, strict=True):
        told = dict(one.headers)
        key_id = told[HEADER_KEY_ID]
        verifier.verify(
            head.source, head.type, head.value, told[HEADER_SIGNATURE], key_id.decode() if key_id else None, now
        )
    return {"decode": decoded - began, "verify": time.perf_counter() - decoded}
