"""What goes to the broker for an event: topic, key, value, headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from events.catalogue import TYPES
from events.envelope import MAX_BYTES, Event
from events.retraction import EventRetracted
from events.topics import CONTENT_TYPE, HEADER_CONTENT_TYPE, HEADER_KEY_ID, HEADER_SIGNATURE, record_key

Header = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One record to publish. Without `headers` it is signed in its batch; with them it goes out with just those."""

    topic: str
    key: bytes | None
    value: bytes
    headers: tuple[Header, ...] | None = None


def signed_headers(key_id: str, signature: bytes) -> tuple[Header, ...]:
    """The headers of a signed record."""
    return (
        (HEADER_CONTENT_TYPE, CONTENT_TYPE.encode()),
        (HEADER_KEY_ID, key_id.encode()),
        (HEADER_SIGNATURE, signature),
    )


def outgoing(event: Event, value: bytes, retracted: Mapping[str, str]) -> Outgoing:
    """The record of an event whose value is encoded already: its topic and key."""
    if len(value) > MAX_BYTES:
        raise ValueError(f"event {event.id} has {len(value)} bytes, at most {MAX_BYTES} are read: split it")
    topic = TYPES[event.type].topic.name
    if isinstance(event.data, EventRetracted):
        topic = retracted.get(event.data.event.id, topic)
    data = msgspec.structs.asdict(event.data)
    return Outgoing(topic, record_key(data, event.id).encode(), value)
