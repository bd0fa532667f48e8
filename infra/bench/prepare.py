"""Events of a scenario, signed, and sent by whole Kafka batches before the clock starts."""

from __future__ import annotations

import asyncio
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from events.lines import read_lines
from events.local_keys import local_signer
from events.outgoing import Outgoing, signed_headers
from events.publisher import SIGNED_TOGETHER
from events.topics import TOPICS
from pipeline.scenarios.catalogue import SCENARIOS
from pipeline.scenarios.script import Line, Wave
from pipeline.scenarios.sinks import Kept

EVENTS_A_MOTHER = 3.2
"""Enrolment, delivery, request, and her share of everything else."""
KAFKA_BATCH_BYTES = 512 * 1024
REGISTER = b'"kh.sp.facility.registered.v1"'
SCENARIO = "births-2018"
SEED = 1


def told(events: int, waves: int = 1, seed: int = SEED) -> list[Line]:
    """About so many lines of the scenario's first `waves` waves, shuffled within each source and topic."""
    return lines(SCENARIO, max(200, round(events / EVENTS_A_MOTHER)), waves, seed)


def lines(scenario: str, size: int, waves: int = 1, seed: int = SEED) -> list[Line]:
    """Every line of a scenario's first waves once.

    The waves are loaded together, so what is decided depends on their race and is not compared.
    """
    kept = Kept()
    SCENARIOS[scenario].tell(str(size), seed, kept)
    return list(_once(kept.lines, waves))


def _once(kept: dict[Wave, list[Line]], waves: int) -> Iterator[Line]:
    seen: set[tuple[str, str]] = set()
    for wave in list(Wave)[:waves]:
        for line in kept[wave]:
            if (line.source, line.event_id) not in seen:
                seen.add((line.source, line.event_id))
                yield line


def records(events: int, waves: int, keys: Path) -> list[Outgoing]:
    """About so many batch-signed records of the scenario."""
    return signed(told(events, waves), keys)


def signed(
    told_lines: Sequence[Line], keys: Path, together: int = SIGNED_TOGETHER, change: Callable[[bytes], bytes] = bytes
) -> list[Outgoing]:
    """The lines as records, so many under one signature; one alone has a signature of its own.

    Facilities come first: their register stands long before the month that is measured. `change` alters a line's text.
    """
    by_source: dict[str, list[bytes]] = defaultdict(list)
    for line in told_lines:
        by_source[line.source].append(change(line.text))
    found: list[Outgoing] = []
    for source, texts in by_source.items():
        good, bad = read_lines(texts, source)
        if bad:
            raise ValueError(f"the scenario told a bad line: {bad[0]}")
        signer = local_signer(keys, source)
        for part in _parts(good, together):
            values = [record.value for record in part]
            signatures = signer.sign_batch(values) if together > 1 else [signer.sign_one(values[0])]
            found += [
                Outgoing(record.topic, record.key, record.value, signed_headers(signer.key_id, signature))
                for record, signature in zip(part, signatures, strict=True)
            ]
    return sorted(found, key=lambda record: REGISTER not in record.value)


def _parts(records_: Sequence[Outgoing], size: int) -> Iterator[Sequence[Outgoing]]:
    for start in range(0, len(records_), size):
        yield records_[start : start + size]


def partition(record: Outgoing) -> int:
    """Where a record goes: spread by key."""
    return zlib.crc32(record.key or b"") % TOPICS[record.topic].partitions


def load(bootstrap: str, prepared: list[Outgoing]) -> None:
    """Send everything, spread over the partitions by key, and wait until the broker has confirmed it."""
    asyncio.run(_load(bootstrap, prepared))


async def _load(bootstrap: str, prepared: list[Outgoing]) -> None:
    places: dict[tuple[str, int], list[Outgoing]] = defaultdict(list)
    for record in prepared:
        places[record.topic, partition(record)].append(record)
    producer: Any = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", compression_type="gzip", max_batch_size=KAFKA_BATCH_BYTES
    )
    await producer.start()
    try:
        await asyncio.gather(*(_fill(producer, *place, waiting) for place, waiting in places.items()))
    finally:
        await producer.stop()


async def _fill(producer: Any, topic: str, place: int, waiting: list[Outgoing]) -> None:
    batch = producer.create_batch()
    for record in waiting:
        if not _append(batch, record):
            await (await producer.send_batch(batch, topic, partition=place))
            batch = producer.create_batch()
            if not _append(batch, record):
                raise ValueError(f"a record of {len(record.value)} bytes does not fit into a batch")
    if batch.record_count():
        await (await producer.send_batch(batch, topic, partition=place))


def _append(batch: Any, record: Outgoing) -> bool:
    headers = list(record.headers or ())
    return batch.append(key=record.key, value=record.value, timestamp=None, headers=headers) is not None
