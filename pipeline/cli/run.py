"""`spp run`: publish a scenario, wait for it, and hold what came of it against the published figures."""

from typing import Annotated, NamedTuple

import typer

from events.keys import RegistryError
from events.publisher import PublishError
from ledger.reconciliation.identity import Identity
from ledger.reconciliation.run import reconcile
from pipeline.cli.console import CommandError, ExitCode, Json, Steps, write_json
from pipeline.cli.ledger import open_snapshot
from pipeline.cli.scenario import Seed, Size, default_directory, find
from pipeline.cli.summary import Summary, as_json, show
from pipeline.local import stack
from pipeline.scenarios import files, mixed
from pipeline.scenarios.catalogue import DEFAULT_SEED, Scenario
from pipeline.scenarios.comparison import compare
from pipeline.scenarios.expectation import Expected
from pipeline.scenarios.obtained import Counters, Obtained, read_counters, read_obtained, read_quarantined
from pipeline.scenarios.running import RunError, Runner, Stage
from pipeline.settings import get_settings

DEFAULT_SCENARIO = "births-2018"
STALL_SECONDS = 120.0


class Received(NamedTuple):
    """The counters before and after a scenario, and what was quarantined in between, by reason."""

    before: Counters
    after: Counters
    quarantined: dict[str, int]


def run(
    name: Annotated[str, typer.Argument(metavar="SCENARIO", help="See `spp scenario list`.")] = DEFAULT_SCENARIO,
    *,
    size: Size = "",
    seed: Seed = DEFAULT_SEED,
    stall: Annotated[float, typer.Option(help="Give up when nothing has moved for so many seconds.")] = STALL_SECONDS,
    json: Json = False,
) -> None:
    """Publish a scenario, wait for it, compare with the published figures. Exit 1 if any figure disagrees.

    The same scenario run again is all replays and changes nothing, so its figures agree again.
    """
    chosen, steps = find(name, size), Steps()
    stack.up(get_settings(), steps)
    summary = _run(chosen, size, seed, stall, steps)
    if json:
        write_json(as_json(summary))
    else:
        show(summary)
    if not summary.agrees:
        raise typer.Exit(ExitCode.FAILED)


def _run(chosen: Scenario, size: str, seed: int, stall: float, steps: Steps) -> Summary:
    directory = default_directory(chosen, size, seed)
    with steps.step(f"Writing {chosen.name} for {chosen.quantity(size):,} {chosen.programme.unit}"):
        manifest = files.write(chosen, size, seed, directory)
    try:
        with Runner(get_settings(), directory, steps, stall) as runner:
            runner.settle()
            before = _counters()
            for wave in manifest.waves:
                runner.run(wave, len(manifest.waves))
            stages = list(runner.stages.values())
            received = _received(before)
            asked = _publish_example(runner) if chosen.name == DEFAULT_SCENARIO else []
    except (RunError, PublishError, RegistryError) as error:
        raise CommandError(str(error)) from error
    with steps.step("Comparing and reconciling"):
        return _summary(manifest, files.read_expected(directory), received, stages, asked)


def _publish_example(runner: Runner) -> list[mixed.Wanted]:
    """The example of all benefits, where the program runs in its checkout; elsewhere there is none."""
    if not mixed.EVENTS.is_file():
        return []
    runner.also(f"an example of every benefit, {mixed.EVENTS.name}", mixed.records())
    return mixed.wanted()


def _counters() -> Counters:
    with open_snapshot() as conn:
        return read_counters(conn)


def _received(before: Counters) -> Received:
    with open_snapshot() as conn:
        return Received(before, read_counters(conn), read_quarantined(conn, before.last_quarantine_no))


def _summary(
    manifest: files.Manifest,
    expected: Expected,
    received: Received,
    stages: list[Stage],
    asked: list[mixed.Wanted],
) -> Summary:
    with open_snapshot() as conn:
        obtained: Obtained = read_obtained(conn, manifest.token)
        examples = mixed.answers(conn, asked)
        identities: list[Identity] = reconcile(conn)
    before, after, quarantined = received
    figures = compare(expected, obtained, before, after, quarantined)
    replayed = after.replayed - before.replayed
    return Summary(manifest, expected, figures, identities, stages, examples, replayed)
