"""The open loop: a publisher that keeps its schedule, and an onlooker that notes when each block was seen committed."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaProducer

from events.outgoing import Outgoing
from infra.bench import prepare
from infra.bench.pace import Schedule
from ledger.store import connect

LOOK_SECONDS = 0.004
"""How often the onlooker asks; a latency is too long by at most this and one answer."""


class BlocksSeen:
    """Asks all the while for the last committed block; `at` tells when each was seen first, by the monotonic clock."""

    def __init__(self, url: str) -> None:
        self.at: dict[int, float] = {}
        self._url, self._stop = url, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        last = 0
        with connect(self._url, "reader") as conn:
            conn.autocommit = True
            stopped = False
            while not stopped:
                stopped = self._stop.wait(LOOK_SECONDS)  # and then looks once more
                row = conn.execute("select coalesce(max(block_no), 0) from block", prepare=True).fetchone()
                now = time.monotonic()
                newest = last if row is None else int(row[0])
                self.at.update((number, now) for number in range(last + 1, newest + 1))
                last = newest


def publish(bootstrap: str, records: Sequence[Outgoing], schedule: Schedule) -> tuple[float, list[float]]:
    """Send each record when it is due; returns when the schedule began and how late each was handed over, in seconds.

    Nothing waits for an answer: what the broker does not take stays due.
    """
    return asyncio.run(_publish(bootstrap, records, schedule))


async def _publish(bootstrap: str, records: Sequence[Outgoing], schedule: Schedule) -> tuple[float, list[float]]:
    producer: Any = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=2)
    await producer.start()
    late: list[float] = []
    confirmed: list[Any] = []
    try:
        for topic in {record.topic for record in records}:
            await producer.partitions_for(topic)
        began = time.monotonic()
        while len(late) < schedule.count:
            for index in range(len(late), schedule.due(time.monotonic() - began)):
                record = records[index]
                late.append(time.monotonic() - began - schedule.due_at(index))
                confirmed.append(
                    await producer.send(
                        record.topic,
                        record.value,
                        key=record.key,
                        partition=prepare.partition(record),
                        headers=list(record.headers or ()),
                    )
                )
            if len(late) < schedule.count:
                await asyncio.sleep(max(0.0, schedule.due_at(len(late)) - (time.monotonic() - began)))
        await asyncio.gather(*confirmed)
    finally:
        await producer.stop()
    return began, late
