"""Taking marks: whole entities, oldest first, so that facts that came together are decided together, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from events.envelope import restore
from ledger.store import books
from processors import entities

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from events.envelope import Event
    from ledger.store.books import MarkRow
    from ledger.store.connection import LedgerCursor

TAKEN_TOGETHER = frozenset({b"P", b"H", b"L"})
"""Kinds of entities that a request marks: with only one of its marks it could not be decided yet."""


class Taken(NamedTuple):
    """Marks deleted by this transaction, and the events of the positions they name."""

    rows: list[MarkRow]
    events: dict[int, Event]


def take_oldest(cursor: LedgerCursor, limit: int) -> Taken:
    """Every mark of the entities with the `limit` oldest marks, and of those that share an event with them."""
    rows = books.take_oldest(cursor, limit)
    events = read_events(cursor, rows)
    more = books.take_entities(cursor, sharing(events.values()) - {entity for _, entity, _, _, _ in rows})
    unread = [row for row in more if row[2] not in events]
    return Taken(rows + more, events | read_events(cursor, unread))


def sharing(events: Iterable[Event]) -> set[bytes]:
    """The entities whose marks are taken together with those of these events."""
    return {key for event in events for key in entities.homes(event) if key[:1] in TAKEN_TOGETHER}


def read_events(cursor: LedgerCursor, rows: Sequence[MarkRow]) -> dict[int, Event]:
    """The recorded events at the inbox positions these marks name."""
    positions = {position for _, _, position, _, _ in rows if position is not None}
    return {row[0]: restore(*row[1:]) for row in books.read_values(cursor, positions)}
