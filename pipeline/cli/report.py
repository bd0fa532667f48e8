"""`spp report …` and `spp reconcile`: what the books say, and whether all figures agree."""

from typing import Annotated

import typer

from events.states import LineState
from ledger.reconciliation.identity import COUNT, Identity
from ledger.reconciliation.run import quarantined_by_reason
from ledger.reconciliation.run import reconcile as compare
from ledger.statements.amount import decimal_text, readable_text
from ledger.statements.snapshot import Head, read_head
from ledger.statements.totals import totals as read_totals
from ledger.statements.totals import undecided
from pipeline.cli import finance
from pipeline.cli.console import ExitCode, Json, out, write_json, write_table
from pipeline.cli.ledger import open_snapshot

app = typer.Typer(no_args_is_help=True, help="Totals, balances and statements of the ledger.")
finance.add_to(app)

_ORDER = {state: number for number, state in enumerate(LineState)}


@app.command()
def totals(*, json: Json = False) -> None:
    """Requests per benefit, state and currency: count, and the amount decided (0 where nothing is granted)."""
    with open_snapshot() as conn:
        found = sorted(read_totals(conn), key=lambda total: (total.benefit, _ORDER[total.state], total.currency or ""))
        waiting = undecided(conn)
    if json:
        rows = [
            {
                "benefit": total.benefit,
                "state": total.state.value,
                "currency": total.currency,
                "count": total.count,
                "amount": decimal_text(total.amount_minor, total.currency),
            }
            for total in found
        ]
        write_json({"totals": rows} | ({"undecided": waiting} if waiting else {}))
        return
    write_table(
        ("benefit", "state", "currency", ">count", ">amount"),
        [
            (
                total.benefit,
                total.state.value,
                total.currency,
                f"{total.count:,}",
                readable_text(total.amount_minor, total.currency),
            )
            for total in found
        ],
    )
    if waiting:
        out.print(f"Lines that wait for their first decision: {waiting:,}.", markup=False)


def reconcile(
    *,
    full: Annotated[bool, typer.Option(help="Also encode and hash every decision and transfer again.")] = False,
    json: Json = False,
) -> None:
    """Check that all figures agree, by count and value. Exit 1 unless every difference is zero."""
    with open_snapshot() as conn:
        head, reasons = read_head(conn), quarantined_by_reason(conn)
        identities = compare(conn, full=full)
    wrong = [identity for identity in identities if identity.difference]
    if json:
        write_json(
            {
                "agrees": not wrong,
                "block": _head(head),
                "identities": [_identity(identity) for identity in identities],
                "quarantined": {reason.value: count for reason, count in reasons.items()},
            }
        )
    else:
        _show(identities, wrong)
        if reasons:
            told = ", ".join(f"{reason.value} {count:,}" for reason, count in reasons.items())
            out.print(f"Quarantined: {told}.", markup=False)
    if wrong:
        raise typer.Exit(ExitCode.FAILED)


def _show(identities: list[Identity], wrong: list[Identity]) -> None:
    rows = [
        (
            identity.name,
            "" if identity.unit == COUNT else identity.unit,
            *(readable_text(figure, identity.unit) for figure in (identity.left, identity.right, identity.difference)),
        )
        for identity in identities
    ]
    write_table(("identity", "unit", ">left", ">right", ">difference"), rows)
    for identity in wrong:
        out.print(f"{identity.name}: {identity.says} does not hold. {identity.hint}", markup=False, style="red")
    if not wrong:
        out.print(f"All {len(identities)} figures agree.", markup=False)


def _identity(identity: Identity) -> dict[str, object]:
    return {
        "name": identity.name,
        "says": identity.says,
        "unit": identity.unit,
        "left": decimal_text(identity.left, identity.unit),
        "right": decimal_text(identity.right, identity.unit),
        "difference": decimal_text(identity.difference, identity.unit),
        "hint": identity.hint if identity.difference else None,
    }


def _head(head: Head) -> dict[str, object]:
    return {"block_no": head.block_no, "hash": head.hash.hex(), "leaf_count": head.leaf_count}
