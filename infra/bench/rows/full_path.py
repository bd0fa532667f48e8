"""(b) The full path, from signed events in Kafka to committed decisions and ledger, and with the sealer beside it."""

from __future__ import annotations

import os

from infra.bench import path, prepare
from infra.bench.figures import Cell, Row, Table
from infra.bench.world import World


def load(world: World) -> int:
    """Make the topics hold the load of (b); returns how many events it has."""
    name = ("births", world.sizes.events)

    def make() -> int:
        with world.steps.step(f"Preparing and loading about {world.sizes.events:,} signed events"):
            records = prepare.records(world.sizes.events, 1, world.keys)
            world.load(name, records)
        return len(records)

    events = world.once(("size", name), make)
    if world.loaded != name:
        world.load(name, prepare.records(world.sizes.events, 1, world.keys))
    return events


def measure(world: World) -> Row:
    """Every shape on a ledger of its own."""
    events = load(world)
    runs = []
    for workers, batch in world.sizes.shapes:
        with world.ledger() as settings:
            runs.append(path.run(world, settings, events, workers, batch))
    best = max(runs, key=lambda run: run.timing.per_second)
    usual = runs[0] if len(runs) == 1 else next(run for run in runs if run.workers == 1 and run.batch == 2_000)
    row = Row(
        "b",
        "The full path: signed events in Kafka to committed decisions and ledger",
        "Batch signatures, guard, chain, outbox and inbox on; durability on; broker, database and relay on the same "
        "machine; every run on a fresh ledger. The clock runs from the first record taken until no mark is left. "
        "Decisions a request tell how often requests were decided anew because evidence came later: runs of different "
        "numbers did different work.",
        [
            Table(HEADINGS, [line(run) for run in runs]),
            Table(("process", ">µs an event", ">cores"), _processes(best), "Processor time of the best run"),
        ],
        {"path": best.timing.per_second, "path.usual": usual.timing.per_second},
    )
    row.figures |= _figures(best, events)
    return row


HEADINGS = (
    ">recording", ">batch", ">events", ">s to recorded", ">s to decided", ">s to relayed", ">events/s",
    ">decisions a request", ">transfers/s", ">µs of processor an event",
)  # fmt: skip


def line(run: path.PathRun) -> tuple[Cell, ...]:
    """One run as a line under HEADINGS."""
    timing = run.timing
    return (
        run.workers,
        run.batch,
        timing.events,
        *(timing.stages[name] for name in ("recorded", "decided", "relayed")),
        timing.per_second,
        run.written.per_request,
        run.written.transfers / timing.stages["decided"],
        sum(timing.cpu_us.values()),
    )


def _processes(run: path.PathRun) -> list[tuple[Cell, ...]]:
    seconds = run.timing.stages["relayed"]
    return [
        (name, us, us * run.timing.events / 1e6 / seconds)
        for name, us in sorted(run.timing.cpu_us.items(), key=lambda one: -one[1])
    ]


def _figures(run: path.PathRun, events: int) -> dict[str, float]:
    us = run.timing.cpu_us
    busiest = max((name for name in us if name not in {"postgres", "kafka"}), key=lambda name: us[name])
    return {
        "path.transfers": run.written.transfers / run.timing.stages["decided"],
        "path.us": sum(us.values()),
        "path.postgres_us": us.get("postgres", 0.0),
        "path.decide_us": us.get("decide", 0.0),
        "path.decide_cores": us.get("decide", 0.0) * events / 1e6 / run.timing.stages["decided"],
        "path.busiest_us": us[busiest],
        "path.decisions_a_request": run.written.per_request,
        "cores": float(os.cpu_count() or 1),
    }


def sealed(world: World) -> Row:
    """(seal) The full path with the sealer and a witness beside it."""
    events = load(world)
    with world.ledger() as settings:
        run = path.run(world, settings, events, seal=True)
    seal = run.seal or {}
    return Row(
        "seal",
        "The full path with the sealer: how far sealing is behind",
        "The roles record, decide, relay and seal, and a witness that countersigns each checkpoint. The lag is the age "
        "of the oldest block that no checkpoint covers, looked at every 50 ms from the first record until everything "
        "is sealed.",
        [
            Table(HEADINGS, [line(run)]),
            Table((">lag p50, s", ">lag p99, s", ">lag max, s"), [(seal["p50"], seal["p99"], seal["max"])]),
        ],
        {"seal": run.timing.per_second, "seal.p99": seal["p99"]},
    )
