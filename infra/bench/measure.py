"""The clock: when each stage had done, and what each process spent of the processors meanwhile."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import psutil

from infra.bench.world import StalledError
from ledger.store import LedgerConnection

POLL_SECONDS = 0.05
STALL_SECONDS = 60.0
STAGES = ("recorded", "decided", "relayed")

_STAND = """
select (select coalesce(sum(next_offset), 0)::bigint from consumer_offset),
    exists (select from mark), exists (select from outbox)
"""


@dataclass
class Timing:
    """Seconds from the first record taken until each stage had done the last, and CPU seconds of each process."""

    events: int
    stages: dict[str, float] = field(default_factory=dict)
    cpu_seconds: dict[str, float] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        """Signed events in Kafka to committed decisions and ledger; recorded events where nobody decides."""
        return self.events / self.stages["decided" if "decided" in self.stages else "recorded"]

    @property
    def cpu_us(self) -> dict[str, float]:
        """Microseconds of a processor an event, by process, without the bench's own."""
        return {name: used / self.events * 1e6 for name, used in self.cpu_seconds.items() if name != "bench"}


def follow(
    conn: LedgerConnection,
    events: int,
    pids: Callable[[], Mapping[str, int]],
    last: str = "relayed",
    look: Callable[[LedgerConnection], None] = lambda _conn: None,
) -> Timing:
    """Watch `events` records go through until the stage `last`; `look` is called at each poll.

    The clock starts at the last look before the first record was recorded. StalledError after a minute without change.
    """
    conn.autocommit = True
    timing = Timing(events)
    began, before = time.monotonic(), cpu(pids())
    seen, moved = (0, False, False), time.monotonic()
    while True:
        stand = _stand(conn)
        look(conn)
        now = time.monotonic()
        if stand[0] == 0:
            began, before = now, cpu(pids())
        if stand != seen:
            seen, moved = stand, now
        elif now - moved > STALL_SECONDS:
            raise StalledError(
                f"{stand[0]:,} of {events:,} records recorded, marks left: {stand[1]}, rows to relay: {stand[2]}"
            )
        for stage in _done(stand, events):
            timing.stages.setdefault(stage, now - began)
        if last in timing.stages:
            after = cpu(pids())
            timing.cpu_seconds = {name: after[name] - before.get(name, 0.0) for name in after}
            return timing
        time.sleep(POLL_SECONDS)


def _done(stand: tuple[int, bool, bool], events: int) -> tuple[str, ...]:
    recorded, marks, outbox = stand[0] >= events, stand[1], stand[2]
    return STAGES[: 0 if not recorded else 1 if marks else 2 if outbox else 3]


def _stand(conn: LedgerConnection) -> tuple[int, bool, bool]:
    row = conn.execute(_STAND).fetchone()
    if row is None:
        raise LookupError("the ledger did not answer")
    return int(row[0]), bool(row[1]), bool(row[2])


def cpu(pids: Mapping[str, int]) -> dict[str, float]:
    """CPU seconds each process has used so far, its children's among them, and those of this one as `bench`."""
    used = {name: _of_tree(psutil.Process(pid)) for name, pid in pids.items()}
    own = psutil.Process(os.getpid()).cpu_times()
    return {**used, "bench": own.user + own.system}


def _of_tree(process: psutil.Process) -> float:
    times = process.cpu_times()
    total = times.user + times.system + times.children_user + times.children_system
    for child in process.children():
        try:
            total += _of_tree(child)
        except psutil.NoSuchProcess:
            continue  # it ended meanwhile; its parent counts it
    return total
