"""One measurement of the full path and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from infra.bench import path, prepare, report
from infra.bench.copying import raw_copy_seconds
from infra.bench.world import World
from ledger.store import connect


@dataclass(frozen=True)
class Plan:
    """What to measure."""

    events: int
    workers: int
    batch: int
    waves: int
    seal: bool


def measure(world: World, plan: Plan) -> report.Result:
    """Prepare, measure, reconcile, and copy the inbox's rows raw."""
    with world.steps.step(f"Preparing about {plan.events:,} signed events"):
        prepared = prepare.records(plan.events, plan.waves, world.keys)
    with world.steps.step(f"Loading {len(prepared):,} events into Kafka"):
        world.load(("single",), prepared)
    with world.ledger() as settings:
        run = path.run(world, settings, len(prepared), plan.workers, plan.batch, seal=plan.seal)
        with world.steps.step("Copying the same rows raw"), connect(settings.ledger, "reader") as conn:
            row = conn.execute("show server_version").fetchone()
            rows, seconds = raw_copy_seconds(settings.ledger)
    return report.Result(run, plan.waves, rows, seconds, report.machine(str(row[0]) if row else ""))
