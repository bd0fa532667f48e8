"""Days held within so many months, whichever months these are: the maximum of a leave."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from processors.calendar import last_of_month

if TYPE_CHECKING:
    from collections.abc import Sequence

Window = tuple[date, date]
"""Days from the first up to, not including, the second."""


def most_in(windows: Sequence[Window], asked: Window, months: int) -> int:
    """The most days of `asked` and these other windows together that lie within any so many months `asked` touches.

    The windows share no day. The fullest months begin on the first day of one of them: moved to it, they lose nothing.
    """
    every = [*windows, asked]
    fullest = 0
    for first, _ in every:
        end = later(first, months)
        if first < asked[1] and asked[0] < end:
            fullest = max(fullest, sum(max((min(until, end) - max(since, first)).days, 0) for since, until in every))
    return fullest


def later(day: date, months: int) -> date:
    """The same day of the month so many months later, or the last one of that month."""
    at = day.year * 12 + day.month - 1 + months
    first = date(at // 12, at % 12 + 1, 1)
    return first.replace(day=min(day.day, last_of_month(first).day))
