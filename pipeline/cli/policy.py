"""`spp policy …`: look at a policy, check it, compare two, try one out, propose one and approve it."""

import getpass
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from ledger.store import LedgerConnection, policies
from ledger.store.policies import Entry, PolicyStepError, Proposal
from pipeline.active_policy import settle, short, stored
from pipeline.cli import policy_text
from pipeline.cli.console import CommandError, ExitCode, Json, Steps, out, write_json, write_table
from pipeline.cli.ledger import open_ledger
from pipeline.cli.policy_choice import NAMES, PACKAGED, choose, directory, from_directory
from pipeline.policies.checking import check as check_files
from pipeline.policies.comparing import compare
from pipeline.policies.telling import show as tell
from pipeline.policies.trial import PolicyLacksBenefitError, Trial, try_out
from pipeline.policy_files import read as read_files
from pipeline.settings import get_settings
from processors.policy.loader import PolicyError
from processors.policy.model import Policy
from processors.policy.terms import Language

app = typer.Typer(no_args_is_help=True, help="Show, check, compare, try out, propose and approve policies.")

CAMBODIA = timezone(timedelta(hours=7))

Which = Annotated[str | None, typer.Option("--policy", metavar="POLICY", help=f"{NAMES}; default the one in force.")]
Day = Annotated[str | None, typer.Option("--on", metavar="DATE", help="YYYY-MM-DD; default today in Cambodia.")]
Lang = Annotated[Language, typer.Option("--lang", help="en or km.")]
Packs = Annotated[
    Path | None, typer.Argument(metavar="[DIR]", help=f"Directory of packs, or `{PACKAGED}`; default SPP_POLICY.")
]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who does it, for the ledger.")]
Note = Annotated[str, typer.Option(help="Why, for the ledger.")]


@app.command("list")
def list_(*, policy: Which = None, on: Day = None, json: Json = False) -> None:
    """The benefits of a policy: title, who is paid, whether in force on a day, and how well its figures are known."""
    chosen, day = choose(policy), _day(on)
    rows = []
    for benefit, pack in sorted(chosen.policy.packs.items()):
        told = tell(chosen.policy, benefit, day)
        known = [entry.status for entry in told.entries if entry.section == "amount" and entry.status]
        rows.append((benefit, pack.english, pack.unit.value, pack.shape.value, told.in_force, sorted(set(known))))
    if json:
        names = ("benefit", "title", "unit", "for", "in_force", "amount_status")
        write_json({"policy": chosen.policy.digest.hex(), "on": day, "benefits": [_row(names, row) for row in rows]})
        return
    policy_text.line(f"On {day} by {chosen.label}.")
    shown = [(*row[:4], "yes" if row[4] else "no", ", ".join(row[5])) for row in rows]
    write_table(("benefit", "title", "paid to", "asked by", "in force", "amount is"), shown)


@app.command()
def show(
    benefit: Annotated[str, typer.Argument(metavar="BENEFIT", help="As `spp policy list` shows it.")],
    *,
    on: Day = None,
    policy: Which = None,
    lang: Lang = Language.ENGLISH,
    json: Json = False,
) -> None:
    """Everything in force of one benefit on a day: amounts, rules, limits, and where each is written."""
    chosen, day = choose(policy), _day(on)
    if benefit not in chosen.policy.packs:
        known = ", ".join(sorted(chosen.policy.packs))
        raise CommandError(f"{benefit}: no pack of this benefit in the {chosen.label}; known: {known}", ExitCode.USAGE)
    told = tell(chosen.policy, benefit, day, lang)
    if json:
        write_json(told)
    else:
        policy_text.show(told, chosen.label, lang)


@app.command()
def check(packs: Packs = None, *, json: Json = False) -> None:
    """Say everything wrong with a directory of packs, and what is not well known. Exit 1 if it does not load."""
    try:
        place = directory(packs)
        told = check_files(read_files(place))
    except PolicyError as error:
        raise CommandError(str(error)) from error
    if json:
        write_json(told)
    else:
        policy_text.checked(told, PACKAGED if place is None else str(place))
    if told.problems:
        raise typer.Exit(ExitCode.FAILED)


@app.command()
def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help=NAMES)],
    new: Annotated[str, typer.Argument(metavar="NEW", help=NAMES)],
    *,
    json: Json = False,
) -> None:
    """What changes from one policy to another, by benefit and date; layout and comments are no change."""
    before, after = choose(old), choose(new)
    found = compare(before.policy, after.policy)
    if json:
        digests = {"old": before.policy.digest.hex(), "new": after.policy.digest.hex()}
        write_json({**digests, "changes": found})
        return
    policy_text.line(f"From {before.label} to {after.label}:")
    policy_text.changes(found)


@app.command("dry-run")
def dry_run(packs: Packs = None, *, json: Json = False) -> None:
    """What a new policy would change in the open requests, in count and money; nothing is kept.

    Exit 3 if cases of some lines fail under it.
    """
    told = _try(from_directory(packs), None)
    if json:
        write_json(told)
    else:
        policy_text.trial(told)
    if told.failed:
        raise typer.Exit(ExitCode.PARTLY)


