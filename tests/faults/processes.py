"""What the processes of the simulation run: production's record, decide and relay, put together as a worker does.

Faust is the one part left out: `record` polls, seeks and commits as pipeline.transport does.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import psycopg
import structlog

from events.signing import Verifier
from ledger.store import connect as ledger_connect
from ledger.store import takeover
from pipeline import active_policy, leadership, offsets, relay
from pipeline.active_policy import FollowedCodes
from pipeline.admission import Admission
from pipeline.decide import Decider, ahead, decider, flight, steps
from pipeline.health import SourceHealth
from pipeline.metrics import Metrics
from pipeline.offsets import StoredOffsets
from pipeline.policy_files import load
from pipeline.record import BatchRecorder
from pipeline.relay import Relay
from pipeline.settings import Settings
from pipeline.transport import Batch
from processors.policy.codes import codes
from tests.faults import connection
from tests.faults.broker import TOPIC_ID, Place, Sender
from tests.faults.connection import DIE
from tests.faults.schedule import REWIND, SKIP
from tests.faults.story import registry
from tests.faults.turns import CURRENT, Process
from tests.faults.witness import WatchedFlight, WatchedStep

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection
    from processors.policy.model import Policy

METRICS = Metrics()


@cache
def policy() -> Policy:
    """The packaged policy, read once."""
    return load()


def admission() -> Admission:
    """Judges records as a worker does."""
    return Admission(Verifier(registry()), codes(policy()))


class Recording:
    """A recording worker without Faust: seeks to the stored offsets on assignment, chains batches, tells Kafka last."""

    def __init__(self, process: Process, url: str, fetched: int) -> None:
        self.process, self.fetched = process, fetched
        self.broker = process.turns.broker
        connecting: Callable[[], LedgerConnection] = partial(ledger_connect, url, "writer")
        health = SourceHealth(METRICS, clock=lambda: 0.0)
        judge = Admission(Verifier(registry()), codes(policy()), health.muted)
        with connecting() as asking:
            follow = FollowedCodes(judge, active_policy.settle(asking, None))
        self.recorder = BatchRecorder(connecting, judge, health, METRICS, process.stop, follow)
        self.offsets = StoredOffsets(connecting, "", process.stop, self.recorder.before_retry)
        self.generation = 0
        self.heads: dict[Place, int] = {}
        self.turn = 0

    def run(self) -> None:
        """Record until killed."""
        while True:
            self._hear()
            place = self._next_place()
            if place is None:
                self.process.pause("poll", idle=True)
                continue
            self._record(place)

    def _hear(self) -> None:
        if self.generation != self.broker.generation and not (self.process.deaf and self.generation):
            self.generation = self.broker.generation
            self.heads = self.seek(self.broker.of(self.process.name))
        orders, self.process.orders = self.process.orders, []
        for order in orders:
            for place, head in self.heads.items():
                if order == REWIND:
                    self.heads[place] = 0
                elif order == SKIP and head + 1 < len(self.broker.logs[place]):
                    self.heads[place] = head + 1

    def seek(self, places: list[Place]) -> dict[Place, int]:
        """Where to begin: where Kafka says, but for the database's offsets, which go before."""
        told = {place: self.broker.committed.get(place, 0) for place in places}
        return told | self.offsets.load(places) if places else {}

    def _next_place(self) -> Place | None:
        waiting = [place for place, head in sorted(self.heads.items()) if head < len(self.broker.logs[place])]
        self.turn += 1
        return waiting[self.turn % len(waiting)] if waiting else None

    def _record(self, place: Place) -> None:
        start = self.heads[place]
        records = self.broker.logs[place][start : start + self.fetched]
        end = start + len(records)
        done = self.recorder.record(Batch(*place, start, end, records))
        self.heads[place] = end
        if self.process.pause("before the Kafka commit") == DIE:
            self.process.die()
        self.broker.committed[place] = done
        if self.process.pause("after the Kafka commit") == DIE:
            self.process.die()


