"""The clock: when each stage had done, and what each process spent of the processors meanwhile."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import psutil

from ledger.store import LedgerConnection

POLL_SECONDS = 0.05

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


class StalledError(Exception):
    """Nothing moved for too long; the message says where it stood."""


def follow(conn: LedgerConnection, events: int, pids: Callable[[], Mapping[str, int]], stall_seconds: float) -> Timing:
    """Watch `events` records go through; the clock starts at the last look before the first one was recorded."""
    conn.autocommit = True
    timing = Timing(events)
    began, before = time.monotonic(), cpu(pids())
    seen, moved = (0, False, False), time.monotonic()
    while True:
        stand = _stand(conn)
        now = time.monotonic()
        if stand[0] == 0:
            began, before = now, cpu(pids())
        if stand != seen:
            seen, moved = stand, now
        elif now - moved > stall_seconds:
            raise StalledError(
                f"{stand[0]:,} of {events:,} records recorded, marks left: {stand[1]}, rows to relay: {stand[2]}"
            )
        if stand[0] >= events:
            timing.stages.setdefault("recorded", now - began)
            if not stand[1]:
                timing.stages.setdefault("decided", now - began)
                if not stand[2]:
                    timing.stages.setdefault("relayed", now - began)
                    after = cpu(pids())
                    timing.cpu_seconds = {name: after[name] - before.get(name, 0.0) for name in after}
                    return timing
        time.sleep(POLL_SECONDS)


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
