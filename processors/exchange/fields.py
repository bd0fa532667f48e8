"""Fields of bank messages in the shapes of ours: amounts, references, times. Raises AnswerError, naming the field."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from hashlib import sha256
from typing import Final

from events.money import CURRENCIES, DIGITS_MAX
from events.shapes import FIRST_YEAR, LAST_YEAR
from processors.exchange.answers import AnswerError, Fault

PHNOM_PENH: Final = timezone(timedelta(hours=7))
_AMOUNT: Final = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,5}))?")
_OPAQUE: Final = re.compile(r"[A-Za-z0-9._:/-]{1,40}")
_INSTRUCTION: Final = re.compile(r"[0-9a-f]{32}")
_REASON: Final = re.compile(r"[A-Z0-9]{4}|[a-z0-9_.]{1,40}")
UNSPECIFIED: Final = "MS03"
"""ISO 20022 external status reason: not specified by the agent."""


def amount_minor(text: str, currency: str, place: str, least: int = 1) -> int:
    """A decimal amount in minor units. Zeros after the currency's decimals are passed over (KHR `400000.00`)."""
    if currency not in CURRENCIES:
        raise AnswerError(Fault.WRONG, f"{place}/@Ccy", f"one of {', '.join(CURRENCIES)}")
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise AnswerError(Fault.WRONG, place, "a decimal amount without sign")
    exponent = CURRENCIES[currency]
    decimals = (found[2] or "").rstrip("0")
    if len(decimals) > exponent:
        raise AnswerError(Fault.WRONG, place, f"at most {exponent} decimals in {currency}")
    minor = int(found[1] + decimals.ljust(exponent, "0"))
    if not least <= minor < 10**DIGITS_MAX:
        raise AnswerError(
            Fault.WRONG, place, f"an amount from {least} of the smallest unit, at most {DIGITS_MAX} digits"
        )
    return minor


def reference(*parts: str) -> str:
    """A reference in the contract's alphabet: as it is where it fits, else the first digits of its SHA-256."""
    text = "/".join(parts)
    return text if _OPAQUE.fullmatch(text) else "h" + sha256(text.encode()).hexdigest()[:32]


def instruction(text: str) -> str | None:
    """An EndToEndId that may be one of ours; None for any other (`NOTPROVIDED`)."""
    return text if _INSTRUCTION.fullmatch(text) else None


def reason(text: str) -> str:
    """A reason in the contract's alphabet; `MS03` where the bank gives none, or one that does not fit."""
    return text if _REASON.fullmatch(text) else UNSPECIFIED


def day(text: str, place: str) -> date:
    """A date `YYYY-MM-DD`, or the Cambodian day of a time; in the years of the contract."""
    try:
        if len(text) > len("YYYY-MM-DD") and "T" in text:
            found = _local(text).astimezone(PHNOM_PENH).date()
        else:
            found = date.fromisoformat(text.removesuffix("Z")[:10])
    except (ValueError, OverflowError):
        raise AnswerError(Fault.WRONG, place, "a date YYYY-MM-DD") from None
    return in_years(found, place)


def in_years(found: date, place: str) -> date:
    """The date, if it lies in the years the contract has."""
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise AnswerError(Fault.WRONG, place, f"a date from {FIRST_YEAR} to {LAST_YEAR}")
    return found


def instant_us(text: str, place: str) -> int:
    """A time in microseconds since the epoch, UTC; without an offset it is Cambodian."""
    try:
        moment = _local(text).astimezone(UTC)
        since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        raise AnswerError(Fault.WRONG, place, "a time as ISO 8601") from None
    in_years(moment.date(), place)
    return since // timedelta(microseconds=1)


def _local(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=PHNOM_PENH)
