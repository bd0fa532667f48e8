"""`spp quarantine list|show|replay|discard`: what people do about refused records. Replay and discard are audited."""

import base64
import getpass
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer

from events.reasons import REASONS, Kind, Reason
from events.topics import TOPICS_BY_NUMBER
from ledger.store import LedgerConnection
from ledger.store.quarantine import (
    SETTLED,
    STATES,
    Action,
    QuarantinedRecord,
    QuarantineEntry,
    QuarantineError,
    admit_from_quarantine,
    list_records,
    read_audit,
    read_record,
    refuse_again,
)
from ledger.store.quarantine import discard as discard_record
from ledger.store.records import Refused
from pipeline.admission import Admission
from pipeline.cli.console import CommandError, ExitCode, Json, Steps, out, write_json, write_table
from pipeline.cli.ledger import open_ledger, open_snapshot
from pipeline.settings import get_settings

app = typer.Typer(no_args_is_help=True, help="List, show, replay or discard refused records.")

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The record's number, as `list` shows it.")]
Actor = Annotated[str | None, typer.Option(help="Who does it, for the audit; default is your user name.")]
Note = Annotated[str, typer.Option(help="Why, for the audit.")]
ReasonOption = Annotated[
    str | None,
    typer.Option(metavar="REASON", help="Only records refused for this reason, such as unknown_code."),
]
SourceOption = Annotated[str | None, typer.Option(help="Only records of this source, if its signature proved it.")]

_REPLAY_LIMIT = 100_000
_OPEN_STATES = tuple(state for state in STATES if state not in SETTLED)


@app.command("list")
def list_(
    *,
    state: Annotated[str | None, typer.Option(help=f"Only records in this state: {', '.join(STATES)}.")] = None,
    reason: ReasonOption = None,
    source: SourceOption = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most, the newest first.")] = 100,
    json: Json = False,
) -> None:
    """Show refused records, the newest first."""
    if state is not None and state not in STATES:
        raise CommandError(f"--state {state}: expected one of {', '.join(STATES)}", ExitCode.USAGE)
    with open_snapshot() as conn:
        entries = list_records(conn, state=state, reason=_reason(reason), source=source, limit=limit)
    if json:
        write_json({"records": [_entry(entry) for entry in entries]})
        return
    rows = [
        (entry.quarantine_no, _place(entry), entry.reason.value, entry.field, entry.source, entry.event_id, entry.state)
        for entry in entries
    ]
    write_table((">number", "record", "reason", "field", "source", "event", "state"), rows)


@app.command()
def show(number: Number, *, json: Json = False) -> None:
    """Show one record: its bytes and headers as they came, why it was refused, what was done about it."""
    with open_snapshot() as conn:
        record, audit = _record(conn, number), read_audit(conn, number)
    if json:
        steps = [{"action": step.action.value, "actor": step.actor, "note": step.note, "at": step.at} for step in audit]
        write_json(_whole(record) | {"audit": steps})
        return
    info = REASONS[record.reason]
    for heading, text in (
        ("record", f"{_place(record)}, received {_time(record.received_us):%Y-%m-%d %H:%M:%S} UTC"),
        ("reason", f"{record.reason.value}: {info.english}"),
        ("", info.khmer),
        ("field", record.field),
        ("detail", record.detail),
        ("source", f"{record.source or 'not proved'}, event {record.event_id or 'unknown'}"),
        *(("header", f"{name}: {_text(value) or '(bytes)'}") for name, value in _headers(record)),
        ("key", _text(record.key) or ""),
        ("value", _text(record.value) or f"({len(record.value or b'')} bytes that are not text)"),
    ):
        if text:
            out.print(f"{heading:<8}{text}", markup=False)
    for step in audit:
        out.print(f"{step.at:%Y-%m-%d %H:%M} UTC  {step.action.value} by {step.actor} {step.note}", markup=False)


@app.command()
def replay(
    numbers: Annotated[list[int] | None, typer.Argument(metavar="[NUMBER]...", help="Records to replay.")] = None,
    *,
    reason: ReasonOption = None,
    source: SourceOption = None,
    actor: Actor = None,
    note: Note = "",
    json: Json = False,
) -> None:
    """Admit records again, as they came and when they came. Exit 1 if none was admitted, 3 if some were not.

    Give their numbers, or choose all open ones of a reason or source.
    """
    if bool(numbers) == (reason is not None or source is not None):
        raise CommandError("name the records' numbers, or choose them by --reason or --source", ExitCode.USAGE)
    wanted = _reason(reason)
    results: list[tuple[int, Action, str]] = []
    with open_ledger("writer") as conn:
        admission = _admission(conn)
        chosen = numbers or _choose(conn, wanted, source)
        with Steps().step(f"Replaying {len(chosen):,} records") as advance:
            for done, number in enumerate(chosen, 1):
                results.append((number, *_replay(conn, admission, number, actor or getpass.getuser(), note)))
                advance(done, len(chosen), "records")
    refused = [result for result in results if result[1] is Action.REFUSED]
    if json:
        write_json({"records": [{"number": no, "action": action.value, "why": why} for no, action, why in results]})
    else:
        write_table((">number", "action", "why"), [(no, action.value, why) for no, action, why in results])
    if refused:
        raise typer.Exit(ExitCode.FAILED if len(refused) == len(results) else ExitCode.PARTLY)


