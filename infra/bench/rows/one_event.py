"""(c) The same recording through a plain Faust agent with one event a transaction."""

from __future__ import annotations

import time

from infra.bench.figures import Row, Table, ratio
from infra.bench.measure import STALL_SECONDS, follow
from infra.bench.rows.full_path import load
from infra.bench.world import StalledError, World
from ledger.store import LedgerConnection, connect
from pipeline.local import processes
from pipeline.settings import Settings


def measure(world: World) -> Row:
    """Ours records everything; the plain agent is watched for some seconds."""
    events = load(world)
    with (
        world.ledger() as settings,
        world.steps.step(f"Recording {events:,} events alone"),
        world.workers(settings),
        connect(settings.ledger, "reader") as conn,
    ):
        ours = follow(conn, events, world.pids, "recorded").per_second
    with world.ledger() as settings:
        plain = _plain(world, settings, events)
    return Row(
        "c",
        "A plain Faust agent, one event a transaction",
        "The same topics, admission, fence, inbox and marks; Faust's own consumer, and a transaction for each event. "
        "Nothing is decided beside either of the two. The plain agent is watched for "
        f"{world.sizes.plain_seconds:.0f} s from its first event on.",
        [
            Table(
                ("recording", ">events/s", ">times the plain agent"),
                [("plain Faust agent", plain, 1.0), ("ours, 2,000 a transaction", ours, ratio(ours, plain))],
            )
        ],
        {"plain": plain, "recorded": ours},
    )


def _plain(world: World, settings: Settings, events: int) -> float:
    group = f"spp-bench-{time.time_ns()}"  # a group the broker has no offsets of
    name = world.start(settings, "plain", group, module="infra.bench.plain")
    try:
        with (
            world.steps.step("Recording with a plain Faust agent"),
            connect(settings.ledger, "reader") as conn,
        ):
            conn.autocommit = True
            return _watch(conn, events, world.sizes.plain_seconds)
    finally:
        processes.stop(settings.run_directory, name)


def _watch(conn: LedgerConnection, events: int, seconds: float) -> float:
    """Events a second, from the first one recorded until so many seconds are over or all are recorded."""
    waiting = time.monotonic()
    while (first := _recorded(conn)) == 0:
        if time.monotonic() - waiting > STALL_SECONDS:
            raise StalledError("the plain agent records nothing")
        time.sleep(0.02)
    began = time.monotonic()
    while (now := _recorded(conn)) < events and time.monotonic() - began < seconds:
        time.sleep(0.02)
    return (now - first) / (time.monotonic() - began)


def _recorded(conn: LedgerConnection) -> int:
    row = conn.execute("select coalesce(sum(next_offset), 0)::bigint from consumer_offset").fetchone()
    return int(row[0]) if row else 0
