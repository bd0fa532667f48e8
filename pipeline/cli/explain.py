"""`spp explain`: the decided event, then each predicate with its outcome, evidence and figures.

What certifiers and banks say later asks nothing anew, so for a line certified or beyond these are the predicates it was
last decided on; `asked_in_version` says in which version of the decision.
"""

from typing import Annotated

import msgspec
import typer

from events.reasons import REASONS, REASONS_BY_NUMBER
from events.states import STATES_BY_NUMBER
from ledger.model.rows import DecisionKind, DecisionRow
from ledger.statements.amount import readable_text
from ledger.statements.history import decisions_on
from pipeline.cli.console import CommandError, Json, out, write_json, write_table
from pipeline.cli.ledger import open_ledger
from pipeline.decide.body import Body, decode_body
from pipeline.messages import decided, recovery_proposed

_VERDICTS = ("pass", "unknown", "fail")


def explain(
    name: Annotated[str, typer.Argument(metavar="REQUEST|LINE", help="A request id, or a line id of 32 hex digits.")],
    source: Annotated[str | None, typer.Option(help="The operator whose request it is, if several use the id.")] = None,
    *,
    json: Json = False,
) -> None:
    """Say why a request was decided as it was: what was asked, what answered, which figures were used."""
    with open_ledger("reader") as conn:
        rows = [row for row in decisions_on(conn, name, source) if row.kind != DecisionKind.SUSPENDED]
    if not rows:
        message = (
            f"no decision on {name!r}: `spp quarantine list` shows what was refused, `spp drain` waits for the rest"
        )
        raise CommandError(message)
    histories = _by_subject(rows)
    if json:
        told = [_told(history) for history in histories]
        write_json(told[0] if len(told) == 1 else told)
        return
    for history in histories:
        _show(history)


def _by_subject(rows: list[DecisionRow]) -> list[list[DecisionRow]]:
    """The decisions on each line in order, before those that could not become a line."""
    histories: dict[bytes, list[DecisionRow]] = {}
    for row in rows:
        histories.setdefault(row.subject, []).append(row)
    return sorted(histories.values(), key=lambda history: (history[-1].line_id is None, history[-1].kind))


def _asked_last(history: list[DecisionRow]) -> tuple[int, Body]:
    """The latest version in which predicates were asked, and what they answered; the latest if none ever were."""
    bodies = [(row.version, decode_body(row.body)) for row in history]
    return next((told for told in reversed(bodies) if told[1].asked), bodies[-1])


def _told(history: list[DecisionRow]) -> dict[str, object]:
    """The data of the latest published event, with the predicates and figures behind it."""
    row = history[-1]
    data = recovery_proposed(row) if row.kind == DecisionKind.RECOVERY_PROPOSED else decided(row)
    version, body = _asked_last(history)
    predicates = [
        {
            "name": item.name,
            "outcome": _VERDICTS[item.verdict],
            "reason": item.reason,
            "parameters": item.parameters,
            "evidence": [{"source": body.evidence[at][0], "id": body.evidence[at][1]} for at in item.evidence],
        }
        for item in body.asked
    ]
    figures = [msgspec.to_builtins(figure) for figure in body.figures]
    return {
        **msgspec.to_builtins(data),
        "benefit": row.benefit,
        "asked_in_version": version,
        "predicates": predicates,
        "figures": [
            dict(zip(("name", "value", "unit", "status", "reference"), figure, strict=True)) for figure in figures
        ],
    }


def _show(history: list[DecisionRow]) -> None:
    row, (_, body) = history[-1], _asked_last(history)
    state = "recovery proposed" if row.kind == DecisionKind.RECOVERY_PROPOSED else STATES_BY_NUMBER[row.state].value
    amount = "" if row.amount_minor is None else f", {readable_text(row.amount_minor, row.currency)} {row.currency}"
    line = "no line" if row.line_id is None else f"line {row.line_id.hex()}"
    out.print(f"{row.source} {row.request_id}: {row.benefit} is {state}{amount} ({line})", markup=False)
    for number in row.reasons:
        reason = REASONS_BY_NUMBER[number]
        info = REASONS[reason]
        out.print(f"  {reason.value}: {info.english}\n  {info.khmer}", markup=False)
    if row.won_by is not None:
        out.print(f"  held by line {row.won_by.hex()}", markup=False)
    if not body.asked:
        return
    write_table(
        ("asked", "answer", "reason", "evidence"),
        [
            (
                item.name,
                _VERDICTS[item.verdict],
                item.reason or "",
                ", ".join("/".join(body.evidence[at]) for at in item.evidence),
            )
            for item in body.asked
        ],
    )
    for figure in body.figures:
        value = "unset" if figure.value is None else f"{figure.value:,}"
        out.print(f"  figure {figure.name}: {value} {figure.unit} ({figure.status}) {figure.reference}", markup=False)
