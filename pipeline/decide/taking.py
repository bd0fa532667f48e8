"""Which marks are decided together: whole entities, oldest first, so that facts that came together are decided once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from events.envelope import restore
from ledger.store import books
from processors import entities

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from events.envelope import Event
    from ledger.store.books import MarkRow
    from ledger.store.connection import LedgerCursor

TAKEN_TOGETHER = frozenset({b"P", b"H", b"L", b"N"})
"""Kinds of entities that one event marks together: with only one of its marks a case would be decided twice."""


class Taken(NamedTuple):
    """Marks to be decided together, and the events of the positions they name."""

    rows: list[MarkRow]
    events: dict[int, Event]


def read_next(cursor: LedgerCursor, taken: AbstractSet[int], limit: int) -> Taken:
    """Every mark of the entities with the `limit` oldest marks, and of those that share an event with them.

    Marks whose ids are `taken` are left out. All stay where they are.
    """
    oldest = _free(books.read_oldest(cursor, limit + len(taken)), taken)[:limit]
    if not oldest:
        return Taken([], {})
    rows = _free(books.read_marks(cursor, {row[1] for row in oldest}), taken)
    events = read_events(cursor, rows)
    more = _free(books.read_marks(cursor, sharing(events.values()) - {row[1] for row in rows}), taken)
    return Taken(rows + more, events | read_events(cursor, [row for row in more if row[2] not in events]))


def _free(rows: list[MarkRow], taken: AbstractSet[int]) -> list[MarkRow]:
    return [row for row in rows if row[0] not in taken]


def sharing(events: Iterable[Event]) -> set[bytes]:
    """The entities whose marks are taken together with those of these events."""
    return {key for event in events for key in entities.homes(event) if key[:1] in TAKEN_TOGETHER}


def read_events(cursor: LedgerCursor, rows: Sequence[MarkRow]) -> dict[int, Event]:
    """The recorded events at the inbox positions these marks name."""
    return restored(cursor, {position for _, _, position, _, _ in rows if position is not None})


def restored(cursor: LedgerCursor, positions: Collection[int]) -> dict[int, Event]:
    """The recorded events at these inbox positions."""
    return {row[0]: restore(*row[1:]) for row in books.read_values(cursor, positions)}
