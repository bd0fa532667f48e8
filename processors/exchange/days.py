"""Cambodian working days and cut-offs: the day on which a bank carries out what it is handed now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import holidays

from processors.exchange.fields import PHNOM_PENH

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SATURDAY: Final = 5
_YEAR_DAYS: Final = 366


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Monday to Friday without the public holidays that the library `holidays` knows, with dated corrections.

    The library follows the gazette up to the last year it was published for, and predicts lunar days after that:
    `closed` and `opened` bring what the yearly sub-decree says otherwise.
    """

    closed: Collection[date] = ()
    opened: Collection[date] = ()

    def is_working(self, day: date) -> bool:
        """Whether banks work on a day."""
        if day in self.opened:
            return True
        if day in self.closed or day.weekday() >= _SATURDAY:
            return False
        return day not in _holidays(day.year)

    def on_or_after(self, day: date) -> date:
        """The first working day not before `day`."""
        for ahead in range(_YEAR_DAYS):
            if self.is_working(found := day + timedelta(days=ahead)):
                return found
        raise ValueError(f"no working day within a year of {day}: correct the calendar of the banks file")

    def after(self, day: date, count: int) -> date:
        """The working day `count` working days after `day`."""
        found = day
        for _ in range(count):
            found = self.on_or_after(found + timedelta(days=1))
        return found

    def execution_day(self, now_us: int, cut_off: time) -> date:
        """The day a bank carries out what it has at this instant: today before the cut-off, else the next."""
        now = (_EPOCH + timedelta(microseconds=now_us)).astimezone(PHNOM_PENH)
        today = now.date()
        if self.is_working(today) and now.time() < cut_off:
            return today
        return self.on_or_after(today + timedelta(days=1))


_known: dict[int, frozenset[date]] = {}


def _holidays(year: int) -> frozenset[date]:
    if year not in _known:
        _known[year] = frozenset(holidays.country_holidays("KH", years=year))
    return _known[year]
