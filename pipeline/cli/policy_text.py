"""Policies as text for a policy officer: what is in force, what differs, what would move."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.statements.amount import readable_text
from pipeline.cli.console import out, write_table
from processors.policy.terms import Language, term

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.policies.checking import Checked
    from pipeline.policies.comparing import Change
    from pipeline.policies.telling import Entry, Reference, Shown
    from pipeline.policies.trial import Trial

_HEADINGS = {
    "entitlement": "What one payment is for",
    "amount": "Amount",
    "rules": "Rules, all of which must hold",
    "priority": "Priority",
    "tolerance": "Tolerance",
    "certifier": "Certifier",
    "books": "Books",
    "overlays": "Overlays, in force in their areas",
    "windows": "Windows and days, shared by all benefits",
    "incomplete_birth_date": "Birth dates known by year or month, shared by all benefits",
    "source_order": "Which source counts, shared by all benefits",
    "exclusivity": "Who may not both be paid",
}
ALL = "(all)"


def line(text: str = "", style: str | None = None) -> None:
    """One line as it is, whatever brackets it holds."""
    out.print(text, style=style, markup=False)


class _Notes:
    """Numbers references and notes, so that rows of a table stay short and each is told once."""

    def __init__(self) -> None:
        self.references: dict[Reference, int] = {}
        self.notes: dict[str, int] = {}

    def of(self, entry: Entry) -> str:
        """The marks of an entry: [1] for a reference, (1) for a note."""
        marks = [f"[{self.references.setdefault(ref, len(self.references) + 1)}]" for ref in entry.references]
        told = [entry.note] if entry.note else []
        told += [f"Sources conflict: {entry.conflict}"] if entry.conflict else []
        marks += [f"({self.notes.setdefault(note, len(self.notes) + 1)})" for note in told]
        return " ".join(marks)


def show(told: Shown, label: str, language: Language) -> None:
    """Everything in force of one benefit on one day."""
    line(f"{told.benefit}: {told.english}", "bold")
    line(told.khmer)
    line(f"On {told.on} by {label}; pack {told.digest[:12]}.")
    if not told.in_force:
        line(f"Not in force on {told.on}: every request for that day is rejected as `not_in_force`.", "bold")
    line(f"Granted to a {told.unit}, asked for by `{told.shape}`, held by `{told.scheme}`.")
    notes = _Notes()
    sections: dict[str, list[Entry]] = {}
    for entry in told.entries:
        sections.setdefault(entry.section, []).append(entry)
    for section, entries in sections.items():
        line()
        line(_HEADINGS.get(section, section.replace("_", " ").capitalize()), "bold")
        _rules(entries, notes, language) if section == "rules" else _table(section, entries, notes, language)
    _footnotes(notes)


def _rules(entries: Sequence[Entry], notes: _Notes, language: Language) -> None:
    for entry in entries:
        deep = "    " * (len(entry.path) - 1) + ("" if len(entry.path) == 1 else f"way {entry.path[1]}: ")
        line(f"  {deep}{entry.words}")
        status = "" if entry.status is None else term("status", entry.status, language)
        unit = f", counted in {entry.unit}" if entry.unit else ""
        basis = f"{status}{unit}, since {entry.since} {notes.of(entry)}".strip(", ")
        line(f"      {'    ' * (len(entry.path) - 1)}{basis}", "dim")


def _table(section: str, entries: Sequence[Entry], notes: _Notes, language: Language) -> None:
    rows = [
        (
            entry.words or section.replace("_", " "),
            _value(entry),
            entry.unit or "",
            "" if entry.status is None else term("status", entry.status, language),
            entry.since or "",
            entry.until or "",
            notes.of(entry),
        )
        for entry in entries
    ]
    value = ">value" if any(entry.unit for entry in entries) else "value"
    headings = ("what", value, "unit", "how well known", "since", "until", "see")
    kept = [at for at, _ in enumerate(headings) if at < len(("what", "value")) or any(row[at] for row in rows)]
    write_table([headings[at] for at in kept], [[row[at] for at in kept] for row in rows])


def _value(entry: Entry) -> str:
    if entry.value is None:
        told = "; ".join(f"{name} {_plain(value)}" for name, value in entry.parameters.items())
        return told or ("unset" if entry.status == "unset" else "")
    return f"{entry.value:,}" if isinstance(entry.value, int) and entry.unit is not None else _plain(entry.value)


def _plain(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    return str(value)


def _footnotes(notes: _Notes) -> None:
    if notes.references:
        line()
        line("References", "bold")
        for reference, number in notes.references.items():
            line(f"  [{number}] {reference.title}{'' if reference.href is None else f' {reference.href}'}")
    if notes.notes:
        line()
        line("Notes", "bold")
        for note, number in notes.notes.items():
            line(f"  ({number}) {note}")


def changes(found: Sequence[Change]) -> None:
    """What differs, by benefit and date."""
    if not found:
        line("Nothing changes: the two say the same.")
        return
    rows = [
        (change.benefit or ALL, _days(change), change.kind.value, _place(change), change.old or "", change.new or "")
        for change in found
    ]
    write_table(("benefit", "from", "what changes", "where", "was", "is"), rows)


def _place(change: Change) -> str:
    return change.path.replace(".", ", ").replace("_", " ")


def _days(change: Change) -> str:
    if change.since is None:
        return ""
    return change.since if change.until is None else f"{change.since} until {change.until}"


def trial(told: Trial) -> None:
    """What would move in the open requests."""
    line(f"{told.changed:,} of {told.lines:,} open lines would change; submitted lines keep what they have.")
    if told.waiting:
        line(f"{told.waiting:,} marks wait to be decided and are left out; `spp drain` waits for them.")
    if told.failed:
        line(f"{told.failed:,} lines could not be tried: their cases fail under one of the two policies.", "red")
    if not told.moved:
        return
    write_table(
        ("benefit", "change", "because", ">lines", ">before", ">after", ">difference", "currency", "for example line"),
        [
            (
                row.benefit,
                row.change,
                ", ".join(row.reasons),
                f"{row.lines:,}",
                readable_text(row.before_minor, row.currency),
                readable_text(row.after_minor, row.currency),
                readable_text(row.after_minor - row.before_minor, row.currency),
                row.currency,
                row.examples[0].line_id,
            )
            for row in told.moved
        ],
    )
    for currency, difference in totals(told).items():
        line(f"In all {readable_text(difference, currency)} {currency}.", "bold")
    for currency, difference in told.if_followed.items():
        line(
            f"If operators named the amounts of the new policy: {readable_text(difference, currency)} {currency}. They "
            f"name others now, so their requests would be refused."
        )


def totals(told: Trial) -> dict[str, int]:
    """What moves in all, by currency, in minor units."""
    sums: dict[str, int] = {}
    for row in told.moved:
        if row.currency:
            sums[row.currency] = sums.get(row.currency, 0) + row.after_minor - row.before_minor
    return sums


def checked(told: Checked, label: str) -> None:
    """What is wrong, a line each; then what to look at."""
    for problem in told.problems:
        line(f"{problem.file}:{problem.line}: {problem.what}. {problem.remedy}", "red")
    for warning in told.warnings:
        line(f"{warning.file}:{warning.line}: {warning.kind.value}: {warning.path}{_said(warning.note)}")
    counts: dict[str, int] = {}
    for warning in told.warnings:
        counts[warning.kind.value] = counts.get(warning.kind.value, 0) + 1
    found = ", ".join(f"{count:,} {kind}" for kind, count in sorted(counts.items()))
    state = f"{len(told.problems):,} wrong, it does not load" if told.problems else "it loads"
    line(f"{label}: {state}. To look at: {found or 'nothing'}.", "bold")


def _said(note: str) -> str:
    return f". {note}" if note else ""
