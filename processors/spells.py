"""Days on which a condition held: evidence of several kinds of dates, each day told by its strongest fact.

A certificate may be for a day, a month or a period, and later ones may say less or more than earlier ones: where two
tell of one day, the stronger one counts for that day (contract, Facts), whether it says `met` or `not_met`.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from processors import episodes
from processors.calendar import first_of_month, last_of_month
from processors.episodes import MET

if TYPE_CHECKING:
    from datetime import date

    from events.envelope import Event
    from events.verification import ConditionVerified
    from processors.episodes import Evidence
    from processors.view import View

_DAY = timedelta(days=1)


class Span(NamedTuple):
    """Days `since` to `until`, both included, told by one fact."""

    since: date
    until: date
    told_by: Evidence

    @property
    def met(self) -> bool:
        """Whether the condition held."""
        return self.told_by.condition.outcome == MET


class Spell(NamedTuple):
    """Days in one run on which a condition is told to have held; `events` are the facts that tell it."""

    since: date
    until: date
    events: tuple[Event, ...]

    @property
    def days(self) -> int:
        """How many days the spell has."""
        return (self.until - self.since).days + 1


def spans(view: View, root: bytes, condition: str) -> list[Span]:
    """What is told of a person's days, in order and without overlap."""
    known = view.spans.get((root, condition))
    if known is None:
        known = view.spans[(root, condition)] = _spans(view, root, condition)
    return known


def _spans(view: View, root: bytes, condition: str) -> list[Span]:
    told = [
        (view.rank(item.event), *dates(item.condition), item) for item in episodes.conditions(view, (root,), condition)
    ]
    told.sort(key=lambda entry: entry[0], reverse=True)
    edges = sorted({since for _, since, _, _ in told} | {until + _DAY for _, _, until, _ in told})
    found: list[Span] = []
    for since, following in pairwise(edges):
        item = next((item for _, first, last, item in told if first <= since <= last), None)
        if item is not None:
            found.append(Span(since, following - _DAY, item))
    return found


def dates(condition: ConditionVerified) -> tuple[date, date]:
    """The first and last day a verified condition speaks of."""
    if condition.on is not None:
        return condition.on, condition.on
    if condition.month is not None:
        first = first_of_month(condition.month)
        return first, last_of_month(first)
    if condition.from_ is None or condition.until is None:
        message = f"evidence of {condition.condition} tells no day, month or period"
        raise ValueError(message)
    return condition.from_, condition.until


def within(told: list[Span], since: date, until: date) -> list[Span]:
    """What is told of the days `since` to `until`, both included."""
    return [span for span in told if span.since <= until and since <= span.until]


def cover(told: list[Span], since: date, until: date) -> bool:
    """Whether every day from `since` to `until` is told, met or not."""
    inside = within(told, since, until)
    return (
        sum((min(span.until, until) - max(span.since, since)).days + 1 for span in inside) == (until - since).days + 1
    )


def spell_on(told: list[Span], day: date) -> Spell | None:
    """The unbroken run of days around `day` on which the condition is told to have held, or None if there is none."""
    runs: list[Spell] = []
    for span in told:
        if not span.met:
            continue
        if runs and runs[-1].until + _DAY == span.since:
            runs[-1] = Spell(runs[-1].since, span.until, (*runs[-1].events, span.told_by.event))
        else:
            runs.append(Spell(span.since, span.until, (span.told_by.event,)))
    return next((run for run in runs if run.since <= day <= run.until), None)
