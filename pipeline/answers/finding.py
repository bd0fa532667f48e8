"""From a name a person has to the decisions on it: by keys alone, so that the size of the books does not matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.envelope import decode_recorded
from events.sources import SOURCES
from ledger.model.rows import DecisionKind, DecisionRow
from ledger.statements.history import decisions_on
from ledger.store import books
from processors import entities
from processors.facts import EntityState, decode_state
from processors.ruling import subject_of_event, subject_of_recovery

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from events.envelope import Event
    from ledger.store.connection import LedgerCursor
    from processors.facts import Identity

LINE_DIGITS = 32


def is_line_id(name: str) -> bool:
    """Whether a name can be a line id; a request id may look the same."""
    return len(name) == LINE_DIGITS and all(letter in "0123456789abcdef" for letter in name)


def histories(cursor: LedgerCursor, name: str, source: str | None) -> list[list[DecisionRow]]:
    """The decisions on a line, or on the requests of this id, each subject's by version; its line comes first.

    A request id is per source, so one id may name several requests; `source` picks one.
    """
    lines = {entities.line(known, name) for known in (SOURCES if source is None else (source,))}
    others: set[bytes] = set()
    if is_line_id(name):
        lines.add(b"L" + bytes.fromhex(name))
        others.add(bytes.fromhex(name))  # of a recovery, or of a request whose id was taken
    rows = [row for row in decisions_on(cursor, subjects_of(cursor, lines) | others) if source in {None, row.source}]
    return by_subject(rows)


def by_subject(rows: Iterable[DecisionRow]) -> list[list[DecisionRow]]:
    """Decisions on requests by subject and version: a line before its recoveries, and before what reused its id."""
    found: dict[bytes, list[DecisionRow]] = {}
    for row in rows:
        if row.kind != DecisionKind.SUSPENDED:
            found.setdefault(row.subject, []).append(row)
    return sorted(found.values(), key=lambda history: (history[-1].line_id is None, history[-1].kind))


def subjects_of(cursor: LedgerCursor, lines: Collection[bytes]) -> set[bytes]:
    """What is decided on these lines (`L` and the line id): the lines, their recoveries, requests that reused an id."""
    subjects = {subject for key in lines for subject in (key[1:], subject_of_recovery(key[1:]))}
    for state in read_states(cursor, lines).values():
        if len(state.requests) > 1:
            subjects |= {subject_of_event(event.source, event.id) for event in state.requests}
    return subjects


def read_states(cursor: LedgerCursor, keys: Collection[bytes]) -> dict[bytes, EntityState]:
    """The own-fact state of those of these entities that are known."""
    return {key: decode_state(encoded) for key, _, encoded in books.read_states(cursor, keys)} if keys else {}


def read_bytes(cursor: LedgerCursor, identities: Collection[Identity]) -> dict[Identity, bytes]:
    """The bytes of those of these events that are recorded, by identity."""
    values = books.read_recorded(cursor, identities) if identities else []
    return {(event.source, event.id): value for value in values for event in (decode_recorded(value),)}


def read_events(cursor: LedgerCursor, identities: Collection[Identity]) -> dict[Identity, Event]:
    """Those of these events that are recorded, by identity."""
    found = [decode_recorded(value) for value in books.read_recorded(cursor, identities)] if identities else []
    return {(event.source, event.id): event for event in found}
