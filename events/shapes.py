r"""Shapes that several event types share; every text on the wire has one of them, so there is no free text.

A pattern ends in `\Z` because Python's `$` also matches before a final newline; the JSON Schemas print `$`.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final

import msgspec
from msgspec import Meta

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2199
COUNT_MAX: Final = 1_000_000_000

SP_ID: Final = r"^[0-9]{10}\Z"
OPAQUE_ID: Final = r"^[A-Za-z0-9._:/-]{1,40}\Z"
CODE: Final = r"^[a-z0-9_.]{1,40}\Z"
MONTH: Final = r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])\Z"
BIRTH_DATE: Final = r"^(19|20|21)[0-9]{2}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?\Z"
COMMUNE: Final = r"^[0-9]{6}\Z"
HEX_128: Final = r"^[0-9a-f]{32}\Z"
BANK_REASON: Final = r"^([A-Z0-9]{4}|[a-z0-9_.]{1,40})\Z"
CHECKPOINT: Final = r"^[A-Za-z0-9._:/+=-]{1,200}\Z"
EVENT_ID: Final = r"^[A-Za-z0-9._:-]{1,64}\Z"
SOURCE: Final = r"^(urn:sp:operator:)?[a-z0-9_.]{1,40}\Z"
SUBJECT: Final = r"^[!-~]{1,128}\Z"
TRACEPARENT: Final = r"^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\Z"
AMOUNT: Final = r"^(0|[1-9][0-9]{0,14})(\.[0-9]{2})?\Z"

# What a refused publisher is told instead of a regular expression.
MEANINGS: Final[dict[str, str]] = {
    SP_ID: "ten digits as a string",
    OPAQUE_ID: "1 to 40 of A-Z a-z 0-9 . _ : / -",
    CODE: "a code, 1 to 40 of a-z 0-9 _ .",
    MONTH: "a month YYYY-MM from 1900 to 2199",
    BIRTH_DATE: "YYYY, YYYY-MM or YYYY-MM-DD from 1900 to 2199",
    COMMUNE: "six digits as a string",
    HEX_128: "32 hexadecimal digits in lower case",
    BANK_REASON: "an ISO 20022 code of four characters, or a code of a-z 0-9 _ .",
    CHECKPOINT: "1 to 200 of A-Z a-z 0-9 . _ : / + = -",
    EVENT_ID: "1 to 64 of A-Z a-z 0-9 . _ : -",
    SOURCE: "the source of an envelope, urn:sp:operator:<code>",
    SUBJECT: "1 to 128 printable ASCII characters without spaces",
    TRACEPARENT: "a W3C traceparent, 00-<32 hex>-<16 hex>-<2 hex>",
    AMOUNT: "a decimal string of at most 15 digits",
}

SpId = Annotated[str, Meta(pattern=SP_ID, description="SP-ID, ten digits")]
OpaqueId = Annotated[str, Meta(pattern=OPAQUE_ID)]
Code = Annotated[str, Meta(pattern=CODE, description="a code listed in the policy pack")]
Month = Annotated[str, Meta(pattern=MONTH, description="YYYY-MM")]
BirthDate = Annotated[str, Meta(pattern=BIRTH_DATE, description="YYYY, YYYY-MM or YYYY-MM-DD")]
Commune = Annotated[str, Meta(pattern=COMMUNE)]
LineId = Annotated[str, Meta(pattern=HEX_128, description="32 hexadecimal digits")]
BankReason = Annotated[str, Meta(pattern=BANK_REASON, description="ISO 20022 reason code, or a code such as unclaimed")]
Checkpoint = Annotated[str, Meta(pattern=CHECKPOINT)]
EventId = Annotated[str, Meta(pattern=EVENT_ID)]
SourceName = Annotated[str, Meta(pattern=SOURCE)]
Count = Annotated[int, Meta(ge=0, le=COUNT_MAX)]
# More of one birth is a mistake, and money would be multiplied by it.
Babies = Annotated[int, Meta(ge=0, le=20)]
Positive = Annotated[int, Meta(ge=1, le=COUNT_MAX)]
Percent = Annotated[int, Meta(ge=0, le=100)]


class FieldError(ValueError):
    """A struct refuses one of its own fields: `field` as on the wire, `expected` without the refused value."""

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"{field}: {expected}")
        self.field = field
        self.expected = expected


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """Base of everything inside `data`: frozen, closed, and written without the optional fields that are absent."""


def check_dates(**dates: dt.date | None) -> None:
    """Refuse a date outside 1900-2199; a trailing underscore of the keyword is not part of the field's name."""
    for name, day in dates.items():
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise FieldError(name.rstrip("_"), f"expected a date from {FIRST_YEAR} to {LAST_YEAR}")


def check_birth_date(text: str) -> None:
    """Refuse a full birth date that does not exist; the pattern has already looked at the rest."""
    if len(text) == len("YYYY-MM-DD"):
        try:
            dt.date.fromisoformat(text)
        except ValueError:
            raise FieldError("birth_date", "expected a date that exists") from None


def check_period(begin: dt.date, end: dt.date) -> None:
    """Refuse a `from`-`until` without a day in it; both ends belong to the period."""
    if end < begin:
        raise FieldError("until", "expected a date not before `from`")
