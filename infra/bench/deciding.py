"""Deciding alone, in a process of its own: the worker's decider on a ledger whose marks wait, until none is left."""

from __future__ import annotations

import cProfile
import logging
import pstats
import resource
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from infra.bench import timers
from infra.bench.world import StalledError
from ledger.store import connect
from pipeline.decide import decider, steps
from pipeline.logging import configure_logging
from pipeline.metrics import Metrics
from pipeline.settings import Settings

STALL_SECONDS = 120.0
TOP = 12
_KIBI_UNITS = sys.platform != "darwin"

_STAND = "select exists (select from mark), (select max(block_no) from block), (select min(mark_id) from mark)"


@dataclass
class Decided:
    """Seconds of the clock and of the processor, the greatest memory, and what each stage took of it all.

    `stages` only when asked for; `top` are the functions that took most by themselves, with their seconds.
    """

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    memory_bytes: int = 0
    stages: dict[str, float] = field(default_factory=dict)
    top: list[tuple[str, int, float]] = field(default_factory=list)


def decide(settings: Settings, *, stages: bool = False, profile: bool = False) -> Decided:
    """Decide everything that waits. With `stages` each set is written before the next one is decided."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_decide, settings, stages=stages, profile=profile).result()


def _decide(settings: Settings, *, stages: bool, profile: bool) -> Decided:
    configure_logging(level=logging.ERROR)
    found = Decided()
    if stages:
        timers.install()
        _one_set_at_a_time()
    metrics, stop = Metrics(), threading.Event()
    watch = _Watch(settings, metrics, stop, found)
    watching = threading.Thread(target=watch.run, daemon=True)
    watching.start()
    one = decider.Decider(settings, metrics)
    profiler = cProfile.Profile()
    if profile:
        _profile_steps(profiler)
    one.run(stop)
    watching.join()
    if watch.error is not None:
        raise watch.error
    found.top = top(profiler) if profile else []
    found.stages = dict(timers.SECONDS)
    found.memory_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1024 if _KIBI_UNITS else 1)
    return found


def _one_set_at_a_time() -> None:
    """In this process each set is committed before the next one is decided."""
    whole = steps.Steps.__init__

    def alone(self: steps.Steps, *arguments: Any, **named: Any) -> None:
        whole(self, *arguments, **{**named, "on_way": 0})

    timers.replace(steps.Steps, "__init__", alone)


def _profile_steps(profiler: cProfile.Profile) -> None:
    """In this process the thread that decides is profiled, but not while it starts."""
    whole = steps.Steps.step

    def profiled(self: steps.Steps, limit: int) -> int:
        return profiler.runcall(whole, self, limit)

    timers.replace(steps.Steps, "step", profiled)


class _Watch:
    """Starts the clock when the decider leads, stops it and the decider when no mark is left."""

    def __init__(self, settings: Settings, metrics: Metrics, stop: threading.Event, found: Decided) -> None:
        self._settings, self._metrics, self._stop, self._found = settings, metrics, stop, found
        self.error: Exception | None = None

    def run(self) -> None:
        """Watch until done; what goes wrong is kept in `error`."""
        try:
            self._watch()
        except Exception as error:  # noqa: BLE001 - raised again where the result is asked for
            self.error = error
        finally:
            self._stop.set()

    def _watch(self) -> None:
        with connect(self._settings.ledger, "reader") as conn:
            conn.autocommit = True
            while not self._metrics.registry.get_sample_value("spp_leader", {"role": decider.ROLE}):
                time.sleep(0.001)
            began, used = time.perf_counter(), time.process_time()
            seen, moved = None, began
            while (stand := conn.execute(_STAND).fetchone()) is not None and stand[0]:
                now = time.perf_counter()
                if stand != seen:
                    seen, moved = stand, now
                elif now - moved > STALL_SECONDS:
                    raise StalledError(f"marks are left and no block follows block {stand[1]}")
                time.sleep(0.02)
            self._found.seconds = time.perf_counter() - began
            self._found.cpu_seconds = time.process_time() - used


def top(profiler: cProfile.Profile) -> list[tuple[str, int, float]]:
    """The functions that took most time by themselves: name, calls, seconds."""
    rows = []
    for place, (_, calls, own, _, _) in pstats.Stats(profiler).stats.items():  # type: ignore[attr-defined]  # untyped
        file, _, name = place
        rows.append((f"{Path(file).stem}.{name}" if file != "~" else name.strip("<>"), int(calls), float(own)))
    return sorted(rows, key=lambda row: -row[2])[:TOP]
