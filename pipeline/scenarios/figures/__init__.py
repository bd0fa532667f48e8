"""Published figures with their sources, and how they shrink to a smaller size; one module a kind of programme."""

from __future__ import annotations

from typing import Literal

import msgspec

CURRENCY = "KHR"
PRESS_RIEL_A_DOLLAR = 4_000
"""The press converts at this flat rate, so what it prints in dollars comes back to riel by it."""

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
