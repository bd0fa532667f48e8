"""A share of the contributory wage for each day of a leave, worked out in whole numbers.

amount = average monthly wage / days of a month * share * paid days, rounded down once at the end; the average is that
of the months before the event in which a wage was contributed. All multiplication comes before the one division.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from events.reasons import Reason
from processors.amounts.computed import Computed, Used
from processors.calendar import months_before
from processors.contributions import months
from processors.occasions.leave import days as leave_days
from processors.policy.model import Figure, Status, WageFigure
from processors.policy.predicates import PASSED, Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from events.envelope import Event
    from processors.contributions import Month
    from processors.inquiry import Inquiry
    from processors.policy.model import Wage

WAGES = "wages"
"""The name under which the sum of the contributory wages is told; its unit says of how many months."""

_PERCENT = 100


class Terms(NamedTuple):
    """The numbers of law an amount is worked out with; `rounding` is in minor units."""

    share_percent: int
    month_days: int
    rounding: int


def share_of_wages(wages_minor: Sequence[int], days: int, terms: Terms) -> int:
    """The share of the average of these monthly wages for so many days, rounded down to a multiple of `rounding`."""
    units = len(wages_minor) * terms.month_days * _PERCENT * terms.rounding
    return sum(wages_minor) * terms.share_percent * days // units * terms.rounding


def compute_wage(inquiry: Inquiry, wage: Wage) -> Computed:
    """The amount of one leave; waits while a figure is `unset` or no contributory wage is told."""
    used = [Used(name.value, figure, 1) for name, figure in _in_force(inquiry, wage)]
    if any(item.figure.value is None for item in used):
        return Computed(None, tuple(used), Outcome(Verdict.UNKNOWN, Reason.AMOUNT_NOT_SET))
    found = _wages(inquiry, wage)
    if isinstance(found, Outcome):
        return Computed(None, tuple(used), found)
    wages_minor, events, ceilings = found
    used.extend(Used(WageFigure.CEILING.value, figure, 1) for figure in ceilings)
    used.append(Used(WAGES, _told(wages_minor, inquiry.pack.amount.currency), 1))
    value = {item.part: item.figure.value or 0 for item in used}
    terms = Terms(value[WageFigure.SHARE.value], value[WageFigure.MONTH_DAYS.value], value[WageFigure.ROUNDING.value])
    amount_minor = share_of_wages(wages_minor, _paid_days(inquiry, wage), terms)
    if amount_minor == 0:
        return Computed(None, tuple(used), Outcome(Verdict.FAIL, Reason.CONDITION_NOT_MET, events))
    return Computed(amount_minor, tuple(used), PASSED._replace(evidence=events))


def _in_force(inquiry: Inquiry, wage: Wage) -> list[tuple[WageFigure, Figure]]:
    """The figures of the day, all but the ceilings: those are of the months."""
    told = ((name, wage.on(name, inquiry.occasion.day)) for name in WageFigure if name is not WageFigure.CEILING)
    return [(name, figure) for name, figure in told if figure is not None]


def _wages(inquiry: Inquiry, wage: Wage) -> tuple[list[int], tuple[Event, ...], list[Figure]] | Outcome:
    """The wages of the months that count, the facts that tell them, and the ceilings they were held to."""
    window = months_before(inquiry.occasion.anchor, wage.value(WageFigure.MONTHS, inquiry.occasion.day) or 1)
    known = months(inquiry.view, inquiry.occasion.holder, wage.schemes, wage.branch)
    wages_minor: list[int] = []
    events: list[Event] = []
    ceilings: list[Figure] = []
    for month in (known[first] for first in window if first in known):
        ceiling = wage.on(WageFigure.CEILING, month.first)
        if ceiling is not None and ceiling.value is None:
            return Outcome(Verdict.UNKNOWN, Reason.AMOUNT_NOT_SET)
        wage_minor = _wage_of(month, inquiry, ceiling)
        if wage_minor is None:
            return Outcome(Verdict.UNKNOWN, Reason.CONTRIBUTIONS_MISSING, month.events)
        if wage_minor == 0:
            continue
        wages_minor.append(wage_minor)
        events.extend(month.events)
        if ceiling is not None and ceiling not in ceilings:
            ceilings.append(ceiling)
    if not wages_minor:
        return Outcome(Verdict.UNKNOWN, Reason.CONTRIBUTIONS_MISSING)
    return wages_minor, tuple(events), ceilings


def _wage_of(month: Month, inquiry: Inquiry, ceiling: Figure | None) -> int | None:
    return month.wage_minor(inquiry.pack.amount.currency, ceiling.value if ceiling is not None else None)


def _paid_days(inquiry: Inquiry, wage: Wage) -> int:
    """The fixed days, or those of the leave from the first paid day of its spell on."""
    fixed = wage.value(WageFigure.DAYS, inquiry.occasion.day)
    if fixed is not None:
        return fixed
    since, until = leave_days(inquiry)
    first = wage.value(WageFigure.FIRST_PAID_DAY, inquiry.occasion.day) or 1
    return max((until - max(since, inquiry.occasion.anchor + timedelta(days=first - 1))).days, 0)


def _told(wages_minor: list[int], currency: str) -> Figure:
    return Figure(sum(wages_minor), f"{currency}/{len(wages_minor)} months", Status.DERIVED, ())
