"""`spp batch status`: whether a batch is complete, what its requests came to, and its submissions."""

from typing import Annotated

import typer
from msgspec import to_builtins

from events.money import CURRENCIES
from events.sources import SOURCES
from events.states import STATES_BY_NUMBER
from ledger.statements.amount import decimal_text
from ledger.statements.history import sources_of, states_of, submissions_of
from ledger.store import LedgerConnection, books
from ledger.store.budgets import Waiting, waiting_for_budget
from pipeline.active_policy import current
from pipeline.cli.console import CommandError, Json, out, write_json, write_table
from pipeline.cli.ledger import open_ledger
from processors import entities
from processors.batches import BatchMismatch, Group, compare, declaration
from processors.facts import decode_state

app = typer.Typer(no_args_is_help=True, help="How far a batch is.")


@app.callback()
def batches() -> None:
    """How far a batch is."""


@app.command()
def status(
    batch_id: Annotated[str, typer.Argument(metavar="BATCH")],
    source: Annotated[str | None, typer.Option(help="The operator whose batch it is, if several use the id.")] = None,
    *,
    json: Json = False,
) -> None:
    """Known against declared, the requests by state, and the submission with its supplements."""
    with open_ledger("reader") as conn:
        sources = _sources(conn, batch_id)
        if source is not None:
            sources = [found for found in sources if found == source]
        if len(sources) != 1:
            why = (
                f"{', '.join(sources)} use it: name one with --source"
                if sources
                else "no request or declaration names it"
            )
            message = f"batch {batch_id!r}: {why}"
            raise CommandError(message)
        told = _status(conn, sources[0], batch_id)
    if json:
        write_json(told)
    else:
        _show(told)


def _sources(conn: LedgerConnection, batch_id: str) -> list[str]:
    """The sources that asked for payments in a batch of this id, or declared one."""
    keys = {entities.batch(source, batch_id): source for source in SOURCES}
    with conn.cursor(binary=True) as cursor:
        declaring = {keys[key] for key, _, _ in books.read_states(cursor, keys)}
    return sorted({*sources_of(conn, batch_id), *declaring})


def _status(conn: LedgerConnection, source: str, batch_id: str) -> dict[str, object]:
    with conn.cursor(binary=True) as cursor:
        groups = [
            Group(benefit, f"{cycle // 100:04d}-{cycle % 100:02d}", currency, requests, amount)
            for benefit, cycle, currency, requests, amount in books.read_groups(cursor, source, batch_id)
        ]
        key = entities.batch(source, batch_id)
        states = [decode_state(state) for _, _, state in books.read_states(cursor, [key])]
    declared = declaration(states[0], current(conn).commons) if states else None
    mismatch = compare(declared, groups) if declared is not None else None
    submissions = submissions_of(conn, source, batch_id)
    short = waiting_for_budget(conn, source, batch_id)
    return {
        "source": source,
        "batch_id": batch_id,
        "state": "submitted"
        if submissions
        else "undeclared"
        if declared is None
        else "batch_mismatch"
        if mismatch
        else "over_budget"
        if short is not None
        else "complete",
        "declared": None if declared is None else {"count": declared.count, "totals": to_builtins(declared.totals)},
        "known": {"count": sum(group.requests for group in groups), "totals": _totals(groups)},
        "waits_for": None if short is None else _short(short),
        "mismatch": None if mismatch is None else _mismatch(mismatch),
        "requests": [
            {
                "state": STATES_BY_NUMBER[row.state].value,
                "currency": row.currency,
                "count": row.requests,
                "amount": decimal_text(row.amount_minor, row.currency),
            }
            for row in states_of(conn, source, batch_id)
        ],
        "submissions": [row._asdict() for row in submissions],
    }


def _totals(groups: list[Group]) -> list[dict[str, str]]:
    sums = {code: sum(group.amount_minor for group in groups if group.currency == code) for code in CURRENCIES}
    return [{"amount": decimal_text(amount, code), "currency": code} for code, amount in sums.items() if amount]


def _short(waiting: Waiting) -> dict[str, object]:
    fund, programme, year, unit = waiting.key
    needed = {"amount": decimal_text(waiting.needed_minor, unit), "currency": unit}
    return {"fund": fund, "programme": programme, "fiscal_year": year, "needed": needed}


def _mismatch(found: BatchMismatch) -> dict[str, object]:
    return {
        "declared_count": found.declared_count,
        "known_count": found.known_count,
        "of_another_benefit_or_cycle": found.foreign,
    }


def _readable(money: dict[str, str]) -> str:
    whole, point, cents = money["amount"].partition(".")
    return f"{int(whole):,}{point}{cents}"


def _group(told: object) -> str:
    """A count of requests and their control totals, for a person."""
    if not isinstance(told, dict):
        return "not yet"
    totals = [f"{_readable(total)} {total['currency']}" for total in told["totals"]]
    return f"{told['count']:,} requests, {' and '.join(totals) or 'no amounts'}"


def _show(told: dict[str, object]) -> None:
    out.print(f"Batch {told['batch_id']} of {told['source']}: {told['state']}.", markup=False)
    out.print(f"Known: {_group(told['known'])}; declared: {_group(told['declared'])}.", markup=False)
    mismatch = told["mismatch"]
    if isinstance(mismatch, dict) and mismatch["of_another_benefit_or_cycle"]:
        out.print(f"{mismatch['of_another_benefit_or_cycle']:,} are of another benefit or cycle.", markup=False)
    short = told["waits_for"]
    if isinstance(short, dict):
        out.print(
            f"It waits for budget: {short['programme']} has less left of {short['fund']} in {short['fiscal_year']} than"
            f" the {_readable(short['needed'])} {short['needed']['currency']} it needs;"
            f" `spp report budget {short['fiscal_year']}` says what is left.",
            markup=False,
        )
    requests = told["requests"]
    if isinstance(requests, list):
        rows = [(row["state"], row["currency"], f"{row['count']:,}", _readable(row)) for row in requests]
        write_table(("state", "currency", ">count", ">amount"), rows)
    submissions = told["submissions"]
    if isinstance(submissions, list):
        rows = [(row["number"], row["ordered"], row["frozen"], row["outstanding"]) for row in submissions]
        write_table((">submission", ">ordered", ">frozen", ">outstanding"), rows)
