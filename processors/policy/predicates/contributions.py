"""Predicates on the months a person contributed in.

The window of a predicate is the `within` calendar months before the month of the event, never that month; a leave told
in several slips began with the first.
A month counts when a contribution of one of the `schemes` is told for it, paid or credited, in the `branch` or
without one, whatever day it was paid on. Missing and contrary are told apart by the register: a month without a
contribution could still be told as long as some enrolment in the schemes holds on a day of it, or none is known at
all. If the months that count and those that could would do, the request waits as `contributions_missing`; if even they
would not, it is refused as `contributions_insufficient`. A wage of zero told for a month is contrary too.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from events.reasons import Reason
from processors.calendar import last_of_month, months_before
from processors.contributions import months
from processors.policy.model import LifeEvent
from processors.policy.predicates.kind import (
    Outcome,
    ParameterKind,
    PredicateKind,
    Verdict,
    codes_of,
    number_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import date

    from events.enrolment import PersonEnrolled
    from events.envelope import Event
    from processors.inquiry import Inquiry
    from processors.policy.predicates.kind import Value

YES = "yes"
WITHIN_MOST = 600
"""Fifty years: a longer window is a slip."""


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to have contributed enough: `count` of the last `within` months, in one run if `consecutive`."""

    count: int
    within: int
    consecutive: bool

    def is_met(self, window: Sequence[date], held: Collection[date]) -> bool:
        found = [first in held for first in window[-self.within :]]
        if not self.consecutive:
            return sum(found) >= self.count
        return any(there and len(list(run)) >= self.count for there, run in groupby(found))


def _contributed(inquiry: Inquiry, schemes: frozenset[str], branch: str, ways: tuple[_Way, ...]) -> Outcome:
    view, person = inquiry.view, inquiry.occasion.holder
    window = months_before(_begins(inquiry), max(way.within for way in ways))
    told = [month for first, month in months(view, person, schemes, branch).items() if window[0] <= first <= window[-1]]
    held = {month.first for month in told if month.contributed}
    events = tuple(event for month in told for event in month.events)
    if any(way.is_met(window, held) for way in ways):
        return Outcome(Verdict.PASS, evidence=events)
    enrolments = view.enrolments(person, schemes)
    denied = {month.first for month in told if not month.contributed}
    possible = held | {first for first in window if first not in denied and _could(inquiry, enrolments, first)}
    if any(way.is_met(window, possible) for way in ways):
        return Outcome(Verdict.UNKNOWN, Reason.CONTRIBUTIONS_MISSING, events)
    return Outcome(Verdict.FAIL, Reason.CONTRIBUTIONS_INSUFFICIENT, (*events, *(event for event, _ in enrolments)))


def _begins(inquiry: Inquiry) -> date:
    """The day of the event: of a leave the first day of its spell, for nobody contributes while ill."""
    leave = inquiry.pack.entitlement.event is LifeEvent.LEAVE
    return inquiry.occasion.anchor if leave else inquiry.occasion.day


def _could(inquiry: Inquiry, enrolments: list[tuple[Event, PersonEnrolled]], first: date) -> bool:
    """Whether the register leaves room for a contribution in a month: no enrolment known, or one on a day of it."""
    last, person = last_of_month(first), inquiry.occasion.holder
    return not enrolments or any(
        data.valid_from <= last and inquiry.view.enrolled_on(person, data, max(first, data.valid_from))
        for _, data in enrolments
    )


def _contributed_months(parameters: Mapping[str, Value]) -> Callable[[Inquiry], Outcome]:
    """`count` months of the `within` before; with `consecutive: yes` in one run, anywhere among them."""
    schemes, branch = codes_of(parameters["schemes"]), str(parameters["branch"])
    count, within = number_of(parameters["count"]), number_of(parameters["within"])
    ways = (_Way(count, within, parameters["consecutive"] == YES),)
    return lambda inquiry: _contributed(inquiry, schemes, branch, ways)


def _contributed_either(parameters: Mapping[str, Value]) -> Callable[[Inquiry], Outcome]:
    """The `in_a_row` months right before, or `count` months of the `within` before."""
    schemes, branch = codes_of(parameters["schemes"]), str(parameters["branch"])
    row, count, within = (number_of(parameters[name]) for name in ("in_a_row", "count", "within"))
    ways = (_Way(row, row, consecutive=True), _Way(count, within, consecutive=False))
    return lambda inquiry: _contributed(inquiry, schemes, branch, ways)


def _fault(parameters: Mapping[str, Value]) -> str | None:
    within = number_of(parameters["within"])
    told = [number_of(parameters[name]) for name in ("count", "in_a_row") if name in parameters]
    if within > WITHIN_MOST:
        return f"`within` is more than {WITHIN_MOST} months"
    return None if all(0 < number <= within for number in told) else "so many months do not fit into `within`"


_SHARED = {
    "schemes": ParameterKind.CODES,
    "branch": ParameterKind.CODE,
    "count": ParameterKind.NUMBER,
    "within": ParameterKind.NUMBER,
}

KINDS = (
    PredicateKind(
        "contributed_months", {**_SHARED, "consecutive": ParameterKind.YES_NO}, _contributed_months, fault=_fault
    ),
    PredicateKind(
        "contributed_either", {**_SHARED, "in_a_row": ParameterKind.NUMBER}, _contributed_either, fault=_fault
    ),
)
