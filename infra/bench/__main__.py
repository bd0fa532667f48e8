"""`python -m infra.bench`: every row of docs/bench.md in one run, on servers of its own; or the full path alone."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import psutil
import typer

from infra.bench import page, report, single, sizes
from infra.bench.figures import Row
from infra.bench.path import UnreconciledError
from infra.bench.rows import ROWS
from infra.bench.world import StalledError, World, gather_groups
from ledger.store import connect
from pipeline.cli.console import Steps, write_json, write_table
from pipeline.local import stack
from pipeline.local.errors import LocalError
from pipeline.local.jars import install
from pipeline.settings import CHECKOUT, Settings, load_settings
from pipeline.transport import BATCH_RECORDS

PAGE = CHECKOUT / "docs" / "bench.md"
SINGLE_EVENTS = 200_000
BUSY_SECONDS = 2.0


def main(
    *,
    rows: Annotated[str, typer.Option(help=f"Only these rows, of {','.join(ROWS)}.")] = "",
    large: Annotated[bool, typer.Option(help="Growth up to ten million rows too; five minutes, 8 GB of disk.")] = False,
    full: Annotated[bool, typer.Option(help="All sizes, with the whole month of households; an hour.")] = False,
    write: Annotated[bool, typer.Option(help="Write docs/bench.md.")] = False,
    scale: Annotated[float, typer.Option(min=0.001, help="Measure so much less, to try the benchmark itself.")] = 1.0,
    waves: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=3,
            help="The full path alone; 1: facts and requests; 2: declared batches too; 3: closed cycles too.",
        ),
    ] = None,
    events: Annotated[int | None, typer.Option(help="The full path alone; about how many events.")] = None,
    workers: Annotated[int | None, typer.Option(help="The full path alone; how many processes record.")] = None,
    batch: Annotated[int | None, typer.Option(help="The full path alone; records a transaction takes.")] = None,
    seal: Annotated[bool, typer.Option(help="The full path alone, with the sealer and its lag.")] = False,
    keep: Annotated[bool, typer.Option(help="Leave servers and data for a closer look.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Measure. Exit 1 when books do not reconcile afterwards or nothing moves any more, 2 for options that clash."""
    chosen = _chosen(rows)
    alone = seal or any(given is not None for given in (waves, events, workers, batch))
    if alone and (rows or full or large or write):
        raise typer.BadParameter("--waves, --events, --workers, --batch and --seal measure the full path alone")
    if write and (rows or scale != 1):
        raise typer.BadParameter("the page is written of all rows at their sizes: leave --rows and --scale out")
    size = (sizes.FULL if full else sizes.LARGE if large else sizes.USUAL).scaled(scale)
    try:
        busy = psutil.cpu_percent(BUSY_SECONDS) / 100  # before our own servers run
        with _world(size, keep=keep) as world:
            if alone:
                plan = single.Plan(events or SINGLE_EVENTS, workers or 1, batch or BATCH_RECORDS, waves or 3, seal)
                found = single.measure(world, plan)
            else:
                run = _run(world, chosen, busy)
    except (LocalError, StalledError, UnreconciledError) as error:
        typer.echo(f"bench: {error}; logs are in {_own_settings().log_directory}", err=True)
        raise typer.Exit(1) from error
    if alone:
        _show_single(found, json=json)
    else:
        _show(run, json=json, write=write)


def _chosen(rows: str) -> list[str]:
    names = [name.strip() for name in rows.split(",") if name.strip()] or list(ROWS)
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: no row; there are {', '.join(ROWS)}")
    return names


@contextmanager
def _world(size: sizes.Sizes, *, keep: bool) -> Iterator[World]:
    """Servers of our own, stopped and removed at the end unless they are to be kept."""
    settings, steps = _own_settings(), Steps()
    if settings.home.exists():
        stack.down(settings, steps)
        shutil.rmtree(settings.home)
    try:
        install(settings.jars_directory, steps)
        gather_groups()
        stack.up(settings, steps, with_workers=False)
        yield World(settings, size, steps)
    finally:
        if not keep:
            stack.down(settings, steps)
    if not keep:
        shutil.rmtree(settings.home, ignore_errors=True)


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
            "witness": None,
            "kafka_port": 0,
            "postgres_port": 0,
            "metrics_port": 0,
        }
    )


def _run(world: World, names: list[str], busy: float) -> page.Run:
    began = time.monotonic()
    with connect(world.settings.ledger, "reader") as conn:
        row = conn.execute("show server_version").fetchone()
    measured = [_measured(world, name) for name in names]
    machine = report.machine(str(row[0]) if row else "")
    command = " ".join(["make bench", *([f'BENCH="{" ".join(sys.argv[1:])}"'] if sys.argv[1:] else [])])
    return page.Run(measured, machine, command, time.monotonic() - began, busy)


def _measured(world: World, name: str) -> Row:
    """A row; one that cannot be measured says why, and the others go on."""
    try:
        return ROWS[name](world)
    except Exception as error:  # noqa: BLE001 - ten minutes of other rows are not thrown away with it
        world.steps.note(f"({name}) failed: {error}")
        return Row(name, "Not measured", f"{type(error).__name__}: {error}", failed=True)


def _show(run: page.Run, *, json: bool, write: bool) -> None:
    if json:
        write_json({"figures": run.figures, "goals": run.verdicts, "rows": run.rows, "machine": run.machine})
    else:
        print(page.page(run))
        goals = page.goals(run)
        write_table(goals.headings, goals.lines)
    if write:
        PAGE.write_text(page.page(run), encoding="utf-8")
        print(f"{PAGE.relative_to(Path(CHECKOUT))} is written")
    if any(row.failed for row in run.rows):
        raise typer.Exit(1)


def _show_single(found: report.Result, *, json: bool) -> None:
    if json:
        write_json(report.as_json(found))
    else:
        report.show(found)


if __name__ == "__main__":
    typer.run(main)
