"""RELAY: sends what the outbox names, in its order, and takes out only what the brokers have acknowledged.

A crash between sending and taking out sends again, with the same event ids and bytes; readers pass over versions
they have seen. One leader by advisory lock, on the connection that reads and deletes the outbox.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from threading import Event, Thread
from time import perf_counter, time
from typing import TYPE_CHECKING

from ledger.model.kinds import OutboxKind
from ledger.store import connect
from ledger.store.outbox import OutboxItem, delete, peek, read_block, read_quarantine, read_submission
from pipeline.backlog import Sampler
from pipeline.errors import classify, retry_transient
from pipeline.leadership import Leadership, lead
from pipeline.logging import get_logger
from pipeline.messages import Message, block_messages, quarantine_message, submission_messages
from pipeline.sender import BatchSender
from pipeline.summing import sum_until

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection
    from pipeline.metrics import Metrics
    from pipeline.settings import Settings

ROLE = "relay"
ITEMS = 200
MESSAGES_AT_ONCE = 5_000
BYTES_AT_ONCE = 16 * 1024 * 1024
IDLE_SECONDS = 0.05

_log = get_logger(ROLE)


class Relay:
    """Relays the outbox until told to stop; also samples the backlog for metrics and sums spans of blocks."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics

    def run(self, stop: Event) -> None:
        """Lead or stand by until `stop`. After a fault that passes by itself, leadership is asked for again."""
        sampler = Sampler(lambda: connect(self._settings.ledger, "reader"), self._settings.bootstrap, self._metrics)
        Thread(target=sampler.run, args=(stop,), name="sampler", daemon=True).start()
        summing = (stop, lambda: connect(self._settings.ledger, "writer"))
        Thread(target=sum_until, args=summing, name="summing", daemon=True).start()
        retry_transient(lambda: asyncio.run(self._serve(stop)), stop, self._report)

    def _report(self, error: BaseException, attempt: int) -> None:
        fault = classify(error)
        self._metrics.retries.labels(role=ROLE, fault=fault.value).inc()
        _log.warning("relay_retry", attempt=attempt, fault=fault.value, exc_info=error)

    async def _serve(self, stop: Event) -> None:
        self._metrics.leader.labels(role=ROLE).set(0)
        with await asyncio.to_thread(connect, self._settings.ledger, "writer") as connection:
            if not await asyncio.to_thread(lead, connection, Leadership.RELAY, stop):
                return
            self._metrics.leader.labels(role=ROLE).set(1)
            _log.info("leading")
            async with BatchSender(self._settings.bootstrap) as sender:
                while not stop.is_set():
                    if not await self.step(connection, sender):
                        await asyncio.to_thread(stop.wait, IDLE_SECONDS)
                    self._metrics.progress.labels(role=ROLE).set(time())
        self._metrics.leader.labels(role=ROLE).set(0)

    async def step(self, connection: LedgerConnection, sender: BatchSender) -> int:
        """Relay the next rows of the outbox; returns how many."""
        done = 0
        items = await asyncio.to_thread(peek, connection, ITEMS)
        while done < len(items):
            began = perf_counter()
            taken, messages = await asyncio.to_thread(self._read, connection, items[done:])
            read = perf_counter()
            await sender.send(messages)
            sent = perf_counter()
            await asyncio.to_thread(delete, connection, taken)
            done += len(taken)
            seconds = self._metrics.relay_seconds
            seconds.labels(phase="read").observe(read - began)
            seconds.labels(phase="send").observe(sent - read)
            seconds.labels(phase="delete").observe(perf_counter() - sent)
            for topic, count in Counter(message.topic.name for message in messages).items():
                self._metrics.relayed.labels(topic=topic).inc(count)
        return done

    def _read(self, connection: LedgerConnection, items: Sequence[OutboxItem]) -> tuple[list[int], list[Message]]:
        """The messages of the first items, as many as fit into one go."""
        taken: list[int] = []
        messages: list[Message] = []
        size = 0
        for item in items:
            fresh = list(_messages(connection, item))
            taken.append(item.outbox_id)
            messages += fresh
            size += sum(len(message.value) for message in fresh)
            if len(messages) >= MESSAGES_AT_ONCE or size >= BYTES_AT_ONCE:
                break
        return taken, messages


def _messages(connection: LedgerConnection, item: OutboxItem) -> list[Message]:
    if item.kind is OutboxKind.BLOCK:
        return list(block_messages(read_block(connection, item.ref)))
    if item.kind is OutboxKind.QUARANTINE:
        return [quarantine_message(read_quarantine(connection, item.ref))]
    submission = read_submission(connection, item.ref)
    recorded_us = read_block(connection, submission.block_no).header.recorded_us
    return list(submission_messages(submission, recorded_us))
