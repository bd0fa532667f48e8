"""Overlays of a pack: what a shock changes for some days and places, read and held against the pack it changes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from processors.policy.loader.amount import PAID_PER, extra_part
from processors.policy.loader.commons import CONTRACT_LISTS
from processors.policy.loader.dates import day
from processors.policy.loader.nodes import Item, choice, code, entries, fields, sequence, text
from processors.policy.loader.rules import one_rule
from processors.policy.loader.sources import BASIS_KEYS, Sources, basis
from processors.policy.overlay import Overlay, OverlayKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from processors.policy.loader.commons import Lists
    from processors.policy.model import Amount, Dated, LifeEvent
    from processors.policy.predicates import Predicate

_PLACE = re.compile(r"([0-9]{2}){1,3}")
"""A province, district or commune by the beginning of its six digits."""

_SAYS: Mapping[OverlayKind, str] = {
    OverlayKind.VERTICAL: "parts",
    OverlayKind.HORIZONTAL: "rule",
    OverlayKind.TWEAK: "waives",
}
"""What an overlay of each kind says besides when, where and why."""


def overlays(
    item: Item, event: LifeEvent, amount: Amount, in_force: Dated[tuple[Predicate, ...]], lists: Lists, sources: Sources
) -> tuple[Overlay, ...]:
    """The overlays of a pack, in its order; raises PolicyError at the first thing that is wrong."""
    units = tuple(f"{amount.currency}/{paid}" for paid in PAID_PER[event])
    found: list[Overlay] = []
    for key, value in entries(item):
        kind = choice(_kind(value), OverlayKind)
        told = fields(value, ("kind", "from", "until", "status", _SAYS[kind]), ("areas", *BASIS_KEYS))
        if kind is OverlayKind.VERTICAL and amount.wage is not None:
            raise value.error("a share of a wage has no parts to add to", "Change the figures of the pack instead")
        since, until = day(told["from"]), day(told["until"])
        if until < since:
            raise told["until"].error(f"{until} lies before {since}", "Write the last day on which the overlay holds")
        overlay = Overlay(
            name=code(key),
            kind=kind,
            since=since,
            until=until,
            areas=tuple(_place(entry) for entry in sequence(told["areas"])) if "areas" in told else (),
            basis=basis(value, told, sources),
            parts=tuple(
                extra_part(f"{code(key)}.{code(name)}", part, since, units, lists, sources)
                for name, part in entries(told["parts"])
            )
            if kind is OverlayKind.VERTICAL
            else (),
            rule=one_rule(told["rule"], lists, sources) if kind is OverlayKind.HORIZONTAL else None,
            waives=text(told["waives"]) if kind is OverlayKind.TWEAK else None,
        )
        _check_rules(told[_SAYS[kind]], overlay, in_force)
        found.append(overlay)
    return tuple(found)


def _kind(item: Item) -> Item:
    """The `kind` of an overlay, which says what else it must tell."""
    for key, value in entries(item):
        if text(key) == "kind":
            return value
    raise item.error("`kind` is missing", f"One of: {', '.join(OverlayKind)}")


def _place(item: Item) -> str:
    place = text(item)
    if place not in CONTRACT_LISTS["areas"] and not _PLACE.fullmatch(place):
        known = ", ".join(CONTRACT_LISTS["areas"])
        raise item.error(f"`{place}` is no place", f"One of {known}, or 2, 4 or 6 digits of a commune, in quotes")
    return place


def _check_rules(item: Item, overlay: Overlay, in_force: Dated[tuple[Predicate, ...]]) -> None:
    """On every day of the overlay the rules of the pack hold, and what it replaces or waives is exactly one of them."""
    name = overlay.rule.name if overlay.rule is not None else overlay.waives
    for begins in _changes(overlay, in_force):
        held = in_force.on(begins)
        if held is None:
            what = f"the benefit is not in force on {begins}, a day of the overlay"
            raise item.error(what, "Let the overlay lie within the days of the rules")
        if name is not None and [rule.name for rule in held].count(name) != 1:
            raise item.error(f"`{name}` is not one rule of {begins}", "Name a predicate that stands there once")


def _changes(overlay: Overlay, in_force: Dated[tuple[Predicate, ...]]) -> list[date]:
    within = [begins for begins, _ in in_force.entries if overlay.since < begins <= overlay.until]
    return [overlay.since, *within]
