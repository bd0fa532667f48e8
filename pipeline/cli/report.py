"""`spp report totals|trial-balance` and `spp reconcile`: what the books say, and whether all figures agree."""

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
from ledger.statements.trial_balance import Balance, sides
from ledger.statements.trial_balance import trial_balance as read_balances
from pipeline.cli.console import ExitCode, Json, out, write_json, write_table
from pipeline.cli.ledger import open_snapshot

app = typer.Typer(no_args_is_help=True, help="Totals and trial balance of the ledger.")

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


@app.command("trial-balance")
def trial_balance(*, json: Json = False) -> None:
    """Debits, credits and balance of every account; debits less credits of a currency are zero."""
    with open_snapshot() as conn:
        head, balances = read_head(conn), read_balances(conn)
    if json:
        write_json(_balances(head, balances))
        return
    rows = [
        _amounts(row.code, row.currency, row.debits_minor, row.credits_minor, row.balance_minor) for row in balances
    ]
    for both in sides(balances):
        difference = both.debits_minor - both.credits_minor
        rows.append(_amounts(f"all {both.currency}", both.currency, both.debits_minor, both.credits_minor, difference))
    write_table(("account", ">debits", ">credits", ">balance"), rows)
    out.print(f"At block {head.block_no:,} ({head.leaf_count:,} leaves), hash {head.hash.hex()}.", markup=False)


def _amounts(name: str, unit: str, *amounts: int) -> tuple[str, ...]:
    return (name, *(readable_text(amount, unit) for amount in amounts))


def _balances(head: Head, balances: list[Balance]) -> dict[str, object]:
    accounts = [
        {
            "account": row.code,
            "family": row.family,
            "currency": row.currency,
            "debits": decimal_text(row.debits_minor, row.currency),
            "credits": decimal_text(row.credits_minor, row.currency),
            "balance": decimal_text(row.balance_minor, row.currency),
        }
        for row in balances
    ]
    sums = [
        {
            "currency": both.currency,
            "debits": decimal_text(both.debits_minor, both.currency),
            "credits": decimal_text(both.credits_minor, both.currency),
        }
        for both in sides(balances)
    ]
    return {"block": _head(head), "accounts": accounts, "totals": sums}


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
