"""What publishers with other clients and habits leave on the brokers: all of it is read, nothing of it stops us."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from kafka import KafkaProducer

from events.envelope import encode
from tests.stack.flow.support import Workers, evidence, publish, recorded_sum, records, signed, wait_until

Query = Callable[..., list[tuple[Any, ...]]]
TOPIC = "sp.verification.v1"


class NoText(str):
    """The name of a header as a client that does not check it would send it."""

    __slots__ = ()

    def encode(self, *_arguments: object) -> bytes:
        return b"\xff\xfename"


def test_a_header_whose_name_is_no_text_stops_nobody(kafka: str, keys: Path, workers: Workers, query: Query) -> None:
    value = encode(evidence(1))
    producer = KafkaProducer(bootstrap_servers=kafka, linger_ms=200)
    for number, header in enumerate(signed(keys, "nssf", [encode(evidence(number)) for number in range(3)])):
        headers = [*header, (NoText("x"), b"1")] if number == 1 else list(header)
        producer.send(TOPIC, encode(evidence(number)), key=b"k", headers=headers, partition=0)
    producer.send(TOPIC, value, key=b"k", headers=[(NoText("x"), b"1")], partition=0)
    producer.close()
    publish(kafka, records(keys, [evidence(number) for number in range(10, 14)]))
    workers.start("record")
    wait_until(lambda: sum(recorded_sum(query)) == 8, workers)
    assert recorded_sum(query) == (7, 0, 1)
    assert b"\\xff\\xfename" in query("select headers from quarantine")[0][0]
    assert workers.running[0].poll() is None, workers.logs()


@pytest.mark.parametrize("compression", ["gzip", "snappy", "lz4", "zstd"])
def test_every_compression_of_kafka_is_read(
    kafka: str, keys: Path, workers: Workers, query: Query, compression: str
) -> None:
    async def send() -> None:
        async with AIOKafkaProducer(bootstrap_servers=kafka, compression_type=compression, linger_ms=50) as producer:
            for topic, partition, value, headers in records(keys, [evidence(number) for number in range(40)]):
                await producer.send(topic, value, key=b"k", partition=partition, headers=list(headers))

    asyncio.run(send())
    workers.start("record")
    wait_until(lambda: recorded_sum(query) == (40, 0, 0), workers)


def test_a_transaction_leaves_nothing_unread(kafka: str, keys: Path, workers: Workers, query: Query) -> None:
    """Its marker is an offset without a record; the lag has to come to nothing all the same."""

    async def send() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=kafka, transactional_id="operator")
        async with producer, producer.transaction():
            for topic, partition, value, headers in records(keys, [evidence(number) for number in range(8)]):
                await producer.send(topic, value, key=b"k", partition=partition, headers=list(headers))

    asyncio.run(send())
    workers.start("record")
    wait_until(lambda: query("select sum(next_offset), sum(skipped) from consumer_offset") == [(12, 4)], workers)
    publish(kafka, records(keys, [evidence(number) for number in range(8, 16)]))
    wait_until(lambda: recorded_sum(query) == (16, 0, 0), workers)
    assert query("select sum(next_offset), sum(skipped) from consumer_offset") == [(20, 4)]
