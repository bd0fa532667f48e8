"""`spp explain`: why a request was decided as it was, in plain sentences, English or Khmer."""

from collections.abc import Mapping
from typing import Annotated

import typer
from rich.padding import Padding
from rich.text import Text

from pipeline.answers.explaining import explain as explain_history
from pipeline.answers.explanation import BasisTold, Explanation, RuleTold
from pipeline.answers.finding import histories
from pipeline.answers.policies import Policies
from pipeline.cli.console import CommandError, Json, out, write_json
from pipeline.cli.ledger import open_lookup
from processors.policy.terms import Language, Words, term

Name = Annotated[str, typer.Argument(metavar="REQUEST|LINE", help="A request id, or a line id of 32 hex digits.")]
Source = Annotated[str | None, typer.Option(help="The operator whose request it is, if several use the id.")]
Lang = Annotated[Language, typer.Option("--lang", help="en or km.")]

_MARKS: Mapping[str, tuple[str, str]] = {"pass": ("✓", ""), "unknown": ("?", "yellow"), "fail": ("✗", "red")}
_ANSWERS: Mapping[str, Words] = {
    "pass": Words("", ""),
    "unknown": Words(" Not known yet.", " មិនទាន់ដឹងនៅឡើយ។"),
    "fail": Words(" It is not so.", " មិនដូច្នេះទេ។"),
}
_NOTED = frozenset({"law", "seed", "derived", "unverified", "assumption", "unset"})
"""What is known no better than this is told with the pack's note."""
_NOTE = Words("{note}", "កំណត់ចំណាំ (ជាភាសាអង់គ្លេស)៖ {note}")
"""Packs have their notes in English."""
_HEADINGS: Mapping[str, Words] = {
    "why": Words("Why", "មូលហេតុ"),
    "winner": Words("Who has it", "អ្នកណាបានទទួល"),
    "asked": Words("What was asked", "អ្វីដែលត្រូវបានពិនិត្យ"),
    "figures": Words("Figures", "តួលេខ"),
    "limits": Words("Limits", "ដែនកំណត់"),
    "next": Words("What to do next", "អ្វីដែលត្រូវធ្វើបន្ទាប់"),
    "fact": Words("fact", "ព័ត៌មាន"),
    "rule": Words("rule", "វិធាន"),
    "source": Words("source", "ប្រភព"),
    "line": Words("line", "បន្ទាត់"),
    "changed": Words(
        "The ledger does not keep the pack this was decided by: what the rules stand on is told by the one in force.",
        "បញ្ជីមិនមានកញ្ចប់គោលនយោបាយដែលបានប្រើក្នុងការសម្រេចនេះទេ៖ មូលដ្ឋាននៃវិធានត្រូវបានប្រាប់តាមកញ្ចប់ដែលនៅជាធរមាន។",
    ),
}


def explain(
    name: Name,
    source: Source = None,
    lang: Lang = Language.ENGLISH,
    *,
    json: Json = False,
) -> None:
    """Say why a request was decided as it was: facts, rules, figures, who has it, and what to do next."""
    with open_lookup() as cursor:
        found = histories(cursor, name, source)
        if not found:
            raise CommandError(not_decided(name))
        policies = Policies(cursor)
        told = [explain_history(cursor, policies, history, lang) for history in found]
    if json:
        values = [one.to_json() for one in told]
        write_json(values[0] if len(values) == 1 else values)
        return
    for at, one in enumerate(told):
        if at:
            out.print()
        _show(one)


def not_decided(name: str) -> str:
    """What to tell when nothing was decided on a name."""
    return f"no decision on {name!r}: `spp quarantine list` shows what was refused, `spp drain` waits for the rest"


def _show(told: Explanation) -> None:
    language, data = Language(told.language), told.to_json()
    line = data.get("line_id")
    operator = term("sources", _bare(data["source"]), language)
    _line(f"{operator[:1].upper()}{operator[1:]} {data['request_id']}: {told.title}, {told.asked}", "bold")
    named = f"{_heading('line', language)} {line}" if line else f"{data['event_id']}"
    _line(f"{told.benefit}, {named}", "dim")
    _line(told.result, "bold")
    for reason in told.why:
        _line(f"{reason.sentence} ({reason.reason})", indent=2)
    if told.winner is not None:
        _section("winner", language)
        _line(told.winner.sentence, indent=2)
        _line(f"{_heading('line', language)} {told.winner.line_id}", "dim", indent=6)
    _section("next", language, bool(told.next_steps))
    for step in told.next_steps:
        _line(step, indent=2)
    _section("asked", language, bool(told.predicates))
    for rule in told.predicates:
        _rule(told, rule, language)
    _section("figures", language, bool(told.figures))
    for figure in told.figures:
        _line(figure.sentence, indent=2)
        source = f"{_heading('source', language)}: {figure.reference} " if figure.reference else ""
        _line(f"{source}({figure.name})", "dim", indent=6)
        _note(figure.note, language)
    _section("limits", language, bool(told.limits))
    for limit in told.limits:
        _line(limit.sentence, indent=2)
        _basis(limit.basis, language)
    if told.pack_changed:
        _line(f"\n{_heading('changed', language)}", "yellow")


def _rule(told: Explanation, rule: RuleTold, language: Language) -> None:
    mark, style = _MARKS[rule.outcome]
    _line(f"{mark} {rule.sentence}{_ANSWERS[rule.outcome].told(language)}", style, indent=2)
    facts = {(fact.source, fact.id): fact for fact in told.facts}
    for item in rule.evidence:
        fact = facts.get((item["source"], item["id"]))
        _line(
            f"{_heading('fact', language)}: {item['source']}/{item['id']}"
            if fact is None
            else f"{_heading('fact', language)}: {fact.sentence}",
            indent=6,
        )
    _basis(rule.basis, language)


def _basis(basis: BasisTold | None, language: Language) -> None:
    if basis is not None:
        _line(f"{_heading('rule', language)}: {basis.text}", "dim", indent=6)
        _note(basis.note if basis.status in _NOTED else None, language)


def _note(note: str | None, language: Language) -> None:
    if note is not None:
        _line(_NOTE.told(language).format(note=note), "dim", indent=6)


def _section(heading: str, language: Language, there: bool = True) -> None:  # noqa: FBT001, FBT002 - private
    if there:
        _line(f"\n{_heading(heading, language)}", "bold")


def _heading(name: str, language: Language) -> str:
    return _HEADINGS[name].told(language)


def _bare(source: object) -> str:
    return str(source).rpartition(":")[2]


def _line(text: str, style: str = "", *, indent: int = 0) -> None:
    """One line; in a terminal it folds at words under its own indent, elsewhere it stays one line."""
    if out.is_terminal:
        out.print(Padding(Text(text, style), (0, 0, 0, indent)), soft_wrap=False)
    else:
        out.print(" " * indent + text, markup=False, style=style)
