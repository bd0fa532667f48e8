"""`spp scenario list|show|write`: event files of real programmes."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import summary
from pipeline.cli.console import CommandError, ExitCode, Json, Steps, out, write_json, write_table
from pipeline.scenarios import files
from pipeline.scenarios.catalogue import DEFAULT_SEED, SCENARIOS, Scenario, ScenarioError, scenario
from pipeline.settings import get_settings

app = typer.Typer(no_args_is_help=True, help="List scenarios, show the figures of one, or write it as event files.")

Size = Annotated[
    str, typer.Option(help="small, medium, full (as published) or a number of the scenario's units; see `list`.")
]
ScenarioName = Annotated[str, typer.Argument(metavar="NAME", help="See `spp scenario list`.")]
Seed = Annotated[int, typer.Option(help="Another seed tells other people with the same totals.")]


@app.command("list")
def list_(*, json: Json = False) -> None:
    """Show the scenarios, their sizes and the published figure each is held against."""
    if json:
        write_json({"scenarios": [_described(one, "full") for one in SCENARIOS.values()]})
        return
    rows = [
        (one.name, one.title, one.programme.unit, f"{one.small:,}", f"{one.medium:,}", f"{one.programme.full:,}", usual)
        for one in SCENARIOS.values()
        for usual in (f"{one.quantity(''):,}",)
    ]
    write_table(("scenario", "programme", "unit", ">small", ">medium", ">full", ">unless asked"), rows)


@app.command()
def show(name: ScenarioName, *, size: Size = "full", json: Json = False) -> None:
    """Show what a scenario stands for: each published figure, what the rule gives, the source, what is assumed."""
    chosen = find(name, size)
    if json:
        write_json(_described(chosen, size))
        return
    quantity = chosen.quantity(size)
    is_full = quantity == chosen.programme.full
    out.print(f"{chosen.title}: {quantity:,} {chosen.programme.unit}", style="bold", markup=False)
    if chosen.about:
        out.print(chosen.about, style="dim", markup=False)
    figures = chosen.programme.published(quantity)
    numbers = summary.source_numbers(figures)
    rows = [
        (
            one.name,
            one.unit,
            "none" if one.published is None else f"{one.published:,}",
            f"{one.rule:,}",
            "" if one.published is None or not is_full else f"{one.rule - one.published:+,}",
            one.status,
            str(numbers[one.source]),
        )
        for one in figures
    ]
    headings = ("figure", "unit", ">published", ">by the rule", ">difference", "published figure is", ">source")
    write_table(headings, rows)
    summary.show_sources(figures)


@app.command()
def write(
    name: ScenarioName,
    *,
    directory: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where; default in HOME/scenarios.")
    ] = None,
    size: Size = "",
    seed: Seed = DEFAULT_SEED,
    json: Json = False,
) -> None:
    """Write a scenario: event files by wave and source, a manifest, and what must come of them."""
    chosen = find(name, size)
    place = directory or default_directory(chosen, size, seed)
    with Steps().step(f"Writing {name} for {chosen.quantity(size):,} {chosen.programme.unit}"):
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
        f"`spp drain`; or all at once with `spp run {name} --size {manifest.size} --seed {seed}`. "
        f"{files.EXPECTED} says what must come of them.",
        markup=False,
    )


def find(name: str, size: str) -> Scenario:
    """The scenario of this name, with a size it can have; a wrong one ends the command."""
    try:
        found = scenario(name)
        found.quantity(size)
    except ScenarioError as error:
        raise CommandError(str(error), ExitCode.USAGE) from error
    return found


def default_directory(chosen: Scenario, size: str, seed: int) -> Path:
    """Where a scenario's files are kept unless one says otherwise."""
    return get_settings().home / "scenarios" / chosen.token(size, seed)


def _described(one: Scenario, size: str) -> dict[str, object]:
    quantity = one.quantity(size)
    return {
        "name": one.name,
        "title": one.title,
        "about": one.about,
        "size": quantity,
        "unit": one.programme.unit,
        "sizes": {
            "small": one.small,
            "medium": one.medium,
            "full": one.programme.full,
            "unless asked": one.quantity(""),
        },
        "figures": one.programme.published(quantity),
    }
