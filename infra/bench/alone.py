"""Each part by itself, on one load without Kafka in between: decode, verify, record, decide, write, relay."""

from __future__ import annotations

import asyncio
import cProfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.bench import copying, deciding, prepare, recording
from infra.bench.path import Written, written
from infra.bench.world import World
from ledger.store import connect
from pipeline.metrics import Metrics
from pipeline.relay import Relay
from pipeline.sender import BatchSender
from pipeline.settings import Settings


@dataclass
class Alone:
    """Seconds of each part for `events` events; `contents` are all rows they wrote, those taken away since included."""

    events: int
    seconds: dict[str, float]
    written: Written
    contents: list[copying.Content] = field(default_factory=list)
    copy_seconds: float = 0.0
    messages: int = 0


def measure(world: World) -> Alone:
    """Measured once, however many rows ask."""
    return world.once("alone", lambda: _measure(world))


def _measure(world: World) -> Alone:
    with world.steps.step(f"Preparing about {world.sizes.alone:,} signed events"):
        prepared = prepare.records(world.sizes.alone, 1, world.keys)
    with world.ledger() as settings, world.steps.step(f"Each part alone, {len(prepared):,} events"):
        seconds = recording.decode_and_verify(settings, prepared)
        seconds |= recording.record(settings, prepared).seconds
        marks = _content(settings, "mark")
        decided = deciding.decide(settings, stages=True)
        seconds |= decided.stages
        outbox = _content(settings, "outbox")
        world.empty_topics()
        began = time.perf_counter()
        messages = asyncio.run(_relay(settings))
        seconds["relay"] = time.perf_counter() - began
        done = Alone(len(prepared), seconds, written(settings), messages=messages)
        with connect(settings.ledger, "owner") as conn:
            done.contents = [marks, outbox, *copying.everything(conn, ("mark", "outbox", "consumer_offset"))]
        done.copy_seconds = copying.copy_seconds(settings.ledger, done.contents)
    return done


def profiles(world: World) -> dict[str, list[tuple[str, int, float]]]:
    """The functions of recording and deciding that take most by themselves, under cProfile, on a smaller load."""
    prepared = prepare.records(max(1_000, world.sizes.alone // 5), 1, world.keys)
    with world.ledger() as settings, world.steps.step(f"Profiling {len(prepared):,} events"):
        profiler = cProfile.Profile()
        recording.record(settings, prepared, profiler=profiler)
        decided = deciding.decide(settings, profile=True)
    return {"record": deciding.top(profiler), "decide": decided.top}


def _content(settings: Settings, table: str) -> copying.Content:
    with connect(settings.ledger, "owner") as conn:
        return copying.content(conn, table)


async def _relay(settings: Settings) -> int:
    """Relay the whole outbox; returns how many messages were acknowledged."""
    sender = _Counting(settings.bootstrap)
    with connect(settings.ledger, "writer") as conn:
        async with sender:
            relay = Relay(settings, Metrics())
            while await relay.step(conn, sender):
                pass
    return sender.messages


class _Counting(BatchSender):
    messages = 0

    async def send(self, messages: Any) -> None:
        told: Sequence[Any] = list(messages)
        self.messages += len(told)
        await super().send(told)
