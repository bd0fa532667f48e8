"""`spp ledger hledger|beancount FILE`: the books as a journal for another program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from ledger.statements import journal
from ledger.statements.view import View
from pipeline.cli.console import CommandError, out
from pipeline.cli.report_options import Block, open_view

File = Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")]


def hledger(file: File, *, block: Block = None) -> None:
    """Write the books as a journal for hledger: one transaction a transfer, accounts named as here."""
    _write(journal.hledger, file, block)


def beancount(file: File, *, block: Block = None) -> None:
    """Write the books as a ledger for beancount and its web view, fava."""
    _write(journal.beancount, file, block)


def _write(pieces: Callable[[View], Iterator[str]], file: Path, block: int | None) -> None:
    try:
        with open_view(block=block) as view, file.open("w", encoding="utf-8") as target:
            target.writelines(pieces(view))
            head = view.head
    except OSError as error:
        message = f"{file} cannot be written ({error.strerror}): name a file in a directory you may write to"
        raise CommandError(message) from error
    out.print(f"Wrote {file}: the books at block {head.block_no:,}, hash {head.hash.hex() or '-'}.", markup=False)


def add_to(app: typer.Typer) -> None:
    """Register both."""
    app.command("hledger")(hledger)
    app.command("beancount")(beancount)
