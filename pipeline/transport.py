"""Faust's Kafka transport with three changes: batches instead of records, offsets from the database, no silent skip.

A Faust agent costs 0.2 ms a message, so one message here is a whole batch of one partition. The database row
`consumer_offset` is the only authority; what is committed to Kafka is a copy for lag tools. Every overridden name
is private to Faust 0.15.3 and held by tests/unit/pipeline/test_transport_hooks.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from pipeline.errors import PipelineError, TopicChangedError
from pipeline.fetched import read_all_records

BATCH_RECORDS = 2_000
"""Records in one batch at most: one database transaction of about 0.1 s."""

LOG_APPEND_TIME = 1
"""Kafka's number for timestamps set by the broker, the only receipt time that a publisher cannot choose."""

Place = tuple[str, int]
"""A topic's name and a partition."""


class Record(Protocol):
    """The part of aiokafka's ConsumerRecord that recording reads; `timestamp` is the broker's, in milliseconds."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one partition. Every record of [start, end) is in it; offsets missing inside hold no record."""

    topic: str
    partition: int
    start: int
    end: int
    records: Sequence[Record]


class Offsets(Protocol):
    """Where the stored offsets come from."""

    def load(self, places: Sequence[Place]) -> dict[Place, int]:
        """The next offset of each place; makes the rows that are missing; refuses a topic that is another one."""
        ...


class LedgerConsumer(driver.Consumer):  # type: ignore[misc]  # Faust's driver publishes no usable types
    """Yields batches, starts where the database says, and never passes over an offset unseen."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        read_all_records()
        self.recorded: dict[TP, int] = {}
        """What the database holds: the agent writes it after COMMIT, the commit timer reads it."""
        self._heads: dict[TP, int] = {}
        self._gaps: dict[TP, tuple[int, int]] = {}
        self._told: dict[TP, int] = {}

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek every assigned partition to the database's offset, and refuse a topic that cannot be continued."""
        told = await super().seek_to_committed()
        places = {TP(*tp) for tp in self.assignment()}
        try:
            stored = await asyncio.to_thread(self.transport.offsets.load, [(tp.topic, tp.partition) for tp in places])
            starts = {tp: stored[tp.topic, tp.partition] for tp in places}
            await self._check_bounds(starts)
        except PipelineError as error:
            self.transport.on_fatal(error)
            raise
        if starts:
            await self.seek_wait(starts)
        self._told = {TP(*tp): offset for tp, offset in told.items() if offset}
        self._heads = dict(starts)
        self._gaps.clear()
        self.recorded = dict(starts)
        self.transport.on_progress()
        return starts

    async def _check_bounds(self, starts: Mapping[TP, int]) -> None:
        if not starts:
            return
        await self._check_begins(starts)
        last = {TP(*tp): offset for tp, offset in (await self.highwaters(*starts)).items()}
        for tp, start in starts.items():
            if start > last[tp]:
                raise TopicChangedError(
                    f"{tp.topic} partition {tp.partition} ends at offset {last[tp]}, but the ledger has recorded it up "
                    f"to {start}: the topic was truncated or made anew, or these are not the brokers this ledger was "
                    "filled from. Point SPP_KAFKA_BOOTSTRAP to the right brokers, or restore the topic."
                )

    async def _check_begins(self, starts: Mapping[TP, int]) -> None:
        first = {TP(*tp): offset for tp, offset in (await self.earliest_offsets(*starts)).items()}
        for tp, start in starts.items():
            if start < first[tp]:
                raise TopicChangedError(
                    f"{tp.topic} partition {tp.partition} begins at offset {first[tp]}, but the ledger has recorded it "
                    f"only up to {start}: records in between expired unrecorded. Restore them from a replica; "
                    "recording on would lose them."
                )

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Any]]:  # noqa: ASYNC109 - Faust's signature
        """Yield one message for each run of records. Nothing is filtered, so no record can be lost here."""
        fetched, _active = await self._wait_next_records(timeout)
        if fetched is None or self.should_stop:
            return
        if not self.flow_active:
            await self.perform_seek()
            return
        generation = self.app.consumer_generation_id
        if not fetched:
            self.transport.on_progress()
            async for tp, end in self._empty_ends():
                yield tp, _message(tp, end, generation)
        for tp, records in in_order_received(fetched):
            if not self.flow_active or self.app.consumer_generation_id != generation:
                return
            try:
                batch = await self._next_batch(tp, records)
            except PipelineError as error:
                self.transport.on_fatal(error)
                raise
            if batch is not None:
                yield tp, _message(tp, batch, generation)

    async def _next_batch(self, tp: TP, records: Sequence[Record]) -> Batch | None:
        """The batch that continues where the last one of this partition ended; None when there is nothing new."""
        head = self._heads.get(tp)
        if head is None:
            return None  # fetched before the seek of this assignment, which will fetch it again
        if records[0].timestamp_type != LOG_APPEND_TIME:
            raise TopicChangedError(
                f"topic {tp.topic} carries its publishers' times: set message.timestamp.type=LogAppendTime on it, "
                "because validity is judged at the broker's receipt time"
            )
        if records[0].offset > head and not await self._is_real_gap(tp, head, records[0].offset):
            return None
        if records[0].offset < head:
            records = [record for record in records if record.offset >= head]
            if not records:
                return None
        end = records[-1].offset + 1
        self._heads[tp] = end
        return Batch(tp.topic, tp.partition, head, end, records)

    async def _empty_ends(self) -> AsyncIterator[tuple[TP, Batch]]:
        """Ends of partitions that hold no record, such as the marker of a transaction: they count as recorded too."""
        for tp, head in list(self._heads.items()):
            if (self.highwater(tp) or 0) <= head:
                continue
            end = await self.position(tp)
            if end is not None and end > head == self._heads.get(tp) and await self._is_real_gap(tp, head, end):
                self._heads[tp] = end
                yield tp, Batch(tp.topic, tp.partition, head, end, ())

    async def _is_real_gap(self, tp: TP, head: int, found: int) -> bool:
        """True when fetching again from `head` finds the same gap: then these offsets hold no record.

        A rebalance in the middle of a fetch also makes a gap, by moving the position; that one must not pass.
        """
        if self._gaps.pop(tp, None) == (head, found):
            await self._check_begins({tp: head})
            return True
        self._gaps[tp] = (head, found)
        await self.seek_wait({tp: head})
        return False

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Faust's own gap bookkeeping is not used: batches chain."""

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:  # noqa: ARG002 - Faust's signature
        return iter(list(self.recorded))

    def _filter_committable_offsets(self, tps: Any) -> dict[TP, int]:
        assigned = {TP(*tp) for tp in self.assignment()}
        known = {tp: self.recorded.get(tp) for tp in tps if tp in assigned}
        return {tp: offset for tp, offset in known.items() if offset and offset != self._told.get(tp)}

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:  # noqa: FBT001, FBT002 - Faust's signature
        done = bool(await super()._commit_offsets(offsets, start_new_transaction=start_new_transaction))
        if done:
            self._told.update(offsets)
        return done


