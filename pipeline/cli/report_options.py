"""What commands of reports share: options for days, block and form, and the view they ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Annotated

import typer

from ledger.statements.snapshot import head_at, read_head
from ledger.statements.view import View
from pipeline.cli.console import CommandError, ExitCode
from pipeline.cli.ledger import open_snapshot

Since = Annotated[str | None, typer.Option("--from", metavar="DAY", help="First effective day, as 2018-03-01.")]
Until = Annotated[str | None, typer.Option("--to", metavar="DAY", help="Last effective day.")]
Block = Annotated[int | None, typer.Option(min=1, help="The books as they stood after this block.")]
Cycle = Annotated[str, typer.Option(metavar="MONTH", help="The payment cycle, as 2018-03.")]

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


@contextmanager
def open_view(since: str | None = None, until: str | None = None, block: int | None = None) -> Iterator[View]:
    """The books after `block` (else the last one) with the days asked for. CommandError for what does not exist."""
    first, last = day_of(since, "--from"), day_of(until, "--to")
    if first is not None and last is not None and first > last:
        raise CommandError(f"--from {first} is after --to {last}: name the earlier day first", ExitCode.USAGE)
    with open_snapshot() as conn:
        head = read_head(conn) if block is None else head_at(conn, block)
        if head is None:
            last_block = read_head(conn).block_no
            raise CommandError(f"there is no block {block}: the last one is {last_block}", ExitCode.USAGE)
        yield View(conn, head, first, last)


def day_of(text: str | None, option: str) -> date | None:
    """A day as YYYY-MM-DD. CommandError naming `option` for anything else."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{option}: expected a day as 2018-03-01, got {text!r}", ExitCode.USAGE) from error


def cycle_of(text: str) -> int:
    """A month YYYY-MM as YYYYMM. CommandError for anything else."""
    found = _MONTH.fullmatch(text)
    if found is None:
        raise CommandError(f"--cycle: expected a month as 2018-03, got {text!r}", ExitCode.USAGE)
    return int(found[1]) * 100 + int(found[2])
