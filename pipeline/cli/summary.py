"""What a run came to, for a person and for a program."""

from dataclasses import dataclass

from rich.text import Text

from ledger.reconciliation.identity import COUNT, Identity
from ledger.statements.amount import decimal_text, readable_text
from pipeline.cli.console import out, write_table
from pipeline.scenarios.comparison import Figure
from pipeline.scenarios.expectation import Expected
from pipeline.scenarios.files import Manifest
from pipeline.scenarios.running import Stage

HEADINGS = {
    "received": "Received",
    "decided": "Decided",
    "posted": "Posted, net payable",
    "quarantined": "Quarantined by reason",
}


@dataclass(frozen=True)
class Summary:
    """One run: expected against obtained, the identities of the books, and the time each stage took."""

    manifest: Manifest
    expected: Expected
    figures: list[Figure]
    identities: list[Identity]
    stages: list[Stage]
    replayed: int

    @property
    def wrong(self) -> list[Figure]:
        """Figures that are not as expected."""
        return [figure for figure in self.figures if not figure.agrees]

    @property
    def unreconciled(self) -> list[Identity]:
        """Identities that leave a difference."""
        return [identity for identity in self.identities if identity.difference]

    @property
    def headline(self) -> Figure:
        """The published amount against what is posted for it."""
        published = self.expected.published
        name, unit = published.benefit, published.currency
        found = next((f for f in self.figures if (f.group, f.name, f.unit) == ("posted", name, unit)), None)
        return Figure("posted", name, unit, int(published.amount), found.obtained if found is not None else 0)

    @property
    def agrees(self) -> bool:
        """Whether every figure is as expected and every identity holds."""
        return not self.wrong and not self.unreconciled and self.headline.agrees


def show(summary: Summary) -> None:
    """Print the run for a person."""
    manifest, published = summary.manifest, summary.expected.published
    out.print()
    out.print(Text(f"{manifest.title}: {published.mothers:,} mothers, {published.babies:,} babies", style="bold"))
    out.print(Text(f"{published.source}\n{published.note}", style="dim"))
    for group, heading in HEADINGS.items():
        out.print()
        write_table((heading, ">expected", ">obtained", ""), [_row(f) for f in summary.figures if f.group == group])
    if summary.replayed > summary.expected.records.replayed:
        out.print(
            f"{summary.replayed:,} of the records were known from an earlier run; they changed nothing.", style="dim"
        )
    _show_stages(summary.stages)
    _show_faults(summary)
    _show_headline(summary)


def _row(figure: Figure) -> tuple[str, str, str, str]:
    unit = "" if figure.unit == COUNT else f" {figure.unit}"
    expected = readable_text(figure.expected, figure.unit) + unit
    return figure.name, expected, readable_text(figure.obtained, figure.unit) + unit, "" if figure.agrees else "differs"


def _show_stages(stages: list[Stage]) -> None:
    out.print()
    rows = [(stage.name, f"{stage.records:,}", f"{stage.seconds:.1f}", f"{stage.per_second:,.0f}") for stage in stages]
    write_table(("Speed, each stage from the first record published", ">records", ">seconds", ">records/s"), rows)


def _show_faults(summary: Summary) -> None:
    out.print()
    for figure in summary.wrong:
        name = f"{figure.group}, {figure.name}"
        out.print(Text(f"Differs: {name}: {figure.expected:,} expected, {figure.obtained:,} obtained.", style="red"))
    for one in summary.unreconciled:
        out.print(Text(f"Not reconciled: {one.name}: {one.says} leaves {one.difference:,}. {one.hint}", style="red"))
    if not summary.unreconciled:
        out.print(Text(f"Reconciliation: all {len(summary.identities)} identities are zero."))


def _show_headline(summary: Summary) -> None:
    figure = summary.headline
    expected, obtained = (readable_text(amount, figure.unit) for amount in (figure.expected, figure.obtained))
    verdict = "agrees to the riel" if figure.agrees else "DISAGREES"
    style = "bold green" if summary.agrees else "bold red"
    out.print(Text(f"{figure.unit} {obtained} obtained, {expected} expected: {verdict}.", style=style))
    if not summary.agrees:
        out.print(Text("The run failed: what disagrees is named above.", style=style))


def as_json(summary: Summary) -> dict[str, object]:
    """The run for a program; amounts are decimal strings, counts numbers."""
    headline = summary.headline
    return {
        "scenario": summary.manifest.scenario,
        "size": summary.manifest.size,
        "seed": summary.manifest.seed,
        "agrees": summary.agrees,
        "published": summary.expected.published,
        "expected": decimal_text(headline.expected, headline.unit),
        "obtained": decimal_text(headline.obtained, headline.unit),
        "replayed": summary.replayed,
        "figures": [_figure(figure) for figure in summary.figures],
        "reconciliation": [
            {"name": one.name, "unit": one.unit, "difference": decimal_text(one.difference, one.unit)}
            for one in summary.identities
        ],
        "stages": [
            {"name": stage.name, "records": stage.records, "seconds": round(stage.seconds, 3)}
            for stage in summary.stages
        ],
    }


def _figure(figure: Figure) -> dict[str, object]:
    both: dict[str, object] = {"expected": figure.expected, "obtained": figure.obtained}
    if figure.unit != COUNT:
        both = {name: decimal_text(amount, figure.unit) for name, amount in
                (("expected", figure.expected), ("obtained", figure.obtained))}  # fmt: skip
    return {"group": figure.group, "name": figure.name, "unit": figure.unit, **both, "agrees": figure.agrees}