def record(process: Process, url: str, fetched: int) -> None:
    """A recording worker."""
    Recording(process, url, fetched).run()


def decide(process: Process, url: str, marks_at_once: int) -> None:
    """A deciding worker: leads or stands by."""
    Decider(Settings(ledger_url=url), METRICS, marks_at_once).run(process.stop)


def relaying(process: Process, url: str) -> None:
    """A relaying worker: leads or stands by."""
    Relay(Settings(ledger_url=url, kafka_bootstrap="none"), METRICS).run(process.stop)


class _Late(Future[Any]):
    """Work given to a thread of one's own: done when somebody asks for it, after what was given before."""

    def __init__(self, pool: Pool) -> None:
        super().__init__()
        self.pool = pool

    def result(self, timeout: float | None = None) -> Any:
        self.pool.catch_up(0)
        return super().result(timeout)


class Pool:
    """Stands for a ThreadPoolExecutor of one thread, which is at most `lag` pieces of work behind."""

    lag = 0

    def __init__(self, **_sizes_and_names: object) -> None:
        self._waiting: list[tuple[_Late, Callable[[], object]]] = []

    def submit(self, work: Callable[..., object], *arguments: object) -> _Late:
        """Take work."""
        future = _Late(self)
        self._waiting.append((future, partial(work, *arguments)))
        self.catch_up(self.lag)
        return future

    def catch_up(self, lag: int) -> None:
        """Do what was given, in order, until so much is left."""
        while len(self._waiting) > lag:
            future, work = self._waiting.pop(0)
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 - whoever asks for the result hears of it, as with threads
                future.set_exception(error)

    def shutdown(self, *, wait: bool = True) -> None:
        """The thread does what it was given before it ends."""
        if wait:
            self.catch_up(0)


def _end_silent_leader(connection: LedgerConnection, lock: int) -> int:
    """Time is not simulated: a leader has been silent for long when the schedule froze it."""
    process = CURRENT.get()
    kind = process.name.partition("-")[0] if process else ""
    others = process.turns.processes.values() if process else ()
    frozen = any(other.frozen and other.name.startswith(kind) for other in others)
    return takeover.end_silent_leader(connection, lock, 0.0 if frozen else 3_600.0)


@contextmanager
def _silence() -> Iterator[None]:
    """What processes log while they are made to fail is no news."""
    known, foreign = structlog.get_config(), logging.getLogger("psycopg")
    level = foreign.level
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    foreign.setLevel(logging.CRITICAL)
    yield
    structlog.configure(**known)
    foreign.setLevel(level)


@contextmanager
def installed() -> Iterator[None]:
    """Production code meets the simulation: at psycopg.connect, at the producer, at threads, and where time matters."""
    replaced: list[tuple[object, str, object]] = [
        (psycopg, "connect", connection.connect),
        (active_policy, "load", lambda *_directory: policy()),
        (active_policy, "parse", lambda _files: policy()),
        (decider, "gc", SimpleNamespace(freeze=lambda: None)),
        (decider, "sys", SimpleNamespace(setswitchinterval=lambda _seconds: None)),
        (ahead, "ThreadPoolExecutor", Pool),
        (flight, "ThreadPoolExecutor", Pool),
        (steps, "Step", WatchedStep),
        (steps, "Flight", WatchedFlight),
        (relay, "BatchSender", Sender),
        # Beside relaying it samples metrics and sums for reports: neither writes what must stay true.
        (relay, "Thread", lambda **_given: SimpleNamespace(start=lambda: None)),
        (offsets, "topic_ids", lambda _bootstrap, names: dict.fromkeys(names, TOPIC_ID)),
        (leadership, "end_silent_leader", _end_silent_leader),
        (takeover, "FROZEN_SECONDS", 0),
    ]
    with ExitStack() as stack:
        stack.enter_context(_silence())
        for place, name, value in replaced:
            stack.enter_context(patch.object(place, name, value))
        yield
