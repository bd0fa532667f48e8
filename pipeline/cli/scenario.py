"""`spp scenario list|write`: event files of real programmes."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.console import CommandError, ExitCode, Json, Steps, out, write_json, write_table
from pipeline.scenarios import files
from pipeline.scenarios.catalogue import DEFAULT_SEED, SCENARIOS, Scenario, ScenarioError, scenario
from pipeline.scenarios.figures import SMALL_MOTHERS
from pipeline.settings import get_settings

app = typer.Typer(no_args_is_help=True, help="List scenarios, or write one as event files.")

Size = Annotated[
    str, typer.Option(help=f"small ({SMALL_MOTHERS:,} mothers), full (as published) or a number of mothers.")
]
Seed = Annotated[int, typer.Option(help="Another seed tells other people with the same totals.")]


@app.command("list")
def list_(*, json: Json = False) -> None:
    """Show the scenarios with the published figures they meet."""
    if json:
        write_json({"scenarios": [_described(one) for one in SCENARIOS.values()]})
        return
    rows = [
        (one.name, one.title, f"{figures.mothers:,}", f"{figures.babies:,}", f"{figures.amount_riel:,}")
        for one in SCENARIOS.values()
        for figures in (one.births.figures,)
    ]
    write_table(("scenario", "programme", ">mothers", ">babies", ">riel"), rows)


@app.command()
def write(
    name: Annotated[str, typer.Argument(metavar="NAME", help="See `spp scenario list`.")],
    *,
    directory: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where; default in HOME/scenarios.")
    ] = None,
    size: Size = "full",
    seed: Seed = DEFAULT_SEED,
    json: Json = False,
) -> None:
    """Write a scenario: event files by wave and source, a manifest, and what must come of them."""
    chosen = find(name, size)
    place = directory or default_directory(chosen, size, seed)
    with Steps().step(f"Writing {name} for {chosen.mothers(size):,} mothers"):
        manifest = files.write(chosen, size, seed, place)
    if json:
        write_json({"directory": str(place), "manifest": manifest})
        return
    rows = [
        (f"{wave.wave} {wave.name}", file.path, file.source or "raw", f"{file.records:,}")
        for wave in manifest.waves
        for file in wave.files
    ]
    write_table(("wave", "file", "as", ">records"), rows)
    out.print(
        f"{manifest.records:,} records in {place}. Publish each wave's files with `spp publish --as SOURCE FILE`, then "
        f"`spp drain`; or all at once with `spp run {name} --size {size} --seed {seed}`. "
        f"{files.EXPECTED} says what must come of them.",
        markup=False,
    )


def find(name: str, size: str) -> Scenario:
    """The scenario of this name, with a size it can have; a wrong one ends the command."""
    try:
        found = scenario(name)
        found.mothers(size)
    except ScenarioError as error:
        raise CommandError(str(error), ExitCode.USAGE) from error
    return found


def default_directory(chosen: Scenario, size: str, seed: int) -> Path:
    """Where a scenario's files are kept unless one says otherwise."""
    return get_settings().home / "scenarios" / chosen.token(size, seed)


def _described(one: Scenario) -> dict[str, object]:
    figures = one.births.figures
    return {
        "name": one.name,
        "title": one.title,
        "mothers": figures.mothers,
        "babies": figures.babies,
        "amount": str(figures.amount_riel),
        "currency": "KHR",
        "source": figures.source,
        "note": figures.note,
    }
