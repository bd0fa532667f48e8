"""Periods of the books: what may happen to one, and which one a transfer is booked in.

A period is a run of effective days with a name. A transfer is booked in the first open period that ends on or after its
effective day, else in the last open one: in its own period while that is open, else in the next. Which are open is read
from the events up to its block, so what is booked never moves, and nothing that is decided can fail for it.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

PERIOD_LOCK = 7_304_115
"""Advisory lock: shared by every transaction that posts, taken whole by an event, which so falls between two blocks."""


class PeriodKind(IntEnum):
    """What happens to a period. Numbers are stored."""

    OPENED = 1
    SOFT_CLOSED = 2
    CLOSED = 3
    REOPENED = 4


OPEN_KINDS = frozenset({PeriodKind.OPENED, PeriodKind.REOPENED})

_FOLLOWS: dict[PeriodKind, frozenset[PeriodKind | None]] = {
    PeriodKind.OPENED: frozenset({None}),
    PeriodKind.SOFT_CLOSED: OPEN_KINDS,
    PeriodKind.CLOSED: frozenset({PeriodKind.SOFT_CLOSED}),
    PeriodKind.REOPENED: frozenset({PeriodKind.SOFT_CLOSED, PeriodKind.CLOSED}),
}


class PeriodEvent(NamedTuple):
    """Something that happened to a period after block `at_block`; its days are those it was opened with."""

    at_block: int
    period: str
    kind: PeriodKind
    first_day: date
    last_day: date


class Window(NamedTuple):
    """An open period, and the effective days that are booked in it; None: no bound."""

    period: str
    since: date | None
    until: date | None


class Reign(NamedTuple):
    """Blocks over which the same periods were open, both ends included."""

    first_block: int
    last_block: int
    windows: tuple[Window, ...]


def may_follow(kind: PeriodKind, latest: PeriodKind | None) -> bool:
    """Whether `kind` may happen to a period after `latest` did (None: nothing yet)."""
    return latest in _FOLLOWS[kind]


def reigns(events: Iterable[PeriodEvent], last_block: int) -> list[Reign]:
    """Which periods were open over which blocks, from block 1 to `last_block`; `events` are in their order."""
    found: list[Reign] = []
    open_: dict[str, PeriodEvent] = {}
    begun = 1
    for event in events:
        if event.at_block >= last_block:
            break
        if event.at_block >= begun:
            found.append(Reign(begun, event.at_block, windows(open_.values())))
            begun = event.at_block + 1
        if event.kind in OPEN_KINDS:
            open_[event.period] = event
        else:
            open_.pop(event.period, None)
    if begun <= last_block:
        found.append(Reign(begun, last_block, windows(open_.values())))
    return found


def windows(open_: Iterable[PeriodEvent]) -> tuple[Window, ...]:
    """The effective days booked in each of these open periods; together they are all days, none twice."""
    by_day = sorted(open_, key=lambda event: event.first_day)
    return tuple(
        Window(
            event.period,
            by_day[place - 1].last_day + timedelta(days=1) if place else None,
            event.last_day if place + 1 < len(by_day) else None,
        )
        for place, event in enumerate(by_day)
    )


def booked_in(day: date, open_: Iterable[Window]) -> str | None:
    """The period a transfer effective on `day` is booked in; None when none is open."""
    for window in open_:
        if (window.since is None or day >= window.since) and (window.until is None or day <= window.until):
            return window.period
    return None
