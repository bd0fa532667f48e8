"""`spp precheck FILE`: what would be decided now on a file of events, on all that is recorded; nothing is kept."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from events.keys import KeyRegistry, RegistryError
from events.lines import BadLine
from pipeline.answers.finding import read_bytes
from pipeline.answers.judging import Judged, identities, judge, read
from pipeline.answers.policies import Policies
from pipeline.answers.prechecking import Answer, Precheck
from pipeline.answers.prechecking import precheck as decide
from pipeline.cli.console import CommandError, ExitCode, Json, err, out, write_json, write_table
from pipeline.cli.ledger import open_lookup
from pipeline.readonly import ReadOnlyWorld
from pipeline.settings import get_settings
from processors.policy.codes import codes

BAD_SHOWN_MAX = 20


def precheck(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="The file you would give to `spp publish`.")],
    source: Annotated[
        str | None,
        typer.Option("--as", metavar="SOURCE", help="The source that speaks; without it each line is a whole event."),
    ] = None,
    *,
    json: Json = False,
) -> None:
    """Say what would be decided now on each request of a file, given all that is recorded. Nothing is kept.

    Exit 0 if every request would be approved, 1 if none would, 3 if some would not or lines are bad.
    """
    records, broken = read(_lines(file), source)
    registry = _registry()
    with open_lookup() as cursor:
        policy = Policies(cursor).current
        recorded = read_bytes(cursor, identities(records))
        judged = judge(records, registry, codes(policy), time.time_ns() // 1_000, recorded)
        told = decide(ReadOnlyWorld(cursor.connection, cursor), policy, judged)
    bad = sorted((*broken, *judged.bad), key=lambda line: line.number)
    if json:
        write_json(_as_json(judged, told, bad))
    else:
        _show(judged, told, bad)
    code = _code(told, bad, len(judged.new) + len(judged.known))
    if code is not ExitCode.OK:
        raise typer.Exit(code)


def _code(told: Precheck, bad: list[BadLine], good: int) -> ExitCode:
    if not bad and told.approved == len(told.answers):
        return ExitCode.OK
    if told.approved == 0 and (told.answers or not good):
        return ExitCode.FAILED
    return ExitCode.PARTLY


def _lines(file: str) -> list[bytes]:
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}", ExitCode.USAGE) from error
    return content.split(b"\n")


def _registry() -> KeyRegistry:
    try:
        return KeyRegistry.read(get_settings().keys_directory)
    except RegistryError as error:
        raise CommandError(str(error)) from error


def _as_json(judged: Judged, told: Precheck, bad: list[BadLine]) -> dict[str, object]:
    return {
        "kept": False,
        "new": len(judged.new),
        "known": len(judged.known),
        "approved": told.approved,
        "requests": told.answers,
        "changes": told.changes,
        "batches": told.batches,
        "undecided": told.undecided,
        "bad": [{"line": b.number, "field": b.field, "reason": b.reason, "detail": b.detail} for b in bad],
    }


def _show(judged: Judged, told: Precheck, bad: list[BadLine]) -> None:
    for line in bad[:BAD_SHOWN_MAX]:
        err.print(str(line), style="red", markup=False)
    if len(bad) > BAD_SHOWN_MAX:
        err.print(f"… and {len(bad) - BAD_SHOWN_MAX:,} more bad lines", style="red", markup=False)
    if told.answers:
        headings = (">line", "request", "benefit", "for", "would be", ">amount", "why", "who has it")
        write_table(headings, [_row(answer) for answer in told.answers])
        out.print()
    if told.changes:
        rows = [(f"{row.source} {row.request_id}", row.before, row.after) for row in told.changes]
        out.print("Requests recorded already that would change", style="bold", markup=False)
        write_table(("request", "is", "would be"), rows)
        out.print()
    for batch in told.batches:
        declared = "not declared" if batch.declared is None else f"{batch.declared:,} declared"
        complete = "complete: approved lines would be submitted" if batch.complete else "not complete"
        out.print(
            f"Batch {batch.batch_id} of {batch.source}: {batch.known:,} known, {declared}; {complete}.", markup=False
        )
    known = f", {len(judged.known):,} recorded already" if judged.known else ""
    refused = f", {len(bad):,} lines bad" if bad else ""
    requests = f"{told.approved:,} of {len(told.answers):,} requests would be approved"
    out.print(
        f"{requests if told.answers else 'No request in the file'}. {len(judged.new):,} new events{known}{refused}. "
        "Nothing was kept.",
        markup=False,
    )
    if told.undecided:
        out.print(f"{told.undecided:,} events recorded and not decided yet were reckoned in.", markup=False)


def _row(answer: Answer) -> tuple[object, ...]:
    whole, _, cents = (answer.amount or {}).get("amount", "").partition(".")
    amount = f"{int(whole):,}{'.' if cents else ''}{cents} {(answer.amount or {}).get('currency', '')}" if whole else ""
    return (
        answer.line,
        f"{answer.source} {answer.request_id}" + ("" if answer.new else " (recorded)"),
        answer.benefit,
        answer.asked_for,
        answer.state,
        amount,
        " ".join(reason["sentence"] for reason in answer.reasons),
        "" if answer.won_by is None else f"{answer.won_by.source} {answer.won_by.request_id}",
    )
