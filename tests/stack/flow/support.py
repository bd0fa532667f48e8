"""Signed events into Kafka, and real worker processes to kill."""

import asyncio
import datetime as dt
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from kafka import KafkaConsumer, TopicPartition

from events.enrolment import PersonEnrolled
from events.envelope import Event, encode
from events.local_keys import local_signer
from events.money import Money
from events.payment import For, Payee, PaymentRequested
from events.topics import HEADER_KEY_ID, HEADER_SIGNATURE
from events.verification import ConditionVerified

Headers = Sequence[tuple[str, bytes]]
Raw = tuple[str, int, bytes | None, Headers]
"""topic, partition, value, headers"""

TIME_US = 1_700_000_000_000_000
SIGN = 500


def evidence(number: int, source: str = "nssf") -> Event:
    """A harmless fact about a person of its own."""
    data = ConditionVerified(f"{number % 10**10:010d}", "delivery", "met", month="2018-03")
    return Event(source, f"e{number}", "condition.verified", TIME_US + number, data)


def signed(keys: Path, source: str, values: Sequence[bytes]) -> list[Headers]:
    """The headers of values published together."""
    signer = local_signer(keys, source)
    headers: list[Headers] = []
    for at in range(0, len(values), SIGN):
        for signature in signer.sign_batch(values[at : at + SIGN]):
            headers.append([(HEADER_SIGNATURE, signature), (HEADER_KEY_ID, signer.key_id.encode())])  # noqa: PERF401
    return headers


def records(keys: Path, events: Sequence[Event], topic: str = "sp.verification.v1") -> list[Raw]:
    """Events as records spread over the four partitions."""
    values = [encode(event) for event in events]
    headers = signed(keys, events[0].source, values)
    return [(topic, at % 4, value, header) for at, (value, header) in enumerate(zip(values, headers, strict=True))]


def publish(bootstrap: str, raws: Iterable[Raw]) -> None:
    """Send records as they are and wait for every acknowledgement."""
    asyncio.run(_publish(bootstrap, list(raws)))


async def _publish(bootstrap: str, raws: list[Raw]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", max_batch_size=200_000) as producer:
        sent = []
        for topic, partition, value, headers in raws:
            sent.append(await producer.send(topic, value, key=b"k", partition=partition, headers=list(headers)))
        await asyncio.gather(*sent)


@dataclass
class Workers:
    """Real processes of `spp worker`."""

    environment: dict[str, str]
    directory: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, roles: str) -> subprocess.Popen[bytes]:
        """One more worker; its log is in the test's directory."""
        log = (self.directory / f"worker-{len(self.running)}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.cli.main", "worker", "--roles", roles],
            env=self.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=Path(__file__).resolve().parents[3],
        )
        self.running.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """As power loss would."""
        process.kill()
        process.wait()

    def stop(self, process: subprocess.Popen[bytes]) -> int:
        """As an orderly shutdown would; the exit code."""
        process.send_signal(signal.SIGTERM)
        return process.wait(40)

    def logs(self) -> str:
        """Everything they said, for a failing test."""
        return "\n".join(path.read_text()[-4000:] for path in sorted(self.directory.glob("worker-*.log")))


def wait_until(condition: Callable[[], bool], workers: Workers | None = None, timeout_seconds: float = 90) -> None:
    """Wait for a condition; fails with the workers' logs."""
    deadline = time.monotonic() + timeout_seconds
    pause = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail("the condition did not come true\n" + (workers.logs() if workers else ""))
        pause.wait(0.05)


def recorded_sum(query: Callable[..., list[tuple[Any, ...]]]) -> tuple[int, int, int]:
    """(accepted, replayed, quarantined) over all partitions."""
    row = query("select coalesce(sum(accepted), 0), coalesce(sum(replayed), 0), coalesce(sum(quarantined), 0)"
                " from consumer_offset")[0]  # fmt: skip
    return int(row[0]), int(row[1]), int(row[2])


def request(number: int, source: str = "nssf") -> Event:
    """A request that pends, since nobody told of the person's enrolment."""
    payee = Payee("wallet", "wing", f"a{number}", "self")
    data = PaymentRequested(
        f"r{number}",
        "b1",
        "nssf.maternal.delivery",
        For(on=dt.date(2018, 3, 1)),
        payee,
        sp_id=f"{number:010d}",
        amount=Money("400000", "KHR"),
    )
    return Event(source, f"r{number}", "payment.requested", TIME_US + number, data)


def enrolment(number: int) -> Event:
    """What such a request waited for, so that it is decided again."""
    data = PersonEnrolled(f"{number:010d}", "nssf.worker", f"n{number}", "1990-01-01", "F", dt.date(2015, 1, 1), None)
    return Event("nssf", f"n{number}", "person.enrolled", TIME_US + number, data)


def read_topic(bootstrap: str, topic: str) -> list[tuple[bytes, bytes]]:
    """Everything on a topic by now, as (key, value), each partition in its order."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")
    try:
        places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        found: list[tuple[bytes, bytes]] = []
        while any(consumer.position(place) < ends[place] for place in places):
            for batch in consumer.poll(500).values():
                found += [(record.key, record.value) for record in batch]
        return found
    finally:
        consumer.close()
