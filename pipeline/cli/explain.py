"""`spp explain`: the decided event, then each predicate with its outcome, evidence and figures."""

from typing import Annotated

import msgspec
import typer

from events.reasons import REASONS, Reason
from ledger.model.rows import DecisionKind, DecisionRow
from ledger.statements.history import decisions_on
from pipeline.cli.console import CommandError, Json, out, write_json, write_table
from pipeline.cli.ledger import open_ledger
from pipeline.decide.body import decode_body
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
        rows = decisions_on(conn, name, source)
    if not rows:
        message = (
            f"no decision on {name!r}: `spp quarantine list` shows what was refused, `spp drain` waits for the rest"
        )
        raise CommandError(message)
    latest = list({row.subject: row for row in rows}.values())
    told = [_told(row) for row in latest if row.kind != DecisionKind.SUSPENDED]
    if json:
        write_json(told[0] if len(told) == 1 else told)
        return
    for row, item in zip(latest, told, strict=False):
        _show(row, item)


def _told(row: DecisionRow) -> dict[str, object]:
    """The data of the published event, with the predicates and figures behind it."""
    told = decode_body(row.body)
    data = recovery_proposed(row) if row.kind == DecisionKind.RECOVERY_PROPOSED else decided(row)
    predicates = [
        {
            "name": item.name,
            "outcome": _VERDICTS[item.verdict],
            "reason": item.reason,
            "parameters": item.parameters,
            "evidence": [{"source": told.evidence[at][0], "id": told.evidence[at][1]} for at in item.evidence],
        }
        for item in told.asked
    ]
    figures = [msgspec.to_builtins(figure) for figure in told.figures]
    return {
        **msgspec.to_builtins(data),
        "benefit": row.benefit,
        "predicates": predicates,
        "figures": [
            dict(zip(("name", "value", "unit", "status", "reference"), figure, strict=True)) for figure in figures
        ],
    }


def _show(row: DecisionRow, told: dict[str, object]) -> None:
    amount = f", {row.amount_minor:,} {row.currency}" if row.amount_minor is not None else ""
    out.print(
        f"{row.source} {row.request_id}: {row.benefit} is {told.get('state', 'recovery proposed')}{amount}",
        markup=False,
    )
    for number in told.get("reasons") or ():  # type: ignore[attr-defined]  # built above as a list of words
        info = REASONS[Reason(number)]
        out.print(f"  {number}: {info.english}\n  {info.khmer}", markup=False)
    if told.get("won_by"):
        out.print(f"  held by line {told['won_by']}", markup=False)
    predicates = decode_body(row.body)
    write_table(
        ("asked", "answer", "reason", "evidence"),
        [
            (
                item.name,
                _VERDICTS[item.verdict],
                item.reason or "",
                ", ".join("/".join(predicates.evidence[at]) for at in item.evidence),
            )
            for item in predicates.asked
        ],
    )
    for figure in predicates.figures:
        value = "unset" if figure.value is None else f"{figure.value:,}"
        out.print(f"  figure {figure.name}: {value} {figure.unit} ({figure.status}) {figure.reference}", markup=False)
