"""What a run came to, for a person and for a program."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from ledger.reconciliation.identity import COUNT, Identity
from ledger.statements.amount import decimal_text, readable_text
from pipeline.cli.console import out, write_table
from pipeline.scenarios.comparison import Figure
from pipeline.scenarios.expectation import Expected
from pipeline.scenarios.figures import Published, Source
from pipeline.scenarios.files import Manifest
from pipeline.scenarios.mixed import Answer
from pipeline.scenarios.running import Stage

HEADINGS = {
    "received": "Received",
    "decided": "Decided",
    "posted": "Posted, net payable",
    "quarantined": "Quarantined by reason",
}


@dataclass(frozen=True)
class Summary:
    """One run: expected against obtained, the identities of the books, the time of each stage, the example beside."""

    manifest: Manifest
    expected: Expected
    figures: list[Figure]
    identities: list[Identity]
    stages: list[Stage]
    examples: list[Answer]
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
    def is_full(self) -> bool:
        """Whether it ran at the published size."""
        return self.manifest.size == self.manifest.full

    def beside(self, published: Published) -> Figure | None:
        """A published figure's rule beside what the ledger holds for it; None for what is only told."""
        if published.measure == "told":
            return None
        unit = published.unit if published.measure == "amount" else COUNT
        names = {name if published.measure == "amount" else f"{name} lines" for name in published.benefits}
        found = sum(f.obtained for f in self.figures if f.group == "posted" and f.unit == unit and f.name in names)
        return Figure("posted", published.name, unit, published.rule, found)

    @property
    def headline(self) -> Figure:
        """The most telling published figure: by the rule, and as posted."""
        return next(figure for one in self.expected.published if (figure := self.beside(one)) is not None)

    @property
    def agrees(self) -> bool:
        """Whether every figure is as expected and every identity holds."""
        beside = (self.beside(one) for one in self.expected.published)
        figures = not self.wrong and all(one is None or one.agrees for one in beside)
        return figures and not self.unreconciled and all(one.agrees for one in self.examples)


def show(summary: Summary) -> None:
    """Print the run for a person."""
    manifest = summary.manifest
    part = "" if summary.is_full else f" of {manifest.full:,}"
    out.print()
    out.print(Text(f"{manifest.title}: {manifest.size:,}{part} {manifest.unit}", style="bold"))
    if manifest.about:
        out.print(Text(manifest.about, style="dim"))
    for group, heading in HEADINGS.items():
        out.print()
        write_table((heading, ">expected", ">obtained", ""), [_row(f) for f in summary.figures if f.group == group])
    if summary.replayed > summary.expected.records.replayed:
        out.print(
            f"{summary.replayed:,} of the records were known from an earlier run; they changed nothing.", style="dim"
        )
    _show_stages(summary.stages)
    _show_examples(summary.examples)
    _show_published(summary)
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


def _show_examples(examples: list[Answer]) -> None:
    """Each request of the example of all benefits: what it was decided, and whether it was to be so."""
    if not examples:
        return
    rows = [
        (
            one.wanted.request_id,
            one.wanted.benefit,
            one.state or "not decided",
            ", ".join(one.reasons),
            f"{int(one.amount):,}" if one.amount is not None else "",
            "as expected" if one.agrees else _wanted(one),
        )
        for one in examples
    ]
    out.print()
    write_table(("An example of every benefit", "benefit", "decided", "because", ">riel", ""), rows)


def _wanted(one: Answer) -> str:
    wanted = one.wanted
    return " ".join(("differs, expected:", wanted.state, *wanted.reasons, wanted.amount or "")).rstrip()


def _show_published(summary: Summary) -> None:
    """Each published figure, what the rule gives for it, for what was told and what is posted, and the source."""
    out.print()
    expected = summary.expected
    numbers = source_numbers(expected.published)
    rows = []
    for one, full in zip(expected.published, expected.at_full, strict=True):
        beside = summary.beside(one)
        above = "" if one.published is None else f"{full.rule - one.published:+,}"
        published = "none" if one.published is None else f"{one.published:,}"
        obtained = "" if beside is None else f"{beside.obtained:,}"
        source = str(numbers[one.source])
        here = () if summary.is_full else (f"{one.rule:,}",)
        rows.append((one.name, one.unit, published, f"{full.rule:,}", above, *here, obtained, one.status, source))
    told = () if summary.is_full else (f">for {summary.manifest.size:,} {summary.manifest.unit}",)
    headings = ("Beside what is published", "unit", ">published", ">by the rule", ">difference", *told, ">obtained")
    write_table((*headings, "published figure is", ">source"), rows)
    show_sources(expected.published)


def source_numbers(published: Sequence[Published]) -> dict[Source, int]:
    """The number under which each source is told."""
    return {source: number for number, source in enumerate(dict.fromkeys(one.source for one in published), start=1)}


def show_sources(published: Sequence[Published]) -> None:
    """Each source by its number, then each note once, at the first figure it speaks of."""
    for source, number in source_numbers(published).items():
        out.print(Text(f"{number}  {source.title} {source.href}".rstrip(), style="dim"))
    notes: dict[str, str] = {}
    for one in published:
        if one.note:
            notes.setdefault(one.note, one.name)
    for note, name in notes.items():
        out.print(Text(f"{name}: {note}", style="dim"))


def _show_faults(summary: Summary) -> None:
    out.print()
    for figure in summary.wrong:
        name = f"{figure.group}, {figure.name}"
        out.print(Text(f"Differs: {name}: {figure.expected:,} expected, {figure.obtained:,} obtained.", style="red"))
    for answer in summary.examples:
        if not answer.agrees:
            out.print(Text(f"Differs: example {answer.wanted.request_id}: {_wanted(answer)}.", style="red"))
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
        "quantity": summary.manifest.size,
        "unit": summary.manifest.unit,
        "published": [
            _published(summary, *both)
            for both in zip(summary.expected.published, summary.expected.at_full, strict=True)
        ],
        "example": [
            {
                "wanted": one.wanted,
                "state": one.state,
                "reasons": one.reasons,
                "amount": one.amount,
                "agrees": one.agrees,
            }
            for one in summary.examples
        ],
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


def _published(summary: Summary, one: Published, full: Published) -> dict[str, object]:
    beside = summary.beside(one)
    return {
        "name": one.name,
        "unit": one.unit,
        "status": one.status,
        "published": None if one.published is None else str(one.published),
        "rule": str(full.rule),
        "rule_at_this_size": str(one.rule),
        "obtained": None if beside is None else str(beside.obtained),
        "difference": None if one.published is None else str(full.rule - one.published),
        "source": one.source,
        "note": one.note,
    }


def _figure(figure: Figure) -> dict[str, object]:
    both: dict[str, object] = {"expected": figure.expected, "obtained": figure.obtained}
    if figure.unit != COUNT:
        both = {name: decimal_text(amount, figure.unit) for name, amount in
                (("expected", figure.expected), ("obtained", figure.obtained))}  # fmt: skip
    return {"group": figure.group, "name": figure.name, "unit": figure.unit, **both, "agrees": figure.agrees}
