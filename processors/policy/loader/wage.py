"""An amount that replaces a wage: whose wage it is, and the figures that make it an amount."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from processors.policy.loader.dates import dated
from processors.policy.loader.nodes import Item, fields, listed, sequence
from processors.policy.loader.sources import Sources, figure
from processors.policy.model import Figure, Wage, WageFigure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processors.policy.loader.commons import Lists

NEEDED = (WageFigure.SHARE, WageFigure.MONTH_DAYS, WageFigure.MONTHS, WageFigure.ROUNDING)
"""Without these nothing can be worked out; the ceiling is for wages that have one, and one of the others tells days."""

_TELL_DAYS = (WageFigure.DAYS, WageFigure.FIRST_PAID_DAY)
WHOLE_SHARE_PERCENT = 100
MONTHS_MOST = 120
"""Ten years: a longer average is a slip."""


def wage(item: Item, currency: str, lists: Lists, sources: Sources) -> Wage:
    """The wage form of an amount; raises PolicyError at the first thing that is wrong."""
    found = fields(item, ("schemes", "branch", *NEEDED), (WageFigure.CEILING, *_TELL_DAYS))
    if sum(name in found for name in _TELL_DAYS) != 1:
        what = "`days` and `first_paid_day` stand together, or neither does"
        raise item.error(what, "Write `days:` for a fixed number of days, `first_paid_day:` where the days are asked")
    units = _units(currency)
    figures = {
        name: dated(found[name], partial(_figure, name=name, unit=units[name], sources=sources))
        for name in WageFigure
        if name in found
    }
    schemes = frozenset(listed(entry, lists.of("schemes"), "schemes") for entry in sequence(found["schemes"]))
    return Wage(schemes, listed(found["branch"], lists.of("branches"), "branches"), figures)


def _units(currency: str) -> Mapping[WageFigure, str]:
    return {
        WageFigure.SHARE: "percent",
        WageFigure.DAYS: "days",
        WageFigure.FIRST_PAID_DAY: "day of the spell",
        WageFigure.MONTH_DAYS: "days/month",
        WageFigure.MONTHS: "months",
        WageFigure.CEILING: f"{currency}/month",
        WageFigure.ROUNDING: currency,
    }


_MOST = {WageFigure.SHARE: WHOLE_SHARE_PERCENT, WageFigure.MONTHS: MONTHS_MOST}


def _figure(item: Item, name: WageFigure, unit: str, sources: Sources) -> Figure:
    told = figure(item, sources, (unit,))
    most = _MOST.get(name)
    if told.value is not None and not 0 < told.value <= (most or told.value):
        up_to = f" and at most {most}" if most is not None else ""
        raise item.error(f"`{name}` must be above zero{up_to}", "Correct the value, or set the status `unset`")
    return told