@app.command()
def discard(number: Number, *, note: Note, actor: Actor = None, json: Json = False) -> None:
    """Give up on a record; its bytes stay. It takes two persons: the first proposes, the second discards."""
    with open_ledger("writer") as conn:
        try:
            action = discard_record(conn, number, actor=actor or getpass.getuser(), note=note)
        except (LookupError, QuarantineError) as error:
            raise CommandError(str(error)) from error
    if json:
        write_json({"number": number, "action": action.value})
    elif action is Action.DISCARDED:
        out.print(f"Record {number} is discarded.", markup=False)
    else:
        out.print(f"Discarding record {number} is proposed; another person has to do the same.", markup=False)


def _reason(word: str | None) -> Reason | None:
    """The reason of this name; only those for which a record can be refused."""
    known = [reason.value for reason, info in REASONS.items() if info.kind is Kind.QUARANTINED]
    if word is not None and word not in known:
        raise CommandError(f"--reason {word}: expected one of {', '.join(known)}", ExitCode.USAGE)
    return None if word is None else Reason(word)


def _admission(conn: LedgerConnection) -> Admission:
    """Judges a replayed record by today's keys and the policy in force. Nobody is muted: a person asked for it."""
    from events.signing import KeyRegistry, Verifier  # noqa: PLC0415 - only a replay needs keys and packs
    from pipeline.active_policy import current  # noqa: PLC0415
    from processors.policy.codes import codes  # noqa: PLC0415

    settings = get_settings()
    return Admission(Verifier(KeyRegistry.read(settings.keys_directory)), codes(current(conn)))


def _choose(conn: LedgerConnection, reason: Reason | None, source: str | None) -> list[int]:
    with conn.transaction():
        found = [
            entry.quarantine_no
            for state in _OPEN_STATES
            for entry in list_records(conn, state=state, reason=reason, source=source, limit=_REPLAY_LIMIT)
        ]
    return sorted(found)


def _replay(conn: LedgerConnection, admission: Admission, number: int, actor: str, note: str) -> tuple[Action, str]:
    try:
        with conn.transaction():
            record = read_record(conn, number)
        outcome = admission.admit(
            TOPICS_BY_NUMBER[record.topic_no],
            record.partition,
            record.offset,
            record.received_us,
            record.key,
            record.value,
            _headers(record),
        )
        if isinstance(outcome, Refused):
            why = f"{outcome.reason.value} {outcome.field} {outcome.detail}".strip()
            return refuse_again(conn, number, actor=actor, note=f"{note} {why}".strip()), why
        action = admit_from_quarantine(conn, number, outcome, actor=actor, note=note)
    except (LookupError, QuarantineError) as error:
        return Action.REFUSED, str(error)
    return action, Reason.CONFLICT.value if action is Action.REFUSED else ""


def _record(conn: LedgerConnection, number: int) -> QuarantinedRecord:
    try:
        return read_record(conn, number)
    except LookupError as error:
        raise CommandError(str(error)) from error


def _headers(record: QuarantinedRecord) -> list[tuple[str, bytes | None]]:
    return msgspec.msgpack.decode(record.headers, type=list[tuple[str, bytes | None]]) if record.headers else []


def _place(record: QuarantinedRecord | QuarantineEntry) -> str:
    return f"{TOPICS_BY_NUMBER[record.topic_no].name}/{record.partition}/{record.offset}"


def _time(time_us: int) -> datetime:
    return datetime.fromtimestamp(time_us // 1_000_000, UTC).replace(microsecond=time_us % 1_000_000)


def _text(value: bytes | None) -> str | None:
    """Bytes as text, None where they are none."""
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None


def _base64(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode()


def _entry(record: QuarantinedRecord | QuarantineEntry) -> dict[str, object]:
    told: dict[str, object] = {
        "number": record.quarantine_no,
        "topic": TOPICS_BY_NUMBER[record.topic_no].name,
        "partition": record.partition,
        "offset": record.offset,
        "received_at": _time(record.received_us),
        "source": record.source,
        "event_id": record.event_id,
        "reason": record.reason.value,
        "field": record.field,
        "detail": record.detail,
    }
    return told | {"state": record.state} if isinstance(record, QuarantineEntry) else told


def _whole(record: QuarantinedRecord) -> dict[str, object]:
    """The list's fields, and the bytes: as text where they are text, and always in base64."""
    headers = [{"name": name, "value": _text(value), "base64": _base64(value)} for name, value in _headers(record)]
    return _entry(record) | {
        "key": _text(record.key),
        "key_base64": _base64(record.key),
        "value": _text(record.value),
        "value_base64": _base64(record.value),
        "headers": headers,
    }