@app.command()
def propose(packs: Packs = None, *, by: By, note: Note = "", json: Json = False) -> None:
    """Propose a policy: it is tried out and kept, and nothing changes until another person approves it."""
    new = from_directory(packs)
    with open_ledger("writer") as conn:
        active = settle(conn, None)
        if new.digest == active.policy.digest:
            raise CommandError(f"policy {short(new.digest)} is the one in force; there is nothing to propose")
        found, told = compare(active.policy, new), _try(new, active.policy)
        number = policies.propose(
            conn,
            Proposal(
                digest=new.digest,
                base=active.policy.digest,
                files=new.files,
                summary=msgspec.json.encode(told).decode(),
                proposed_by=by.strip(),
                os_user=getpass.getuser(),
                note=note,
            ),
        )
    if json:
        write_json({"number": number, "digest": new.digest.hex(), "changes": found, "dry_run": told})
        return
    policy_text.changes(found)
    policy_text.trial(told)
    policy_text.line(f"Policy {short(new.digest)} is proposed. Another person looks at it and approves it:")
    policy_text.line(f"  spp policy diff in-force {short(new.digest)}")
    policy_text.line(f"  spp policy approve {short(new.digest)} --by ANOTHER")


@app.command()
def approve(
    digest: Annotated[str, typer.Argument(metavar="DIGEST", help="As `spp policy history` shows it.")],
    *,
    by: By,
    note: Note = "",
    json: Json = False,
) -> None:
    """Approve a proposed policy, as another person than who proposed it; the running decider takes it up."""
    with open_ledger("writer") as conn:
        entry, active = _proposal(conn, digest), settle(conn, None)
        found = compare(active.policy, stored(conn, entry.proposal_no))
        try:
            policies.approve(conn, entry, approved_by=by.strip(), os_user=getpass.getuser(), note=note)
        except PolicyStepError as error:
            raise CommandError(str(error)) from error
    if json:
        write_json({"number": entry.proposal_no, "digest": entry.digest.hex(), "changes": found})
        return
    policy_text.changes(found)
    policy_text.trial(msgspec.json.decode(entry.summary, type=Trial))
    policy_text.line(f"Policy {short(entry.digest)} is approved by {by.strip()}; the decider takes it up.")


@app.command()
def history(*, json: Json = False) -> None:
    """Every policy the ledger was given: who proposed it, who approved it, since which block it is in force."""
    with open_ledger("reader") as conn:
        found = policies.list_policies(conn)
    if json:
        write_json({"policies": [_entry(entry) for entry in found]})
        return
    rows = [
        (
            short(entry.digest),
            _at(entry.proposed_at),
            entry.proposed_by,
            entry.approved_by,
            entry.activation_no,
            entry.first_block,
            _at(entry.activated_at),
            entry.note,
        )
        for entry in found
    ]
    headings = ("policy", "proposed (UTC)", "by", "approved by", ">number", ">from block", "in force (UTC)", "note")
    write_table(headings, rows)
    if not rows:
        out.print("No worker has worked on this ledger yet; the first policy will be the packaged one.", markup=False)


def _day(told: str | None) -> date:
    if told is None:
        return datetime.now(CAMBODIA).date()
    try:
        return date.fromisoformat(told)
    except ValueError:
        raise CommandError(f"--on {told}: no date; write YYYY-MM-DD", ExitCode.USAGE) from None


def _try(new: Policy, active: Policy | None) -> Trial:
    """What `new` would change against `active`, or against the policy in force."""
    from pipeline.readonly import open_world  # noqa: PLC0415 - the decider's modules, which showing a pack needs not

    old = active or choose(None).policy
    with (
        Steps().step("Deciding the open requests by both policies") as advance,
        open_world(get_settings().ledger) as world,
    ):
        try:
            return try_out(world, old, new, lambda done, total: advance(done, total, "lines"))
        except PolicyLacksBenefitError as error:
            raise CommandError(str(error)) from error


def _proposal(conn: LedgerConnection, digest: str) -> Entry:
    found = policies.find(conn, digest)
    if not found:
        raise CommandError(f"{digest}: no such policy was proposed; `spp policy history` shows those that were")
    if len({entry.digest for entry in found}) > 1:
        raise CommandError(f"{digest}: {len(found)} policies begin so; give more digits", ExitCode.USAGE)
    return found[0]


def _at(time: datetime | None) -> str | None:
    return None if time is None else f"{time.astimezone(UTC):%Y-%m-%d %H:%M}"


def _row(names: tuple[str, ...], values: tuple[object, ...]) -> dict[str, object]:
    return dict(zip(names, values, strict=True))


def _entry(entry: Entry) -> dict[str, object]:
    told = entry._asdict()
    told["digest"] = entry.digest.hex()
    told["base"] = None if entry.base is None else entry.base.hex()
    told["summary"] = msgspec.json.decode(entry.summary)
    return told
