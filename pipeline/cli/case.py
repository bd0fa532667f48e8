"""`spp case`: all that is known, asked, decided and paid of one person or household; `spp accesses`: who looked.

Every look is kept in the ledger's append-only `access_log`, committed before anything is shown. There is no way round
it: what cannot be kept is not shown.
"""

import getpass
import re
from collections.abc import Mapping, Sequence
from typing import Annotated

import psycopg
import typer

from events.shapes import OPAQUE_ID, SP_ID
from ledger.model.access import ACCESS_REASONS, AccessReason
from ledger.store.access_log import Access, list_accesses, record_access
from pipeline.answers.casefile import CaseFile, FactRow
from pipeline.answers.collecting import collect
from pipeline.answers.policies import Policies
from pipeline.cli.console import CommandError, ExitCode, Json, err, out, write_json, write_table
from pipeline.cli.ledger import open_ledger, open_lookup
from processors import entities

_REASONS = "; ".join(f"{reason.value}: {meaning}" for reason, meaning in ACCESS_REASONS.items())
_GROUPS: Mapping[str, str] = {
    "person.": "Person",
    "household.": "Household cards",
    "condition.": "Verified conditions",
    "contribution.": "Contributions",
    "encounter.": "Encounters",
}
_OTHERS = "Other facts"
_IN_TABLES = frozenset({"on", "members"})
"""What has a column or a table of its own."""
_STEPS = ("recognise", "instruct", "pay")


def case(
    name: Annotated[str, typer.Argument(metavar="SP_ID|HOUSEHOLD", help="Ten digits are a person, else a household.")],
    reason: Annotated[AccessReason, typer.Option(help=f"Why you look. {_REASONS}.")],
    actor: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="Who looks; default the login name.")
    ] = None,
    *,
    household: Annotated[bool, typer.Option("--household", help="Ten digits are a household's id here.")] = False,
    json: Json = False,
) -> None:
    """Show all that is known, asked, decided and paid of a person or household. Every look is kept for good."""
    key = _key(name, household=household)
    with open_lookup() as cursor:
        found = collect(cursor, Policies(cursor).current.commons, key)
    access_no = _keep(found, reason, actor)
    if json:
        write_json({"access_no": access_no, "case": found})
        return
    err.print(f"  This look is kept as no. {access_no} ({reason.value}).", style="dim", markup=False)
    if not found.known:
        raise CommandError(f"nothing is known of {found.kind} {name}: check the id; `spp drain` waits for what is new")
    _show(found)


def accesses(
    of: Annotated[str | None, typer.Option(help="Only looks that showed this SP-ID or household.")] = None,
    by: Annotated[str | None, typer.Option(help="Only looks by this person, by given or login name.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most, the latest first.")] = 100,
    *,
    json: Json = False,
) -> None:
    """List who looked at whose case, when and why, the latest first."""
    with open_ledger("reader") as conn:
        found = list_accesses(conn, of=of, actor=by, limit=limit)
    if json:
        write_json({"accesses": [entry._asdict() for entry in found]})
        return
    rows = [
        (
            entry.access_no,
            f"{entry.at:%Y-%m-%d %H:%M:%S}",
            entry.actor if entry.actor == entry.os_user else f"{entry.actor} (login {entry.os_user})",
            entry.reason,
            entry.looked_at,
            ", ".join(name for name in entry.shown if name != entry.looked_at),
        )
        for entry in found
    ]
    write_table((">number", "at (UTC)", "who", "why", "looked at", "shown with it"), rows)


def _key(name: str, *, household: bool) -> bytes:
    if re.match(SP_ID, name) and not household:
        return entities.person(name)
    if not re.match(OPAQUE_ID, name):
        message = f"{name!r} is no SP-ID (ten digits) and no household's id (1 to 40 of A-Z a-z 0-9 . _ : / -)"
        raise CommandError(message, ExitCode.USAGE)
    return entities.household(name)


def _keep(found: CaseFile, reason: AccessReason, actor: str | None) -> int:
    """Keep the look; what cannot be kept is not shown."""
    login = getpass.getuser()
    if actor is not None and not actor.strip():
        raise CommandError("--as: a name is expected", ExitCode.USAGE)
    access = Access((actor or login).strip(), login, reason, found.looked_at, found.shown)
    try:
        with open_ledger("writer") as conn:
            return record_access(conn, access)
    except (psycopg.Error, CommandError) as error:
        told = error.diag.message_primary if isinstance(error, psycopg.Error) else str(error)
        message = f"the look cannot be kept in access_log, so nothing is shown: {told}"
        raise CommandError(message) from error


# -- the pages ---------------------------------------------------------------------------------------------------------


def _show(found: CaseFile) -> None:
    others = [name for name in found.ids if name != found.looked_at]
    also = "also" if found.kind == "person" else "in one case with"
    out.print(
        f"{found.kind.capitalize()} {found.looked_at}" + (f", {also} {', '.join(others)}" if others else ""),
        style="bold",
        markup=False,
    )
    if found.related:
        out.print(f"In one case with: {', '.join(found.related)}", markup=False)
    if found.elsewhere:
        told = ", ".join(found.elsewhere)
        out.print(f"Requests of these households are in cases of their own: {told}", markup=False)
    if found.undecided or found.parked:
        told = (
            f"{found.undecided:,} facts are recorded and not decided yet, {found.parked:,} are parked after a failure"
        )
        out.print(told, style="yellow", markup=False)
    _known(found)
    _asked(found)
    _decided(found)
    _paid(found)


