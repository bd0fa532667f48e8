"""docs/bench.md and what a person reads in the terminal: the same tables, every figure from the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from infra.bench.figures import Cell, Row, Table, printed, ratio
from infra.bench.goals import Verdict, verdicts

_MET = {True: "met", False: "**not met**", None: "not measured"}


class Run(NamedTuple):
    """One run of the benchmark: what it measured, where, by which command, and how long it took."""

    rows: Sequence[Row]
    machine: Mapping[str, str]
    command: str
    seconds: float
    disturbed: float

    @property
    def figures(self) -> dict[str, float]:
        """The figures of all rows by name."""
        return {name: value for row in self.rows for name, value in row.figures.items()}

    @property
    def verdicts(self) -> list[Verdict]:
        """Every goal with what was measured."""
        return verdicts(self.figures)


def page(run: Run) -> str:
    """The whole document."""
    return "\n".join(_page(run)) + "\n"


def _page(run: Run) -> Iterator[str]:
    yield "# Speed"
    yield ""
    yield f"Written by `{run.command}` in one run of {run.seconds / 60:.0f} minutes; do not edit. Figures of another"
    yield "machine are others: read the ratios. Rows in which decisions a request differ did different work."
    yield ""
    for name, text in run.machine.items():
        yield f"- {name}: {text}"
    yield f"- other processes when it began: {run.disturbed:.0%} of the processors"
    yield ""
    yield from _section("Goals", goals(run))
    yield from _section("Ratios", ratios(run.figures))
    for row in run.rows:
        yield f"## {_heading(row)}"
        yield ""
        yield row.says
        yield ""
        for table in row.tables:
            yield from _table(table)
            yield ""


def _section(title: str, table: Table) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield from _table(table)
    yield ""


def _heading(row: Row) -> str:
    return f"({row.name}) {row.title}"


def goals(run: Run) -> Table:
    """The goals with their verdicts."""
    return Table(("goal", "verdict", "measured"), [(one.goal, _MET[one.met], one.told) for one in run.verdicts])


def ratios(figures: Mapping[str, float]) -> Table:
    """What was measured, against the full path at its best."""
    lines: list[tuple[Cell, ...]] = []
    path = figures.get("path")
    for name, key in (
        ("(b) the full path", "path"),
        ("(a) raw COPY of all rows", "copy"),
        ("(b) with the sealer", "seal"),
        ("(c) recording alone", "recorded"),
        ("(c) a plain Faust agent, recording", "plain"),
        ("(d) one call an entry, hot account", "calls"),
        ("(d) one call an entry, many accounts", "calls.many"),
        ("(g) deciding requests alone, hot account", "hot"),
    ):
        if key in figures:
            lines.append((name, figures[key], None if path is None else ratio(path, figures[key])))
    return Table(("", ">a second", ">the full path is so many times that"), lines)


def _table(table: Table) -> Iterator[str]:
    if table.title:
        yield f"{table.title}:"
        yield ""
    yield "| " + " | ".join(heading.removeprefix(">") for heading in table.headings) + " |"
    yield "|" + "|".join("---:" if heading.startswith(">") else "---" for heading in table.headings) + "|"
    for line in table.lines:
        yield "| " + " | ".join(printed(cell) for cell in line) + " |"
