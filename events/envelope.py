"""The envelope: one CloudEvents 1.0 event in structured JSON mode, read strictly and written in one canonical form.

A record is read in two steps, so that its signature can be verified between them. The fast path is msgspec; whatever
it refuses is looked at once more, slowly, to name the exact field.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Raw

from events.catalogue import TYPES, TYPES_BY_NUMBER, EventType, short_name
from events.errors import ContractError
from events.reasons import Reason
from events.refusal import explain
from events.retraction import EventRetracted
from events.shapes import EVENT_ID, FIRST_YEAR, LAST_YEAR, SUBJECT, TRACEPARENT, EventId, Shape
from events.sources import code_of, is_source, to_urn
from events.strict import Pairs, check_text, parse, printable

__all__ = [
    "MAX_BYTES",
    "ContractError",
    "Event",
    "Head",
    "decode_data",
    "decode_head",
    "decode_recorded",
    "encode",
    "format_time",
    "parse_time",
    "restore",
]

MAX_BYTES: Final = 64 * 1024
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_SECOND_US: Final = 1_000_000
_DAY_US: Final = 86_400 * _SECOND_US
_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})\Z", re.IGNORECASE
)
_TIME_EXPECTED: Final = f"expected an RFC 3339 time with offset, from {FIRST_YEAR} to {LAST_YEAR}"


class Head(msgspec.Struct, frozen=True, gc=False):
    """A validated envelope with `data` undecoded. `source` is the code, `type` the short name, or a foreign type."""

    source: str
    id: str
    type: str
    time_us: int
    data: Raw
    value: bytes


class Event(msgspec.Struct, frozen=True, gc=False):
    """One event of the catalogue. `time_us`: when its source recorded it, microseconds since the epoch, UTC."""

    source: str
    id: str
    type: str
    time_us: int
    data: Shape


class _Envelope(Shape, frozen=True):
    specversion: Literal["1.0"]
    id: EventId
    source: str
    type: str
    time: str
    data: Raw
    subject: Annotated[str, Meta(pattern=SUBJECT)] | None = None
    traceparent: Annotated[str, Meta(pattern=TRACEPARENT)] | None = None


class _OnlyData(msgspec.Struct, frozen=True, gc=False):
    data: Raw


_ENVELOPES: Final = msgspec.json.Decoder(_Envelope)
_DATA: Final = msgspec.json.Decoder(_OnlyData)
_ANYTHING: Final = msgspec.json.Decoder()
_ENCODER: Final = msgspec.json.Encoder()
_REQUIRED: Final = ("specversion", "id", "source", "type")
_TYPE_NAMES: Final = {found.type: found.name for found in TYPES.values()}


def decode_head(value: bytes | None) -> Head:
    """The envelope of a record's value.

    Raises ContractError `too_large` (over 64 KiB), `not_json`, `not_an_event` (no CloudEvents 1.0 event: an attribute
    that 1.0 requires is missing) or `schema`. The error carries what the envelope claims to be, as far as it is read.
    """
    if value is not None and len(value) > MAX_BYTES:
        raise ContractError(Reason.TOO_LARGE, "", f"the record has {len(value)} bytes, at most {MAX_BYTES} are read")
    try:
        envelope = _ENVELOPES.decode(value or b"")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _explain_envelope(value, error) from None
    source = code_of(envelope.source)
    type_ = _TYPE_NAMES.get(envelope.type) or _foreign(envelope.type)
    time_us = parse_time(envelope.time)
    if source is None or time_us is None or not envelope.type:
        raise _misfit(envelope, source, time_us)
    return Head(source, envelope.id, type_, time_us, envelope.data, value or b"")


def decode_data(head: Head) -> Event:
    """The whole event; raises ContractError `unknown_type`, `schema`, or `not_authorised` for another's retraction."""
    found = TYPES.get(head.type)
    if found is None:
        raise _claimed(ContractError(Reason.UNKNOWN_TYPE, "type", "this version does not know the type"), head)
    try:
        data: Shape = found.decoder.decode(head.data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _claimed(_explain_data(head, found, error), head) from None
    if not has_no_repeated_key(head.value):
        try:
            check_text(parse(head.value))
        except ContractError as refused:
            raise _claimed(refused, head) from None
    if not is_source(head.source):
        raise _claimed(ContractError(Reason.SCHEMA, "source", "the code is not on the list of sources"), head)
    if isinstance(data, EventRetracted) and data.event.source != head.source:
        detail = "an event is retracted by its own source only"
        raise _claimed(ContractError(Reason.NOT_AUTHORISED, "data.event.source", detail), head)
    return Event(head.source, head.id, head.type, head.time_us, data)


def decode_recorded(value: bytes) -> Event:
    """The event in a value that was admitted before; repeated keys are not looked for again."""
    envelope = _ENVELOPES.decode(value)
    source, time_us, type_ = code_of(envelope.source), parse_time(envelope.time), _TYPE_NAMES[envelope.type]
    if source is None or time_us is None:
        raise ValueError("a recorded value is not an admitted event")
    return Event(source, envelope.id, type_, time_us, TYPES[type_].decoder.decode(envelope.data))


def restore(source: str, event_id: str, type_number: int, time_us: int, value: bytes) -> Event:
    """The event whose envelope was stored in columns beside its bytes; only `data` is read from them."""
    kind = TYPES_BY_NUMBER[type_number]
    return Event(source, event_id, kind.name, time_us, kind.decoder.decode(_DATA.decode(value).data))


def encode(event: Event) -> bytes:
    """The event's canonical bytes: compact, attributes in this order, time in UTC, absent optional fields left out."""
    return _ENCODER.encode(
        {
            "specversion": "1.0",
            "id": event.id,
            "source": to_urn(event.source),
            "type": TYPES[event.type].type,
            "time": format_time(event.time_us),
            "data": event.data.wire() if isinstance(event.data, EventRetracted) else event.data,
        }
    )


def parse_time(text: str) -> int | None:
    """An RFC 3339 time with offset as microseconds since the epoch, finer digits cut; None for anything else."""
    if _TIME.match(text) is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(text.upper())
        since = moment - _EPOCH
    except (ValueError, OverflowError):
        return None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return None
    return since.days * _DAY_US + since.seconds * _SECOND_US + since.microseconds


@lru_cache(maxsize=256)  # what is published together was recorded together
def format_time(time_us: int) -> str:
    """Microseconds since the epoch as RFC 3339 in UTC, a fraction only where there is one."""
    moment = _EPOCH + dt.timedelta(microseconds=time_us)
    return moment.replace(tzinfo=None).isoformat() + "Z"


def has_no_repeated_key(value: bytes) -> bool:
    """True only if no object in a record whose data has been decoded repeats a key; False means look closer.

    Decoding drops the earlier of two equal keys and encoding never lengthens what is left, since it holds no floats
    and no escapes that could grow: so an equal length proves that nothing was dropped.
    """
    try:
        length = len(_ENCODER.encode(_ANYTHING.decode(value)))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False  # an earlier `data` was skipped undecoded
    return length == len(value) or length == len(msgspec.json.format(value, indent=-1))


def _foreign(type_: str) -> str:
    """A type that is not in the catalogue, in a form that no short name has."""
    name = printable(short_name(type_))
    return f"unprefixed:{name}" if type_ in TYPES else name


def _claimed(error: ContractError, head: Head) -> ContractError:
    error.source, error.event_id, error.type = head.source, head.id, head.type
    return error


def _misfit(envelope: _Envelope, source: str | None, time_us: int | None) -> ContractError:
    """The error for an envelope whose texts are no source, type or time of ours."""
    if source is None:
        error = ContractError(Reason.SCHEMA, "source", "expected urn:sp:operator:<code>")
    elif time_us is None:
        error = ContractError(Reason.SCHEMA, "time", _TIME_EXPECTED)
    else:
        error = ContractError(Reason.SCHEMA, "type", "expected kh.sp.<noun>.<verb>.v1")
    error.source, error.event_id, error.type = source or "", envelope.id, _foreign(envelope.type)
    return error


def _explain_envelope(value: bytes | None, error: Exception) -> ContractError:
    """Why the fast path refused an envelope: the whole record is read again, slowly."""
    try:
        node = parse(value)
    except ContractError as refused:
        return refused
    if not isinstance(node, Pairs):
        return ContractError(Reason.NOT_AN_EVENT, "", "expected a JSON object")
    attributes = dict(node)
    for name in _REQUIRED:
        if name not in attributes:
            return ContractError(Reason.NOT_AN_EVENT, name, "CloudEvents 1.0 requires this attribute")
    if attributes["specversion"] != "1.0":
        return ContractError(Reason.NOT_AN_EVENT, "specversion", 'expected "1.0"')
    fault = _first_fault(node, error)
    texts = {name: text for name, text in attributes.items() if isinstance(text, str)}
    fault.source = code_of(texts.get("source", "")) or ""
    fault.event_id = texts.get("id", "") if re.match(EVENT_ID, texts.get("id", "")) else ""
    fault.type = _foreign(texts.get("type", ""))
    return fault


def _explain_data(head: Head, found: EventType, error: Exception) -> ContractError:
    """Why the fast path refused `data`."""
    try:
        check_text(parse(head.value))
    except ContractError as refused:
        return refused
    if isinstance(error, msgspec.ValidationError):
        return explain(error, found.struct, "data")
    return ContractError(Reason.SCHEMA, "data", "the value is not as the contract says")


def _first_fault(node: Pairs, error: Exception) -> ContractError:
    try:
        check_text(node)
    except ContractError as refused:
        return refused
    if isinstance(error, msgspec.ValidationError):
        return explain(error, _Envelope, "")
    return ContractError(Reason.SCHEMA, "", "the record is not as the contract says")
