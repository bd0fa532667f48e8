"""Statements of wallets and banks as CSV, read by a mapping file that says which column is what."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Final

import msgspec
import yaml

from events.money import Currency
from events.shapes import OpaqueId
from processors.exchange import fields
from processors.exchange.answers import Answer, AnswerError, BadRecord, Direction, Fault, Movement, Status, Verdict
from processors.exchange.xml import BYTES_MAX, RAW_BYTES_MAX

SETTLED: Final = "settled"
RETURNED: Final = "returned"
BOOKED_OUT: Final = "booked_out"
BOOKED_IN: Final = "booked_in"
_MEANINGS: Final = (SETTLED, RETURNED, BOOKED_OUT, BOOKED_IN, Verdict.ACCEPTED, Verdict.REJECTED)
_IN: Final = (RETURNED, BOOKED_IN)
_MONEY: Final = (SETTLED, RETURNED, BOOKED_OUT, BOOKED_IN)


class MappingError(ValueError):
    """A mapping file cannot be used; the message names the field and what it may say."""


class Columns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Headings of the columns. `time` is when the provider wrote the row; without it the value date's midnight."""

    instruction: str
    what: str
    amount: str
    reference: str
    value_date: str
    currency: str | None = None
    reason: str | None = None
    time: str | None = None


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A provider's table: `what` turns its words into ours; what is not listed there is a bad row."""

    columns: Columns
    what: dict[str, str]
    account: OpaqueId
    currency: Currency | None = None
    delimiter: str = ","
    date_format: str = "%Y-%m-%d"
    time_format: str = "%Y-%m-%dT%H:%M:%S%z"
    thousands: str = ""
    reasons: dict[str, str] = {}


def read_mapping(text: str) -> Mapping:
    """A mapping file in YAML. Raises MappingError."""
    try:
        found = msgspec.convert(yaml.safe_load(text), Mapping)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise MappingError(f"the mapping cannot be used: {error}") from None
    for word, meaning in found.what.items():
        if meaning not in _MEANINGS:
            raise MappingError(f"what.{word}: expected one of {', '.join(_MEANINGS)}")
    if (found.currency is None) == (found.columns.currency is None):
        raise MappingError("expected exactly one of `currency` and `columns.currency`")
    if len(found.delimiter) != 1:
        raise MappingError("delimiter: expected one character")
    return found


def read(raw: bytes, mapping: Mapping, file_id: str) -> Answer:
    """A whole table. A row that cannot be used is named and kept; `file_id` stands for the missing message id."""
    if len(raw) > BYTES_MAX:
        raise AnswerError(Fault.TOO_LARGE, "/", f"at most {BYTES_MAX} bytes")
    if b"\0" in raw:
        raise AnswerError(Fault.UNREADABLE, "/", "UTF-8 without zero bytes")
    try:
        rows = csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), delimiter=mapping.delimiter, strict=True)
        head = next(rows, [])
        places = _places(head, mapping.columns)
        answer = Answer("csv", message_id=file_id)
        for number, row in enumerate(rows, 2):
            _row(row, number, places, mapping, answer)
    except UnicodeDecodeError:
        raise AnswerError(Fault.UNREADABLE, "/", "UTF-8") from None
    except csv.Error:
        raise AnswerError(Fault.UNREADABLE, "/", "rows of separated values with closed quotes") from None
    told = [one.told_us for one in answer.movements] + [one.told_us for one in answer.statuses]
    answer.told_us = max(told, default=0)
    return answer


def _places(head: list[str], columns: Columns) -> dict[str, int]:
    places = {}
    for name, heading in msgspec.structs.asdict(columns).items():
        if heading is None:
            continue
        if head.count(heading) != 1:
            raise AnswerError(Fault.MISSING, f"heading of {name}", "the mapping's heading, once")
        places[name] = head.index(heading)
    return places


def _row(row: list[str], number: int, places: dict[str, int], mapping: Mapping, answer: Answer) -> None:
    if not any(row):
        return
    try:
        if len(row) <= max(places.values()):
            raise AnswerError(Fault.MISSING, "row", "as many cells as there are headings")
        _use({name: row[at].strip() for name, at in places.items()}, mapping, answer)
    except AnswerError as error:
        raw = mapping.delimiter.join(row).encode()[:RAW_BYTES_MAX]
        answer.bad.append(BadRecord(f"line {number}/{error.place}", error.fault, error.expected, raw))


def _use(cells: dict[str, str], mapping: Mapping, answer: Answer) -> None:
    meaning = mapping.what.get(cells["what"])
    if meaning is None:
        raise AnswerError(Fault.WRONG, "what", "a word the mapping lists")
    try:
        day = datetime.strptime(cells["value_date"], mapping.date_format).replace(tzinfo=fields.PHNOM_PENH)
    except ValueError:
        raise AnswerError(Fault.WRONG, "value_date", f"a date as {mapping.date_format}") from None
    told_us = _told_us(cells, mapping, day)
    instruction_id = fields.instruction(cells["instruction"])
    said = cells.get("reason", "")
    said = mapping.reasons.get(said, said)
    if meaning not in _MONEY:
        if instruction_id is None:
            raise AnswerError(Fault.WRONG, "instruction", "an instruction of ours, 32 hexadecimal digits")
        why = fields.reason(said) if meaning == Verdict.REJECTED else ""
        answer.statuses.append(Status(Verdict(meaning), why, told_us, answer.message_id, instruction_id))
        return
    currency = mapping.currency or cells["currency"]
    if not cells["reference"]:
        raise AnswerError(Fault.MISSING, "reference", "the provider's reference of the movement")
    answer.movements.append(
        Movement(
            bank_ref=fields.reference(cells["reference"]),
            entry_ref=fields.reference(cells["reference"]),
            direction=Direction.CREDIT if meaning in _IN else Direction.DEBIT,
            amount_minor=fields.amount_minor(_plain(cells["amount"], mapping.thousands), currency, "amount"),
            currency=currency,
            value_date=fields.in_years(day.date(), "value_date"),
            told_us=told_us,
            message_id=answer.message_id,
            account=mapping.account,
            instruction_id=instruction_id if meaning in {SETTLED, RETURNED} else None,
            reason=said if meaning == RETURNED else "",
        )
    )


def _plain(amount: str, thousands: str) -> str:
    return amount.replace(thousands, "") if thousands else amount


def _told_us(cells: dict[str, str], mapping: Mapping, day: datetime) -> int:
    if "time" not in cells:
        return fields.instant_us(day.isoformat(), "value_date")
    try:
        moment = _with_offset(cells["time"], mapping.time_format)
    except ValueError:
        raise AnswerError(Fault.WRONG, "time", f"a time as {mapping.time_format}") from None
    return fields.instant_us(moment.isoformat(), "time")


def _with_offset(text: str, form: str) -> datetime:
    """A time; Cambodian where its format has no offset."""
    if "%z" not in form:
        text, form = f"{text} +0700", f"{form} %z"
    return datetime.strptime(text, form).astimezone(fields.PHNOM_PENH)
