"""`python -m infra.faults`: real faults on real servers under load, and what became of every event."""

from __future__ import annotations

import shlex
import shutil
import sys
from typing import Annotated

import typer

from infra.faults import page
from infra.faults.campaign import Campaign, Result
from infra.faults.rows import ROWS, chosen
from infra.faults.site import Site, own_settings
from infra.faults.waiting import LateError
from pipeline.cli.console import Steps
from pipeline.local.errors import LocalError


def main(
    *,
    only: Annotated[
        list[str] | None, typer.Option(help="Only this row, and the one without a fault; repeat it.")
    ] = None,
    events: Annotated[int, typer.Option(min=1, help="About how many events a row.")] = 1_200,
    rate: Annotated[float, typer.Option(min=1, help="Records published a second.")] = 75.0,
    seed: Annotated[int, typer.Option(help="Draws the events and the blows.")] = 1,
    write: Annotated[bool, typer.Option("--write", help="Write docs/fault-campaign.md; needs every row.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave data and logs for a closer look.")] = False,
) -> None:
    """Strike at the stack under load and count what was lost and doubled. Exit 1 when a row does not hold."""
    try:
        rows = chosen(only or [])
    except KeyError as error:
        names = ", ".join(row.name for row in ROWS)
        typer.echo(f"faults: there is no row {error}: choose of {names}", err=True)
        raise typer.Exit(2) from error
    settings, steps = own_settings(), Steps()
    typer.echo(f"seed {seed}; logs in {settings.log_directory}", err=True)
    try:
        with Site(settings, steps) as site:
            campaign = Campaign(site, events, rate, seed, steps)
            results = [_told(campaign.run(row), steps) for row in rows]
            with site.admin("postgres") as connection:
                told = connection.execute(b"show server_version").fetchone()
    except (LocalError, LateError) as error:
        typer.echo(f"faults: {error}; logs are in {settings.log_directory}", err=True)
        raise typer.Exit(1) from error
    page.show(results)
    unseen = [proof.what for proof in campaign.proofs[1:] if not proof.seen]
    for what in unseen:
        typer.echo(f"the check does not see: {what}", err=True)
    if write and len(rows) == len(ROWS):
        command = shlex.join(["python", "-m", "infra.faults", *sys.argv[1:]])
        page.write(page.page(campaign, results, command, str(told[0]) if told else ""))
    holds = all(result.holds or result.skipped for result in results)
    if holds and not keep:
        shutil.rmtree(settings.home, ignore_errors=True)
    if not holds or unseen:
        raise typer.Exit(1)


def _told(result: Result, steps: Steps) -> Result:
    """Say what a row came to as soon as it is over."""
    steps.note(page.sentence(result))
    return result


if __name__ == "__main__":
    typer.run(main)
