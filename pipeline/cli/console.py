"""How every command speaks: progress and tables for a person, JSON for a program, one line for an error."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from typing import Annotated

import msgspec
import typer
from rich.console import Console, JustifyMethod
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

out = Console(soft_wrap=True, highlight=False, emoji=False)
err = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)

UNFOLDED_COLUMNS = 10_000
"""Room for a table in a file or pipe, where each row stays on its line."""


class ExitCode(IntEnum):
    """What a command's exit code says."""

    OK = 0
    FAILED = 1
    USAGE = 2
    PARTLY = 3


class CommandError(Exception):
    """Ends a command with one message and an exit code, without a traceback."""

    def __init__(self, message: str, code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(message)
        self.code = code


def write_json(value: object) -> None:
    """One JSON document on standard output, indented, dates and decimals as text."""
    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def write_table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
    """A table on standard output; a heading with a leading `>` is a column of numbers, aligned to the right.

    In a terminal it folds to the terminal's width; elsewhere each row is one line.
    """
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim")
    for heading in headings:
        justify: JustifyMethod = "right" if heading.startswith(">") else "left"
        table.add_column(heading.removeprefix(">"), justify=justify, overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    if out.is_terminal:
        out.print(table)
        return
    unfolded = Console(width=UNFOLDED_COLUMNS, highlight=False, emoji=False)
    with unfolded.capture() as drawn:
        unfolded.print(table)
    typer.echo("\n".join(line.rstrip() for line in drawn.get().splitlines()))


class Steps:
    """Shows long steps on standard error: a live line in a terminal, plain lines elsewhere."""

    def note(self, text: str) -> None:
        """Say one thing that the user should know."""
        err.print(f"  {text}", markup=False)

    @contextmanager
    def step(self, text: str) -> Iterator[Callable[[int, int, str], None]]:
        """Announce a step, show how far it is, and say how long it took."""
        begun = time.monotonic()
        with self._shown(text) as advance:
            yield advance
        err.print(f"[green]✓[/] {text} [dim]{time.monotonic() - begun:.1f} s[/]")

    @contextmanager
    def _shown(self, text: str) -> Iterator[Callable[[int, int, str], None]]:
        if not err.is_terminal:
            err.print(f"… {text}", markup=False)
            yield _plain(text)
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), _Bar(bar_width=30), _Done(), TimeElapsedColumn())
        with Progress(*columns, console=err, transient=True) as bars:
            task = bars.add_task(text, total=None)
            yield lambda done, total, _detail: bars.update(task, completed=done, total=total)


class _Bar(BarColumn):
    """Shown once the length of the way is known."""

    def render(self, task: Task) -> ProgressBar | Text:  # type: ignore[override]  # a column may render anything
        return super().render(task) if task.total else Text()


class _Done(MofNCompleteColumn):
    """Shown once the length of the way is known."""

    def render(self, task: Task) -> Text:
        return super().render(task) if task.total else Text()


def _plain(text: str) -> Callable[[int, int, str], None]:
    """A line at each tenth of the way."""
    told = 0

    def advance(done: int, total: int, detail: str) -> None:
        nonlocal told
        if total and done * 10 // total > told:
            told = done * 10 // total
            err.print(f"… {text}: {done:,} of {total:,} {detail}", markup=False)

    return advance