def _known(found: CaseFile) -> None:
    if found.households:
        rows = [
            (
                row.household_id,
                row.since,
                row.until or "",
                row.level,
                row.area,
                "yes" if row.card_valid else "no",
                "head" if row.head else "member",
                row.event_id,
            )
            for row in found.households
        ]
        _table("Household, by date", ("household", "from", "until", "level", "area", "card valid", "as", "event"), rows)
    members = [
        (
            row.household_id,
            f"{row.card_from} to {row.card_until}",
            row.member_no,
            row.sp_id or "(no SP-ID)",
            row.birth_date,
            row.sex,
            "head" if row.head else "",
            ", ".join(row.traits),
        )
        for row in found.members
    ]
    _table("Members, by card", ("household", "card", ">no.", "SP-ID", "born", "sex", "", "traits"), members)
    groups: dict[str, list[FactRow]] = {heading: [] for heading in (*_GROUPS.values(), _OTHERS)}
    for fact in found.facts:
        heading = next((title for start, title in _GROUPS.items() if fact.type.startswith(start)), _OTHERS)
        if fact.stands != "replaced":
            groups[heading].append(fact)
    several = len(found.ids) > 1
    for heading, facts in groups.items():
        rows = [
            (
                *((fact.about,) if several else ()),
                fact.type.partition(".")[2],
                fact.on,
                _flat(fact.told),
                f"{fact.source}/{fact.id}",
                _stands(fact),
            )
            for fact in facts
        ]
        _table(heading, (*(("id",) if several else ()), "fact", "on", "told", "by", "stands"), rows)
    replaced = sum(1 for fact in found.facts if fact.stands == "replaced")
    if replaced:
        out.print(f"{replaced:,} facts were replaced by later ones; --json shows them.", style="dim", markup=False)


def _stands(fact: FactRow) -> str:
    return fact.stands if fact.retracted_at is None else f"RETRACTED {_day(fact.retracted_at)}"


def _asked(found: CaseFile) -> None:
    several = len({(row.recipient, row.in_respect_of) for row in found.requests}) > 1
    rows = [
        (
            f"{row.source} {row.request_id}",
            row.benefit,
            row.asked_for,
            *((f"{row.recipient}{f' for {row.in_respect_of}' if row.in_respect_of else ''}",) if several else ()),
            row.cycle,
            _money(row.amount),
            row.payee,
            _day(row.recorded_at),
        )
        for row in found.requests
    ]
    whom = ("whom",) if several else ()
    _table("Asked", ("request", "benefit", "for", *whom, "cycle", ">amount", "payee", "on"), rows)


def _decided(found: CaseFile) -> None:
    rows = [
        (
            f"{row.source} {row.request_id}",
            row.state if row.kind != "recovery_proposed" else "recovery proposed",
            _money(row.amount),
            ", ".join(row.reasons),
            "" if row.won_by is None else f"{row.won_by.source} {row.won_by.request_id}",
            row.version,
            _day(row.decided_at),
        )
        for row in found.decisions
    ]
    _table("Decided", ("request", "state", ">amount", "reasons", "who has it", ">version", "on"), rows)


def _paid(found: CaseFile) -> None:
    rows = []
    for row in found.payments:
        posted = {step.step: step for step in row.position}
        amounts = (_money(posted[step].amount) if step in posted else "" for step in _STEPS)
        banks = dict.fromkeys(step.bank for step in row.position if step.bank)
        rows.append((f"{row.source} {row.request_id}", *amounts, ", ".join(banks), row.instruction_id))
    _table("Paid", ("request", ">owed", ">told to bank", ">paid out", "bank", "instruction"), rows)
    said = [
        (f"{row.source} {row.request_id}", item.type, item.on or _day(item.recorded_at), _flat(item.told), item.source)
        for row in found.payments
        for item in row.said
    ]
    _table("Said of them since", ("request", "event", "on", "told", "by"), said)


def _table(title: str, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    if rows:
        out.print()
        write_table(headings, rows, title=title)


def _money(told: object) -> str:
    """`400,000 KHR` of the contract's money."""
    if not isinstance(told, dict):
        return ""
    whole, point, cents = str(told["amount"]).partition(".")
    return f"{int(whole):,}{point}{cents} {told['currency']}"


def _flat(told: Mapping[str, object]) -> str:
    """Fields of an event on one line: `scheme nssf.worker, valid_from 2017-01-01`."""
    return ", ".join(f"{name} {_value(value)}" for name, value in told.items() if _has(name, value))


def _has(name: str, value: object) -> bool:
    return name not in _IN_TABLES and value is not None and value not in ([], (), "")


def _value(value: object) -> str:
    if isinstance(value, dict):
        return _money(value) if value.keys() == {"amount", "currency"} else f"({_flat(value)})"
    if isinstance(value, list | tuple):
        return "; ".join(_value(item) for item in value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _day(time: str) -> str:
    return time[:10]
