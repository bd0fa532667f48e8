"""`spp ledger rebuild`: the books decided again beside the original, and every difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.console import CommandError, ExitCode, Json, Steps, err, out, write_json, write_table
from pipeline.cli.ledger import explained
from pipeline.settings import get_settings

if TYPE_CHECKING:
    from pipeline.rebuild.run import Rebuilt

SHOWN = 100
"""So many differences are shown to a person; `--json` has all."""


def rebuild(
    *,
    from_journal: Annotated[
        bool, typer.Option("--from-journal", help="Replay what the decider took: equal leaf for leaf, and the root.")
    ] = False,
    from_inbox: Annotated[
        bool, typer.Option("--from-inbox", help="Decide the recorded facts in another order and other sets.")
    ] = False,
    from_topics: Annotated[
        bool, typer.Option("--from-topics", help="Read and judge the topics again, then as --from-inbox.")
    ] = False,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Draw that order again; else another one each time.", show_default=False)
    ] = None,
    into: Annotated[
        str | None, typer.Option(metavar="URL", help="An empty database of yours; else one is made and dropped.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Do not drop the database that was made.")] = False,
    json: Json = False,
) -> None:
    """Decide everything again beside the ledger and list every difference; exit 1 unless there is none.

    The ledger is only read. --from-journal shows that decisions and books follow from the recorded facts by this
    program; the other two that they do not depend on order, batching, or what the ledger's tables say of decisions.
    """
    from pipeline.logging import configure_logging  # noqa: PLC0415 - the clients take their time to import
    from pipeline.rebuild import run  # noqa: PLC0415
    from pipeline.rebuild.target import RebuildError, database, name_of  # noqa: PLC0415

    if from_journal + from_inbox + from_topics != 1:
        raise CommandError("say one of --from-journal, --from-inbox, --from-topics", ExitCode.USAGE)
    settings = get_settings()
    drawn = run.draw_seed() if seed is None else seed
    steps = Steps()
    configure_logging()
    try:
        with explained(), database(settings.ledger, into, keep=keep) as target:
            if from_journal:
                told = run.from_journal(settings.ledger, target, steps.step)
            elif from_inbox:
                told = run.from_inbox(settings.ledger, target, drawn, steps.step)
            else:
                told = run.from_topics(settings, target, drawn, steps.step)
            if keep and into is None:
                err.print(f"The rebuilt books stay in the database {name_of(target)}.", markup=False)
    except RebuildError as error:
        raise CommandError(str(error)) from error
    _show(told, None if from_journal else drawn, json=json)
    if told.differences:
        raise typer.Exit(ExitCode.FAILED)


def _show(told: Rebuilt, seed: int | None, *, json: bool) -> None:
    if json:
        write_json({**told._asdict(), "seed": seed, "differences": [one._asdict() for one in told.differences]})
        return
    if told.differences:
        rows = [tuple(one) for one in told.differences[:SHOWN]]
        write_table(("what", "where", "original", "rebuilt"), rows)
        if len(told.differences) > SHOWN:
            out.print(f"… and {len(told.differences) - SHOWN:,} more; `--json` has all.", markup=False)
    order = "" if seed is None else f", in the order that --seed {seed} draws"
    out.print(
        f"{told.events:,} facts in {told.sets:,} sets made {told.blocks:,} blocks{order}: "
        f"{len(told.differences):,} differences.",
        markup=False,
    )


def add_to(app: typer.Typer) -> None:
    """Give the command to `spp ledger`."""
    app.command()(rebuild)
