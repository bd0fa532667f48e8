"""`python -m infra.bench`: signed events waiting in Kafka to committed decisions and ledger, on servers of its own."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from typing import Annotated

import typer

from infra.bench import prepare, report
from infra.bench.copying import raw_copy_seconds
from infra.bench.measure import StalledError, Timing, follow
from ledger.reconciliation.run import reconcile
from ledger.statements.snapshot import snapshot
from ledger.store import connect
from pipeline.cli.console import Steps, write_json
from pipeline.local import processes, stack
from pipeline.local.errors import LocalError
from pipeline.local.jars import install
from pipeline.settings import Settings, load_settings
from pipeline.transport import BATCH_RECORDS

STALL_SECONDS = 60.0


@dataclass(frozen=True)
class Plan:
    """What to measure."""

    events: int
    workers: int
    batch: int
    waves: int


def main(
    *,
    events: Annotated[int, typer.Option(help="About how many events.")] = 200_000,
    workers: Annotated[int, typer.Option(help="How many processes record.")] = 1,
    batch: Annotated[int, typer.Option(help="Records a recording transaction takes at most.")] = BATCH_RECORDS,
    waves: Annotated[
        int, typer.Option(min=1, max=3, help="1: facts and requests; 2: declared batches too; 3: closed cycles too.")
    ] = 3,
    keep: Annotated[bool, typer.Option(help="Leave servers and data for a closer look.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Measure the full path. Exit 1 when the books do not reconcile afterwards or nothing moves any more."""
    settings, steps = _own_settings(), Steps()
    _remove(settings, steps)
    try:
        result = _measure(settings, Plan(events, workers, batch, waves), steps)
    except (LocalError, StalledError) as error:
        typer.echo(f"bench: {error}; logs are in {settings.log_directory}", err=True)
        raise typer.Exit(1) from error
    finally:
        if not keep:
            stack.down(settings, steps)
    if not keep:
        shutil.rmtree(settings.home, ignore_errors=True)
    if json:
        write_json(report.as_json(result))
    else:
        report.show(result)
    if result.unreconciled:
        raise typer.Exit(1)


def _own_settings() -> Settings:
    """A home of its own beside the user's, whose downloads it shares; servers named by the environment are not used."""
    user = load_settings()
    return user.model_copy(
        update={
            "home": user.home / "bench",
            "kafka_jars": user.jars_directory,
            "kafka_bootstrap": None,
            "ledger_url": None,
            "keys": None,
            "kafka_port": 0,
            "postgres_port": 0,
            "metrics_port": 0,
        }
    )


def _remove(settings: Settings, steps: Steps) -> None:
    if settings.home.exists():
        stack.down(settings, steps)
        shutil.rmtree(settings.home)


def _measure(settings: Settings, plan: Plan, steps: Steps) -> report.Result:
    install(settings.jars_directory, steps)
    stack.up(settings, steps, with_workers=False)
    with steps.step(f"Preparing about {plan.events:,} signed events"):
        prepared = prepare.records(plan.events, plan.waves, settings.keys_directory)
    with steps.step(f"Loading {len(prepared):,} events into Kafka"):
        prepare.load(settings.bootstrap, prepared)
    timing = _run(settings, plan, len(prepared), steps)
    with steps.step("Reconciling, and copying the same rows raw"):
        with snapshot(settings.ledger) as conn:
            wrong = [f"{one.name} {one.difference:,}" for one in reconcile(conn) if one.difference]
            row = conn.execute("show server_version").fetchone()
        rows, seconds = raw_copy_seconds(settings.ledger)
    machine = report.machine(str(row[0]) if row else "")
    return report.Result(timing, plan.workers, plan.batch, plan.waves, rows, seconds, wrong, machine)


def _run(settings: Settings, plan: Plan, events: int, steps: Steps) -> Timing:
    """Start the workers and watch. The recorders start last, so that starting up is not measured."""
    names = [_start(settings, role, role, plan.batch) for role in ("decide", "relay")]
    names += [_start(settings, f"record-{n + 1}", "record", plan.batch) for n in range(plan.workers)]

    def pids() -> dict[str, int]:
        return {one.name: one.pid for one in processes.read_all(settings.run_directory)}

    with steps.step(f"Measuring {events:,} events"), connect(settings.ledger, "reader") as conn:
        timing = follow(conn, events, pids, STALL_SECONDS)
    for name in names:
        processes.stop(settings.run_directory, name)
    return timing


def _start(settings: Settings, name: str, roles: str, batch: int) -> str:
    processes.start(
        name,
        [sys.executable, "-m", "infra.bench.worker", roles, str(batch)],
        run_directory=settings.run_directory,
        log=settings.log_directory / f"{name}.log",
        details={"roles": roles},
        environment={
            **{key: value for key, value in os.environ.items() if not key.startswith("SPP_")},
            "SPP_HOME": str(settings.home),
            "PYTHONUNBUFFERED": "1",
        },
    )
    return name


if __name__ == "__main__":
    typer.run(main)
