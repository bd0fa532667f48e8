"""JSON Lines as `spp publish` reads them: one `{"type","id","time","data"}` a line, wrapped into an envelope."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Raw

from events.catalogue import TYPES, short_name
from events.envelope import decode_data, decode_head, has_no_repeated_key
from events.errors import ContractError
from events.outgoing import Outgoing, outgoing
from events.reasons import Reason
from events.refusal import explain
from events.retraction import EventRetracted
from events.shapes import SUBJECT, TRACEPARENT, Shape
from events.sources import to_urn
from events.strict import Pairs, check_text, parse
from events.topics import PAYMENT


class Line(Shape, frozen=True):
    """One line. `type` may be short (`payment.requested`) or full (`kh.sp.payment.requested.v1`)."""

    type: str
    id: str
    time: str
    data: Raw
    subject: Annotated[str, Meta(pattern=SUBJECT)] | None = None
    traceparent: Annotated[str, Meta(pattern=TRACEPARENT)] | None = None


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be published: its number from 1, and why."""

    number: int
    reason: Reason
    field: str
    detail: str

    def __str__(self) -> str:
        where = f"line {self.number}" + (f", {self.field}" if self.field else "")
        return f"{where}: {self.detail} ({self.reason})"


_LINES: Final = msgspec.json.Decoder(Line)


def wrap(line: bytes, source: str) -> bytes:
    """The envelope's bytes for one line of `source`: the same line always gives the same. Raises ContractError."""
    try:
        read = _LINES.decode(line)
        data = Raw(msgspec.json.format(read.data, indent=-1))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _explain(line, error) from None
    name = short_name(read.type)
    envelope: dict[str, object] = {
        "specversion": "1.0",
        "id": read.id,
        "source": to_urn(source),
        "type": TYPES[name].type if name in TYPES else read.type,
        "time": read.time,
    }
    for attribute in ("subject", "traceparent"):
        if getattr(read, attribute) is not None:
            envelope[attribute] = getattr(read, attribute)
    return msgspec.json.encode({**envelope, "data": data})


def read_lines(lines: Iterable[bytes], source: str) -> tuple[list[Outgoing], list[BadLine]]:
    """The records of a file of `source`, and its bad lines; empty lines are passed over.

    Each line is held against the whole contract. A retraction goes to the topic of its original if that is in the file.
    """
    good, bad, topics = list[Outgoing](), list[BadLine](), dict[str, str]()
    retractions = list[tuple[int, str]]()
    for number, line in _numbered(lines):
        try:
            value = wrap(line, source)
            event = decode_data(decode_head(value))
            if not has_no_repeated_key(line):
                check_text(parse(line))
        except ContractError as error:
            bad.append(BadLine(number, error.reason, error.field, error.detail))
            continue
        record = outgoing(event, value, {})
        if isinstance(event.data, EventRetracted):
            retractions.append((len(good), event.data.event.id))
        else:
            topics[event.id] = record.topic
        good.append(record)
    facts = TYPES["event.retracted"].topics
    for at, target in retractions:
        if topics.get(target) in facts:
            good[at] = Outgoing(topics[target], good[at].key, good[at].value)
    return good, bad


def read_raw(lines: Iterable[bytes], topic: str | None) -> list[Outgoing]:
    """Each line's bytes as they are, whatever they are; without `topic` that of the type they name, else payments."""
    return [_raw(line, topic) for _, line in _numbered(lines)]


def _raw(value: bytes, topic: str | None) -> Outgoing:
    try:
        head = decode_head(value)
        record = outgoing(decode_data(head), value, {})
    except ContractError as error:
        known = TYPES.get(error.type)
        return Outgoing(topic or (known.topic.name if known else PAYMENT.name), None, value)
    return Outgoing(topic or record.topic, record.key, value)


def _numbered(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(lines, start=1):
        content = line.rstrip(b"\r\n")
        if content.strip():
            yield number, content


def _explain(line: bytes, error: Exception) -> ContractError:
    try:
        node = parse(line)
        if not isinstance(node, Pairs):
            return ContractError(Reason.NOT_AN_EVENT, "", "expected a JSON object with type, id, time and data")
        check_text(node)
    except ContractError as refused:
        return refused
    if isinstance(error, msgspec.ValidationError):
        return explain(error, Line, "")
    return ContractError(Reason.SCHEMA, "", "the line is not as the contract says")
