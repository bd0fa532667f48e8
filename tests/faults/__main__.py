"""`python -m tests.faults`: crash schedules against the real write path; exit 1 when one leaves anything wrong."""

from __future__ import annotations

import signal
import sys
import time
from typing import Annotated

import typer

from tests.faults import processes, report, schedule, server
from tests.faults.campaign import SCHEDULES, Campaign
from tests.faults.report import Ran
from tests.faults.variants import SOUND, VARIANTS, Variant

TOLD_EVERY = 100


def main(
    *,
    schedules: Annotated[int, typer.Option(help="How many schedules, at most.")] = SCHEDULES,
    start: Annotated[int, typer.Option("--from", help="The first seed.")] = 1,
    seed: Annotated[int | None, typer.Option(help="Run this seed again; when it fails, make it small.")] = None,
    variant: Annotated[str, typer.Option(help="Break production in this way first.")] = SOUND.name,
    variants: Annotated[bool, typer.Option("--variants", help="Run the broken variants alone.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Run everything, and write docs/faults.md anew.")] = False,
) -> None:
    """Run crash schedules, then every broken variant until it is caught; each seed that fails is printed."""
    chosen = _named(variant)
    signal.signal(signal.SIGTERM, lambda *_given: sys.exit(1))  # by way of `finally`, which stops the server
    with server.running() as running, processes.installed():
        campaign = Campaign(running)
        if seed is not None:
            failed = report.replay(campaign, seed, chosen)
        elif variants:
            failed = report.catch(campaign)
        else:
            ran = run(campaign, range(start, start + schedules), chosen)
            missed = chosen is SOUND and report.catch(campaign, ran if write else None)
            failed = ran.failed > 0 or missed
    if failed:
        raise typer.Exit(1)


def run(campaign: Campaign, seeds: range, variant: Variant) -> Ran:
    """Run every seed, whatever befalls one of them, and print those that fail."""
    began, failures = time.monotonic(), 0
    for done, seed in enumerate(seeds, 1):
        wrong = campaign.wrong(schedule.draw(seed), variant)
        if wrong:
            failures += 1
            typer.echo(f"seed {seed}: {wrong[0]}\n  again: {again(seed, variant)}")
        if done % TOLD_EVERY == 0 or done == len(seeds):
            typer.echo(f"{done} schedules, {failures} failed, {time.monotonic() - began:.0f} s", err=True)
    typer.echo(f"{len(seeds)} schedules from seed {seeds.start}: {failures} failed")
    return Ran(len(seeds), seeds.start, failures, time.monotonic() - began)


def again(seed: int, variant: Variant = SOUND) -> str:
    """The command that runs a seed again and makes it small."""
    broken = f" --variant '{variant.name}'" if variant is not SOUND else ""
    return f'make test-faults FAULTS="--seed {seed}{broken}"'


def _named(name: str) -> Variant:
    for variant in (SOUND, *VARIANTS):
        if variant.name == name:
            return variant
    names = ", ".join(repr(variant.name) for variant in VARIANTS)
    raise typer.BadParameter(f"no variant is called {name!r}; there are {names}")


if __name__ == "__main__":
    typer.run(main)
