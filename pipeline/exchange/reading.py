"""Reads a bank's message in one transaction: kept whole, told apart, judged, and told on to the ledger.

The order of messages, their repetition and how they are split change neither states nor money: what counts is the set
of what was told (`processors.exchange.standing`). An event goes out when the telling that counts says something new.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from events.catalogue import TYPES
from events.envelope import Event, encode
from events.topics import record_key
from pipeline.exchange.database import lock
from pipeline.exchange.judging import Key, read_counted, refresh
from processors.exchange import camt, pain002, table, telling, xml
from processors.exchange.answers import Answer, AnswerError, Fault

if TYPE_CHECKING:
    from pipeline.exchange.database import ExchangeConnection
    from processors.exchange.answers import Balance, Movement, Status
    from processors.exchange.banks import Banks

FUTURE_LIMIT_US: Final = 5 * 60 * 1_000_000


class Read(NamedTuple):
    """What became of one message; `seen` says that the same bytes were read before, `fault` why none of it was used."""

    format: str
    used: int
    bad: int
    events: int
    seen: bool = False
    fault: str = ""


def understand(raw: bytes, reasons: dict[str, str], mapping: table.Mapping | None) -> Answer:
    """A message in whatever format. Raises AnswerError for one that cannot be used at all."""
    if mapping is not None:
        return table.read(raw, mapping, f"csv-{sha256(raw).hexdigest()[:32]}")
    root = xml.parse(raw)
    name = xml.message_name(root)
    if name == "pain.002":
        return pain002.read(root)
    if name in {"camt.053", "camt.054"}:
        return camt.read(root, name, reasons)
    raise AnswerError(Fault.UNKNOWN_FORMAT, "/Document", "pain.002, camt.053, camt.054, or a table with its mapping")


def read_answer(
    connection: ExchangeConnection,
    bank: str,
    name: str,
    raw: bytes,
    banks: Banks,
    now_us: int,
    mapping: table.Mapping | None = None,
) -> Read:
    """Read one message of a bank. A message from the future is refused and not kept: AnswerError."""
    known = banks.by_code.get(bank)
    fault, answer = "", Answer("unreadable")
    try:
        answer = understand(raw, known.reasons if known is not None else {}, mapping)
    except AnswerError as error:
        fault = str(error)
    if answer.told_us > now_us + FUTURE_LIMIT_US:
        raise AnswerError(Fault.IN_FUTURE, "CreDtTm", "a time that has come: correct the clock, or read it later")
    with connection.transaction():
        lock(connection)
        answer_no = _keep(connection, bank, name, raw, answer, fault, now_us)
        if answer_no is None:
            return Read(answer.format, 0, 0, 0, seen=True, fault=fault)
        events, instructions, keys = _take(connection, bank, answer)
        refresh(connection, banks, instructions, keys)
        _send(connection, bank, events)
    return Read(answer.format, answer.used, len(answer.bad), len(events), fault=fault)


def _keep(
    connection: ExchangeConnection, bank: str, name: str, raw: bytes, answer: Answer, fault: str, now_us: int
) -> int | None:
    """The message's number; None if the same bytes are there already."""
    digest = sha256(bank.encode() + b"\0" + raw).digest()
    row = connection.execute(
        "insert into answer (sha256, bank, format, name, read_us, used, bad, fault, body)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing returning answer_no",
        (
            digest,
            bank,
            answer.format,
            name.encode(errors="replace").decode(),
            now_us,
            answer.used,
            len(answer.bad),
            fault,
            raw,
        ),
    ).fetchone()
    if row is None:
        return None
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into bad_record values (%s, %s, %s, %s, %s) on conflict do nothing",
            [(row[0], bad.place, bad.fault.value, bad.expected, bad.raw) for bad in answer.bad],
        )
    return int(row[0])


def _take(connection: ExchangeConnection, bank: str, answer: Answer) -> tuple[list[Event], set[bytes], set[Key]]:
    """Keep what is told; returns the events of what is new, and the instructions and movements it is about."""
    events: list[Event] = []
    instructions: set[bytes] = set()
    keys: set[Key] = {(bank, one.bank_ref, one.direction.value) for one in answer.movements}
    before = read_counted(connection, keys)
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into told_movement values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
            " on conflict do nothing",
            [_row(bank, one) for one in answer.movements],
        )
    for key, counted in read_counted(connection, keys).items():
        told = before.get(key)
        if told is None or told.digest != counted.digest:
            events.append(telling.movement_event(bank, counted))
        for one in (told, counted):
            if one is not None and one.instruction_id is not None:
                instructions.add(bytes.fromhex(one.instruction_id))
    for instruction, status in _new_statuses(connection, bank, answer.statuses):
        events.append(telling.status_event(bank, instruction.hex(), status))
        instructions.add(instruction)
    events += [telling.balance_event(bank, one) for one in answer.balances if _is_new_balance(connection, bank, one)]
    return events, instructions, keys


def _row(bank: str, told: Movement) -> tuple[object, ...]:
    named = None if told.instruction_id is None else bytes.fromhex(told.instruction_id)
    return (
        bank, told.bank_ref, told.direction.value, told.told_us, told.digest, told.entry_ref, named,
        told.amount_minor, told.currency, told.value_date, told.reason, told.message_id, told.account,
    )  # fmt: skip


def _new_statuses(connection: ExchangeConnection, bank: str, statuses: list[Status]) -> list[tuple[bytes, Status]]:
    """Keep what is said of instructions; returns what was not said before, with the instruction each is about."""
    said: dict[tuple[bytes, str, str], Status] = {}
    for status in statuses:
        for instruction in _concerned(connection, bank, status):
            said.setdefault((instruction, status.verdict.value, status.reason), status)
    rows = connection.execute(
        "insert into told_status (bank, instruction_id, verdict, reason, told_us, message_id)"
        " select %s, * from unnest(%s::bytea[], %s::text[], %s::text[], %s::bigint[], %s::text[])"
        " on conflict do nothing returning instruction_id, verdict, reason",
        (
            bank,
            [key[0] for key in said],
            [key[1] for key in said],
            [key[2] for key in said],
            [status.told_us for status in said.values()],
            [status.message_id for status in said.values()],
        ),
    )
    fresh = {(bytes(name), verdict, reason) for name, verdict, reason in rows}
    return [(key[0], status) for key, status in said.items() if key in fresh]


def _concerned(connection: ExchangeConnection, bank: str, status: Status) -> list[bytes]:
    """The instructions a status is about: the one it names, or all of the file it names."""
    if status.instruction_id is not None:
        return [bytes.fromhex(status.instruction_id)]
    rows = connection.execute(
        "select i.instruction_id from file f join instruction i using (run_no) where f.message_id = %s and f.bank = %s",
        (status.file_id, bank),
    )
    return [bytes(name) for (name,) in rows]


def _is_new_balance(connection: ExchangeConnection, bank: str, told: Balance) -> bool:
    values = (bank, told.account, told.day, told.currency, told.opening_minor, told.closing_minor, told.told_us)
    statement = "insert into told_balance values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing"
    return bool(connection.execute(statement, values).rowcount)


def _send(connection: ExchangeConnection, bank: str, events: list[Event]) -> None:
    rows = []
    for event in events:
        key = record_key(msgspec.structs.asdict(event.data), event.id).encode()
        rows.append((bank, TYPES[event.type].topic.name, key, encode(event)))
    with connection.cursor() as cursor:
        cursor.executemany("insert into outbox (source, topic, key, value) values (%s, %s, %s, %s)", rows)
