"""Every private name of Faust and aiokafka that we rely on is where it was; an upgrade that moves one fails here."""

import inspect
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import aiokafka
import faust
import pytest
from aiokafka.consumer import fetcher
from aiokafka.producer.message_accumulator import BatchBuilder, MessageAccumulator
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy
from faust.serializers.schemas import Schema
from faust.transport.consumer import Consumer as BaseConsumer
from faust.transport.drivers import aiokafka as driver
from faust.worker import Worker

from pipeline.app import RecordingApp
from pipeline.recording import RecordingWorker
from pipeline.sender import partition_of
from pipeline.transport import LedgerConsumer, LedgerTransport

OVERRIDDEN: list[tuple[type, type, str]] = [
    (LedgerConsumer, BaseConsumer, "getmany"),
    (LedgerConsumer, driver.Consumer, "seek_to_committed"),
    (LedgerConsumer, BaseConsumer, "_add_gap"),
    (LedgerConsumer, BaseConsumer, "_filter_tps_with_pending_acks"),
    (LedgerConsumer, BaseConsumer, "_filter_committable_offsets"),
    (LedgerConsumer, BaseConsumer, "_commit_offsets"),
    (RecordingApp, faust.App, "_create_directories"),
    (RecordingWorker, Worker, "_on_sigterm"),
    (RecordingWorker, Worker, "_on_sigint"),
]
CALLED: list[tuple[type, str]] = [
    (BaseConsumer, "_wait_next_records"),
    (BaseConsumer, "perform_seek"),
    (driver.Consumer, "seek_wait"),
    (driver.Consumer, "assignment"),
    (driver.Consumer, "earliest_offsets"),
    (driver.Consumer, "highwaters"),
    (driver.Consumer, "highwater"),
    (driver.Consumer, "position"),
    (_DefaultRecordBatchPy, "_maybe_uncompress"),
    (_MemoryRecordsPy, "next_batch"),
    (Schema, "compile"),
    (BatchBuilder, "append"),
    (BatchBuilder, "close"),
    (BatchBuilder, "_set_producer_state"),
    (MessageAccumulator, "add_batch"),
    (aiokafka.AIOKafkaProducer, "send_batch"),
    (aiokafka.AIOKafkaProducer, "create_batch"),
    (aiokafka.AIOKafkaProducer, "partitions_for"),
]


@pytest.mark.parametrize(("ours", "theirs", "name"), OVERRIDDEN)
def test_what_we_override_exists_with_the_same_parameters(ours: type, theirs: type, name: str) -> None:
    assert name in vars(ours)
    assert _parameters(getattr(ours, name)) == _parameters(getattr(theirs, name))


@pytest.mark.parametrize(("theirs", "name"), CALLED)
def test_what_we_call_exists(theirs: type, name: str) -> None:
    assert callable(getattr(theirs, name))


def test_the_versions_are_those_the_hooks_were_read_in() -> None:
    assert version("faust-streaming") == "0.15.3"
    assert version("mode-streaming") == "0.7.1"
    assert version("aiokafka") == "0.14.0"


def test_faust_consults_the_hooks_where_we_think_it_does() -> None:
    source = inspect.getsource(BaseConsumer)
    assert "self._filter_committable_offsets(tps)" in source
    assert "self._filter_tps_with_pending_acks(topics)" in source
    assert "await self.seek_to_committed()" in inspect.getsource(BaseConsumer.perform_seek)
    assert "getmany = self.getmany" in inspect.getsource(BaseConsumer._drain_messages)
    assert LedgerTransport.Consumer is LedgerConsumer
    assert "records = MemoryRecords(" in inspect.getsource(fetcher)
    assert "_next_slice" in inspect.getsource(_MemoryRecordsPy.next_batch)
    assert ".decode(" in inspect.getsource(_DefaultRecordBatchPy._read_msg)


def test_batches_of_an_idempotent_producer_get_their_sequence_numbers() -> None:
    source = inspect.getsource(MessageAccumulator._pop_batch)
    assert "set_producer_state" in source
    assert "sequence_number" in source


@pytest.mark.parametrize("length", range(70))
def test_keys_go_where_kafka_clients_would_send_them(length: int) -> None:
    from aiokafka.partitioner import murmur2

    key = bytes((index * 37 + length) % 256 for index in range(length))
    assert partition_of(key, 7) == (murmur2(key) & 0x7FFFFFFF) % 7


def _parameters(function: Callable[..., Any]) -> list[str]:
    return list(inspect.signature(function).parameters)
