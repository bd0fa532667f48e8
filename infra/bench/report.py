"""What was measured, for a person and for a program."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

from infra.bench.measure import Timing


@dataclass
class Result:
    """One measurement. `relayed` is the last stage of a run, `decided` the one its rate is told by."""

    timing: Timing
    workers: int
    batch: int
    waves: int
    copied_rows: int
    copy_seconds: float
    unreconciled: list[str]
    machine: dict[str, str]

    @property
    def events_per_second(self) -> float:
        """Signed events in Kafka to committed decisions and ledger."""
        return self.timing.events / self.timing.stages["decided"]

    @property
    def copy_per_second(self) -> float:
        """Rows of the inbox by raw COPY."""
        return self.copied_rows / self.copy_seconds


def machine(postgres: str) -> dict[str, str]:
    """What it was measured on."""
    memory = psutil.virtual_memory().total / 2**30
    return {
        "processor": f"{os.cpu_count()} x {_processor()}",
        "memory": f"{memory:.0f} GiB",
        "system": platform.platform(),
        "python": platform.python_version(),
        "postgresql": postgres,
        "faust": version("faust-streaming"),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def as_json(result: Result) -> dict[str, object]:
    """For a program; times in seconds, rates in records a second."""
    timing = result.timing
    return {
        "events": timing.events,
        "workers": result.workers,
        "batch": result.batch,
        "waves": result.waves,
        "events_per_second": round(result.events_per_second),
        "stages": {name: round(seconds, 3) for name, seconds in timing.stages.items()},
        "cpu_us_per_event": {
            name: round(seconds / timing.events * 1e6, 1) for name, seconds in timing.cpu_seconds.items()
        },
        "copy_rows_per_second": round(result.copy_per_second),
        "ratio_to_copy": round(result.events_per_second / result.copy_per_second, 3),
        "unreconciled": result.unreconciled,
        "machine": result.machine,
    }


def show(result: Result) -> None:
    """For a person."""
    timing = result.timing
    kinds = ("facts and requests", "facts, requests, declared batches", "facts, requests, batches, closed cycles")
    print(f"{timing.events:,} signed events ({kinds[result.waves - 1]})")
    print(f"{result.workers} recording, at most {result.batch:,} records a transaction")
    for name, text in result.machine.items():
        print(f"  {name:<11} {text}")
    print()
    for name, seconds in timing.stages.items():
        print(f"  {name:<9} {seconds:7.1f} s {timing.events / seconds:10,.0f} events/s")
    print()
    for name, seconds in timing.cpu_seconds.items():
        print(f"  CPU {name:<16} {seconds:7.1f} s {seconds / timing.events * 1e6:8.1f} us an event")
    everybody = sum(seconds for name, seconds in timing.cpu_seconds.items() if name != "bench")
    print(f"  CPU {'together':<16} {everybody:7.1f} s {everybody / timing.events * 1e6:8.1f} us an event")
    print()
    print(f"  raw COPY of the same inbox rows {result.copy_per_second:12,.0f} rows/s")
    print(f"  full path against raw COPY      {result.events_per_second / result.copy_per_second:12.2f}")
    print(
        f"  reconciliation                  {'agrees' if not result.unreconciled else ', '.join(result.unreconciled)}"
    )
    print()
    print(f"{result.events_per_second:,.0f} events/s from signed records in Kafka to committed decisions and ledger")