def in_order_received(fetched: Mapping[Any, Sequence[Record]]) -> list[tuple[TP, Sequence[Record]]]:
    """What was fetched, in runs of at most a batch, in the order in which the brokers received it.

    A backlog is fetched by the megabyte, one topic whole before the next: requests would be decided before their
    evidence, and again after it. The order within a partition stands, also where a broker's clock was set back.
    """
    runs: list[tuple[int, TP, Sequence[Record]]] = []
    for key, records in fetched.items():
        latest = 0
        for at in range(0, len(records), BATCH_RECORDS):
            latest = max(latest, records[at].timestamp)
            runs.append((latest, TP(*key), records[at : at + BATCH_RECORDS]))
    return [(tp, records) for _, tp, records in sorted(runs, key=lambda run: run[0])]


def _message(tp: TP, batch: Batch, generation: int) -> Any:
    received = batch.records[-1].timestamp / 1000.0 if batch.records else None
    return ConsumerMessage(
        tp.topic,
        tp.partition,
        batch.end - 1,
        received,
        LOG_APPEND_TIME,
        None,
        None,
        batch,
        None,
        0,
        0,
        tp,
        generation_id=generation,
    )


class LedgerTransport(driver.Transport):  # type: ignore[misc]  # Faust's driver publishes no usable types
    """Gives its consumer the stored offsets, and ways to say that it is at work and why the process must end."""

    Consumer = LedgerConsumer

    def __init__(
        self,
        *args: Any,
        offsets: Offsets,
        on_fatal: Callable[[BaseException], None],
        on_progress: Callable[[], None],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.offsets = offsets
        self.on_fatal = on_fatal
        self.on_progress = on_progress
