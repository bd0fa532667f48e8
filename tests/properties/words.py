"""A story in short lines, so that a counterexample can be read and made a case."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from events.envelope import Event
from tests.properties.cast import DAY_US, FIRST_US

SAID_OF_ALL = {"commune", "card_number", "payee", "member_no", "sex", "valid_until", "message_id", "certificate_id"}


def in_words(events: Iterable[Event]) -> str:
    """One line an event: its day, source, type and id, and what it says."""
    return "\n".join(_line(event) for event in events)


def _line(event: Event) -> str:
    day = 1 + (event.time_us - FIRST_US) // DAY_US
    return f"- day {day} {event.source} {event.type} {event.id}: {_short(msgspec.to_builtins(event.data))}"


def _short(value: object) -> str:
    if isinstance(value, dict):
        told = {key: item for key, item in value.items() if item not in (None, [], ()) and key not in SAID_OF_ALL}
        return "{" + ", ".join(f"{key}: {_short(item)}" for key, item in told.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_short(item) for item in value) + "]"
    return str(value).removeprefix("00000000")
