"""`spp publish`: a file of events, checked as a whole, wrapped, signed with the local key of its source, published."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from events.keys import RegistryError
from events.lines import BadLine, read_lines, read_raw
from events.local_keys import local_signer
from events.outgoing import Outgoing
from events.publisher import Publisher, PublishError
from events.signing import Signer
from events.topics import INPUT_TOPICS
from pipeline.cli.console import CommandError, ExitCode, Json, Steps, err, out, write_json
from pipeline.settings import get_settings

BAD_SHOWN_MAX = 20


def publish(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help='JSON Lines, {"type","id","time","data"} a line.')],
    source: Annotated[str, typer.Option("--as", metavar="SOURCE", help="The source that speaks, such as nssf.")],
    *,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Publish the good lines; exit code 3 if any is bad.")
    ] = False,
    raw: Annotated[
        bool, typer.Option("--raw", help="Publish each line's bytes as they are, to try bad input.")
    ] = False,
    topic: Annotated[str, typer.Option(help="With --raw: the topic; else that of the type the line names.")] = "",
    unsigned: Annotated[bool, typer.Option("--unsigned", help="With --raw: leave the signature out.")] = False,
    json: Json = False,
) -> None:
    """Sign and publish your own events from JSON Lines.

    Every line is checked first; a bad one is named with its number and field, and then nothing is published.
    """
    if not raw and (topic or unsigned):
        raise CommandError("--topic and --unsigned go with --raw", ExitCode.USAGE)
    signer, lines, raw_topic = _signer(source), _lines(file), _topic(topic)
    if raw:
        good, bad = read_raw(lines, raw_topic), list[BadLine]()
        if unsigned:
            good = [replace(record, headers=()) for record in good]
    else:
        good, bad = read_lines(lines, source)
    if bad and not skip_bad:
        _report(source, None, good, bad, skip_bad=skip_bad, json=json)
        raise CommandError(f"{len(bad):,} of {len(good) + len(bad):,} lines are bad, so nothing was published")
    publisher = _publish(source, signer, good)
    _report(source, publisher, good, bad, skip_bad=skip_bad, json=json)
    if bad:
        raise typer.Exit(ExitCode.PARTLY)


def _publish(source: str, signer: Signer, records: list[Outgoing]) -> Publisher | None:
    """Publish everything; None when there is nothing to publish."""
    if not records:
        return None
    bootstrap = get_settings().bootstrap
    try:
        with Steps().step(f"Publishing {len(records):,} records as {source}") as advance:
            with Publisher(
                bootstrap, source, signer, lambda done: advance(done, len(records), "confirmed")
            ) as publisher:
                publisher.send(records)
            return publisher
    except PublishError as error:
        raise CommandError(str(error)) from error


def _report(
    source: str,
    publisher: Publisher | None,
    good: list[Outgoing],
    bad: list[BadLine],
    *,
    skip_bad: bool,
    json: bool,
) -> None:
    published, topics = (publisher.confirmed, dict(publisher.by_topic)) if publisher else (0, {})
    if json:
        lines = [{"line": b.number, "field": b.field, "reason": b.reason, "detail": b.detail} for b in bad]
        read = len(good) + len(bad)
        write_json({"source": source, "read": read, "published": published, "topics": topics, "bad": lines})
        return
    for line in bad[:BAD_SHOWN_MAX]:
        err.print(str(line), style="red", markup=False)
    if len(bad) > BAD_SHOWN_MAX:
        err.print(f"… and {len(bad) - BAD_SHOWN_MAX:,} more bad lines", style="red", markup=False)
    if skip_bad or not bad:
        parts = ", ".join(f"{count:,} on {name}" for name, count in sorted(topics.items()))
        skipped = f"; {len(bad):,} bad lines skipped" if bad else ""
        out.print(f"Published {published:,} records{': ' if parts else ''}{parts}{skipped}.", markup=False)


def _signer(source: str) -> Signer:
    try:
        return local_signer(get_settings().keys_directory, source)
    except RegistryError as error:
        raise CommandError(str(error), ExitCode.USAGE) from error


def _topic(name: str) -> str | None:
    """The full name of an input topic given in full or by its noun."""
    if not name:
        return None
    known = {topic.name: topic.name for topic in INPUT_TOPICS}
    known |= {topic.name.split(".")[1]: topic.name for topic in INPUT_TOPICS}
    if name not in known:
        raise CommandError(f"{name!r} is no input topic; they are {', '.join(sorted(known))}", ExitCode.USAGE)
    return known[name]


def _lines(file: str) -> list[bytes]:
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}", ExitCode.USAGE) from error
    return content.split(b"\n")
