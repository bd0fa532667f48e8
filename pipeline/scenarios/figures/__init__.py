"""Published figures with their sources, and how they shrink to a smaller size; one module a kind of programme."""

from __future__ import annotations

from typing import Literal

import msgspec

CURRENCY = "KHR"
PRESS_RIEL_A_DOLLAR = 4_000
"""The press converts at this flat rate, so what it prints in dollars comes back to riel by it."""

COUNTRY_MONTH = (
    "No month had every benefit in force: 25 of 28 were in January 2025, when COVID-19, flood and inflation cash had "
    "ended. So this is a composite, each programme in the month its figures are of: flood and inflation cash December "
    "2022, COVID-19 cash March 2023, mothers 1 to 21 August 2023, pupils and trainees December 2024, health care, "
    "allowances and the Family Package January 2025. Unless asked otherwise a hundredth is told, 7,055 of 705,487 "
    "households and everything else in proportion, so that it takes less than three minutes."
)

Status = Literal["confirmed", "derived", "assumption", "not published"]
Measure = Literal["amount", "lines", "told"]


class Source(msgspec.Struct, frozen=True):
    """Where a figure was read."""

    title: str
    href: str


class Published(msgspec.Struct, frozen=True):
    """One published figure beside what the published rule gives for what is told at this size.

    `measure` says what of the ledger stands beside it: the `amount` posted for `benefits`, their `lines`, or nothing,
    when it is only `told`. `unit` is a currency (whole riel) or what is counted. `published` is None where no source
    has a figure; `difference` is what the rule gives above the published figure at full size, as far as it is known.
    """

    name: str
    unit: str
    measure: Measure
    benefits: tuple[str, ...]
    rule: int
    published: int | None
    status: Status
    source: Source
    note: str = ""
    difference: int = 0


def share_of(number: int, size: int, full: int, least: int = 0) -> int:
    """A number in proportion to `size` of `full`, never below `least`."""
    return max(least, round(number * size / full))
