"""Instants and Cambodian days. Asia/Phnom_Penh has been UTC+7 without daylight saving since 1975."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PHNOM_PENH = timedelta(hours=7)


def local_date(time_us: int) -> date:
    """The Cambodian calendar day of an instant in microseconds since the epoch."""
    return (_EPOCH + timedelta(microseconds=time_us) + _PHNOM_PENH).date()


def local_month(time_us: int) -> str:
    """The Cambodian calendar month of an instant, `YYYY-MM`."""
    return local_date(time_us).strftime("%Y-%m")
