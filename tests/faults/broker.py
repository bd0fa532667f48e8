"""The broker of the simulation: a log for each partition, committed offsets, who was given which partition."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Self

from aiokafka.errors import KafkaTimeoutError

from tests.faults.connection import DIE, DIE_AFTER
from tests.faults.turns import CURRENT, Process

if TYPE_CHECKING:
    from pipeline.messages import Message
    from pipeline.transport import Record

Place = tuple[str, int]
"""A topic's name and a partition."""

TOPIC_ID = "00000000-0000-0000-0000-000000000001"
FIRST_MS = 1_740_800_000_000
"""The broker's clock at the first record: 2025-03-01."""
BROKER_DOWN, HALF_SENT = "broker-down", "half-sent"
BROKER_FAULTS = (DIE, DIE_AFTER, BROKER_DOWN, HALF_SENT)


@dataclass(slots=True)
class _Stored:
    """One record of a partition, as recording reads it."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


@dataclass
class Broker:
    """Everything the broker keeps; it never forgets and has no faults of its own but those it is told to have."""

    logs: dict[Place, list[Record]] = field(default_factory=dict)
    committed: dict[Place, int] = field(default_factory=dict)
    owners: dict[Place, str] = field(default_factory=dict)
    generation: int = 1
    delivered: list[Message] = field(default_factory=list)

    def append(self, place: Place, value: bytes | None, headers: Sequence[tuple[str, bytes | None]]) -> None:
        """Publish one record."""
        log = self.logs[place]
        now = FIRST_MS + sum(map(len, self.logs.values()))
        log.append(_Stored(len(log), now, 1, b"key", value, headers))

    def rebalance(self, owners: dict[Place, str]) -> None:
        """Give each partition to a recorder; they hear of it when they poll."""
        self.owners, self.generation = owners, self.generation + 1

    def forget(self) -> None:
        """Lose what was committed: offsets start at zero again, which the fence makes harmless by itself."""
        self.committed.clear()

    def pass_over(self) -> None:
        """Move what was committed to the end of every partition, as an operator's reset to the latest does."""
        self.committed = {place: len(log) for place, log in self.logs.items()}

    def of(self, name: str) -> list[Place]:
        """The partitions of one recorder."""
        return sorted(place for place, owner in self.owners.items() if owner == name)


class Sender:
    """Stands for pipeline.sender.BatchSender: what it sends is with the broker of the running process."""

    def __init__(self, _bootstrap: str) -> None:
        self.process = _running()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to close."""

    async def send(self, messages: Iterable[Message]) -> None:
        """Send all and wait for the acknowledgement; the faults are those between a producer and its brokers."""
        waiting = list(messages)
        fault = self.process.pause(f"send {len(waiting)} messages")
        if fault == DIE:
            self.process.die()
        if fault == BROKER_DOWN:
            raise KafkaTimeoutError
        self.process.turns.broker.delivered += waiting[: len(waiting) // 2] if fault == HALF_SENT else waiting
        if fault == HALF_SENT:
            raise KafkaTimeoutError
        if fault == DIE_AFTER or self.process.pause("acknowledged") == DIE:
            self.process.die()


def _running() -> Process:
    process = CURRENT.get()
    if process is None:
        raise LookupError("no process of the simulation is running")
    return process
