"""Batches chain: nothing is passed over, nothing is recorded twice, whoever else moved the offset."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import pytest
from faust.types import TP

from ledger.store.records import Admitted, Fenced, Recorded, Refused
from pipeline import record as module
from pipeline.admission import Admission
from pipeline.errors import HoleError, TopicChangedError
from pipeline.health import Limits, SourceHealth
from pipeline.metrics import Metrics
from pipeline.record import BatchRecorder
from pipeline.transport import BATCH_RECORDS, LOG_APPEND_TIME, Batch, LedgerConsumer, in_order_received
from tests.unit.pipeline.stopping import Stop

PLACE = TP("sp.payment.v1", 0)


@dataclass
class Record:
    offset: int
    timestamp: int = 1_600_000_000_000
    timestamp_type: int = LOG_APPEND_TIME
    key: bytes | None = None
    value: bytes | None = b"not json"
    headers: Sequence[tuple[str, bytes | None]] = ()


def run_of(first: int, end: int) -> list[Record]:
    return [Record(offset) for offset in range(first, end)]


class Consumer(LedgerConsumer):
    """The batching of the consumer, without a broker."""

    def __init__(self, heads: dict[TP, int]) -> None:
        self._heads = heads
        self._gaps = {}
        self.sought: list[int] = []
        self.begins = 0
        self.ends = 0

    async def seek_wait(self, partitions: dict[TP, int]) -> None:
        self.sought += partitions.values()

    async def earliest_offsets(self, *partitions: TP) -> dict[TP, int]:
        return dict.fromkeys(partitions, self.begins)

    def highwater(self, tp: TP) -> int:  # noqa: ARG002 - Faust's signature
        return self.ends

    async def position(self, tp: TP) -> int:  # noqa: ARG002 - Faust's signature
        return self.ends

    def empty(self) -> list[Batch]:
        async def all_ends() -> list[Batch]:
            return [batch async for _, batch in self._empty_ends()]

        return asyncio.run(all_ends())

    def next(self, records: list[Record]) -> Batch | None:
        return asyncio.run(self._next_batch(PLACE, records))


def test_a_batch_begins_where_the_last_one_ended() -> None:
    consumer = Consumer({PLACE: 10})
    for first, end in ((10, 15), (15, 16)):
        batch = consumer.next(run_of(first, end))
        assert batch is not None
        assert (batch.start, batch.end, len(batch.records)) == (first, end, end - first)


def test_a_backlog_is_recorded_in_the_order_in_which_it_was_received() -> None:
    asked, told = TP("sp.payment.v1", 1), TP("sp.verification.v1", 1)
    fetched = {
        asked: [Record(offset, timestamp=100 + offset) for offset in range(2 * BATCH_RECORDS)],
        told: [Record(offset, timestamp=50 + offset) for offset in range(2 * BATCH_RECORDS + 1)],
    }
    runs = [(tp, records[0].offset, len(records)) for tp, records in in_order_received(fetched)]
    full = BATCH_RECORDS
    assert runs == [(told, 0, full), (asked, 0, full), (told, full, full), (asked, full, full), (told, 2 * full, 1)]


def test_a_clock_of_the_broker_set_back_changes_no_order_within_a_partition() -> None:
    back = [Record(offset, timestamp=9_000_000 - offset) for offset in range(2 * BATCH_RECORDS)]
    runs = in_order_received({PLACE: back, TP("sp.payment.v1", 1): [Record(0, timestamp=8_999_000)]})
    assert [(tp.partition, records[0].offset) for tp, records in runs] == [(1, 0), (0, 0), (0, BATCH_RECORDS)]


def test_what_was_fetched_before_the_seek_is_left_to_the_next_fetch() -> None:
    assert Consumer({}).next(run_of(0, 5)) is None


def test_records_seen_before_are_left_out() -> None:
    consumer = Consumer({PLACE: 12})
    assert consumer.next(run_of(5, 12)) is None
    batch = consumer.next(run_of(5, 15))
    assert batch is not None
    assert (batch.start, batch.end, [record.offset for record in batch.records]) == (12, 15, [12, 13, 14])


def test_a_gap_is_fetched_again_before_it_is_believed() -> None:
    consumer = Consumer({PLACE: 10})
    assert consumer.next(run_of(13, 15)) is None
    assert consumer.sought == [10]
    batch = consumer.next(run_of(10, 15))
    assert batch is not None
    assert (batch.start, len(batch.records)) == (10, 5)


def test_a_gap_that_is_there_twice_holds_no_records() -> None:
    consumer = Consumer({PLACE: 10})
    assert consumer.next(run_of(13, 15)) is None
    batch = consumer.next(run_of(13, 15))
    assert batch is not None
    assert (batch.start, batch.end, len(batch.records)) == (10, 15, 2)
    assert consumer.next(run_of(17, 18)) is None, "a new gap is looked at anew"


def test_an_end_without_records_is_recorded_when_it_is_there_twice() -> None:
    consumer = Consumer({PLACE: 10})
    assert consumer.empty() == []
    consumer.ends = 12
    assert consumer.empty() == []
    assert consumer.sought == [10]
    (batch,) = consumer.empty()
    assert (batch.start, batch.end, len(batch.records)) == (10, 12, 0)
    assert consumer.empty() == []


def test_a_gap_because_records_expired_is_refused() -> None:
    consumer = Consumer({PLACE: 10})
    consumer.begins = 13
    assert consumer.next(run_of(13, 15)) is None
    with pytest.raises(TopicChangedError, match="expired unrecorded"):
        consumer.next(run_of(13, 15))


def test_a_topic_with_publishers_times_is_refused() -> None:
    consumer = Consumer({PLACE: 0})
    with pytest.raises(TopicChangedError, match="LogAppendTime"):
        consumer.next([Record(0, timestamp_type=0)])


class Store:
    """The database of one partition."""

    def __init__(self, stands_at: int) -> None:
        self.stands_at = stands_at
        self.written: list[tuple[int, int, int]] = []

    def record_batch(
        self, _connection: object, topic_no: int, partition: int, start: int, end: int,
        admitted: Sequence[Admitted], refused: Sequence[Refused],
    ) -> Recorded:  # fmt: skip
        if start != self.stands_at:
            raise Fenced(topic_no, partition, start)
        self.stands_at = end
        self.written.append((start, end, len(admitted) + len(refused)))
        return Recorded(len(admitted), 0, len(refused), 0)

    def load_offsets(self, _connection: object, _topics: object) -> dict[tuple[int, int], int]:
        return {(3, 0): self.stands_at}


def recorder(monkeypatch: pytest.MonkeyPatch, store: Store) -> BatchRecorder:
    monkeypatch.setattr(module, "record_batch", store.record_batch)
    monkeypatch.setattr(module, "load_offsets", store.load_offsets)
    monkeypatch.setattr(module, "limit_waiting", lambda _connection: None)
    monkeypatch.setattr("pipeline.health.muted_sources", lambda _connection: {})
    metrics = Metrics()
    nothing = cast("Any", None)
    gate = Admission(nothing, nothing)
    return BatchRecorder(lambda: nothing, gate, SourceHealth(metrics, Limits()), metrics, Stop())


def batch(start: int, end: int) -> Batch:
    return Batch("sp.payment.v1", 0, start, end, run_of(start, end))


def test_each_batch_is_judged_by_what_is_in_force_when_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    store, asked = Store(0), list[int]()
    made = recorder(monkeypatch, store)
    monkeypatch.setattr(made, "_before_batch", lambda _connection: asked.append(len(store.written)))
    made.record(batch(0, 10))
    made.record(batch(10, 20))
    assert asked == [0, 1], "asked before each batch is judged and written"


def test_a_batch_is_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(0)
    assert recorder(monkeypatch, store).record(batch(0, 10)) == 10
    assert store.written == [(0, 10, 10)]


@pytest.mark.parametrize(("stands_at", "written"), [(4, [(4, 10, 6)]), (10, []), (25, [])])
def test_what_another_worker_recorded_is_not_written_again(
    monkeypatch: pytest.MonkeyPatch, stands_at: int, written: list[tuple[int, int, int]]
) -> None:
    store = Store(stands_at)
    assert recorder(monkeypatch, store).record(batch(0, 10)) == max(10, stands_at)
    assert store.written == written


def test_a_hole_before_a_batch_is_never_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(3)
    with pytest.raises(HoleError, match="starts at 5"):
        recorder(monkeypatch, store).record(batch(5, 10))
    assert store.written == []
