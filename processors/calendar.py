"""Instants and Cambodian days. Asia/Phnom_Penh has been UTC+7 without daylight saving since 1975."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PHNOM_PENH = timedelta(hours=7)


def local_date(time_us: int) -> date:
    """The Cambodian calendar day of an instant in microseconds since the epoch."""
    return (_EPOCH + timedelta(microseconds=time_us) + _PHNOM_PENH).date()


def first_of_month(month: str) -> date:
    """The first day of a month told as `YYYY-MM`."""
    return date.fromisoformat(f"{month}-01")


def last_of_month(first: date) -> date:
    """The last day of the month that begins on `first`."""
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def months_before(day: date, count: int) -> tuple[date, ...]:
    """The first days of the `count` months before the month of `day`, the earliest first."""
    last = day.year * 12 + day.month - 1
    return tuple(date(at // 12, at % 12 + 1, 1) for at in range(last - count, last))


def local_month(time_us: int) -> str:
    """The Cambodian calendar month of an instant, `YYYY-MM`."""
    return local_date(time_us).strftime("%Y-%m")
