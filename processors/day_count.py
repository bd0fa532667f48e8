"""Days held within so many months, whichever months these are: the maximum of a leave."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from processors.calendar import last_of_month

if TYPE_CHECKING:
    from collections.abc import Sequence

_DAY = timedelta(days=1)

Window = tuple[date, date]
"""Days from the first up to, not including, the second."""


def most_in(windows: Sequence[Window], asked: Window, months: int) -> int:
    """The most days of `asked` and these other windows together that lie within any so many months `asked` touches.

    The windows share no day. The fullest months begin with the first day of one of them, or with a month, or are the
    earliest that touch `asked`: moved back to such a day they lose nothing, for only from the first of a month to the
    day before do they lose more than one.
    """
    every = [*windows, asked]
    fullest = 0
    for first in {_earliest(asked[0], months), *(day for window in every for day in _beginnings(window))}:
        end = later(first, months)
        if first < asked[1] and asked[0] < end:
            fullest = max(fullest, sum(max((min(until, end) - max(since, first)).days, 0) for since, until in every))
    return fullest


def _earliest(day: date, months: int) -> date:
    """The first day from which so many months reach past `day`."""
    found = later(day, -months)
    while later(found, months) <= day:
        found += _DAY
    return found


def _beginnings(window: Window) -> list[date]:
    """The first day of a window, and of each month that begins in it."""
    found = [window[0]]
    while (following := last_of_month(found[-1].replace(day=1)) + _DAY) < window[1]:
        found.append(following)
    return found


def later(day: date, months: int) -> date:
    """The same day of the month so many months later (before, if negative), or the last one of that month."""
    at = day.year * 12 + day.month - 1 + months
    first = date(at // 12, at % 12 + 1, 1)
    return first.replace(day=min(day.day, last_of_month(first).day))
