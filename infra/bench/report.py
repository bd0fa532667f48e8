"""What one measurement of the full path found, for a person and for a program."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

from infra.bench.path import PathRun


@dataclass
class Result:
    """One measurement. `relayed` is the last stage of a run, `decided` the one its rate is told by."""

    run: PathRun
    waves: int
    copied_rows: int
    copy_seconds: float
    machine: dict[str, str]

    @property
    def events_per_second(self) -> float:
        """Signed events in Kafka to committed decisions and ledger."""
        return self.run.timing.per_second

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
    run, timing = result.run, result.run.timing
    return {
        "events": timing.events,
        "workers": run.workers,
        "batch": run.batch,
        "waves": result.waves,
        "events_per_second": round(result.events_per_second),
        "stages": {name: round(seconds, 3) for name, seconds in timing.stages.items()},
        "cpu_us_per_event": {name: round(us, 1) for name, us in timing.cpu_us.items()},
        "requests": run.written.requests,
        "decisions": run.written.decisions,
        "decisions_per_request": round(run.written.per_request, 3),
        "seal_lag_seconds": run.seal,
        "copy_rows_per_second": round(result.copy_per_second),
        "ratio_to_copy": round(result.events_per_second / result.copy_per_second, 3),
        "machine": result.machine,
    }


def show(result: Result) -> None:
    """For a person."""
    run, timing = result.run, result.run.timing
    kinds = ("facts and requests", "facts, requests, declared batches", "facts, requests, batches, closed cycles")
    print(f"{timing.events:,} signed events ({kinds[result.waves - 1]})")
    print(f"{run.workers} recording, at most {run.batch:,} records a transaction")
    for name, text in result.machine.items():
        print(f"  {name:<11} {text}")
    print()
    for name, seconds in timing.stages.items():
        print(f"  {name:<9} {seconds:7.1f} s {timing.events / seconds:10,.0f} events/s")
    print()
    for name, seconds in timing.cpu_seconds.items():
        print(f"  CPU {name:<16} {seconds:7.1f} s {seconds / timing.events * 1e6:8.1f} us an event")
    us = sum(timing.cpu_us.values())
    print(f"  CPU {'together':<16} {us * timing.events / 1e6:7.1f} s {us:8.1f} us an event")
    print()
    books = run.written
    print(f"  {books.decisions:,} decisions on {books.requests:,} requests: {books.per_request:.3f} a request")
    if run.seal:
        print("  oldest unsealed block: " + ", ".join(f"{name} {age:.2f} s" for name, age in run.seal.items()))
    print(f"  raw COPY of the same inbox rows {result.copy_per_second:12,.0f} rows/s")
    print(f"  full path against raw COPY      {result.events_per_second / result.copy_per_second:12.2f}")
    print("  reconciliation                  agrees")
    print()
    print(f"{result.events_per_second:,.0f} events/s from signed records in Kafka to committed decisions and ledger")
