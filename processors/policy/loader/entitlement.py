"""What one payment of a benefit is for: the event in life, its step, its maximum and what it excludes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from processors.policy.loader.dates import dated
from processors.policy.loader.nodes import Item, choice, fields, listed, sequence
from processors.policy.loader.sources import Sources, figure
from processors.policy.model import Basis, Entitlement, Exclusivity, LifeEvent, Maximum, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processors.policy.loader.commons import Lists

MAXIMUM_UNITS: Mapping[LifeEvent, Mapping[str, int | None]] = {
    LifeEvent.BIRTH: {"payments/pregnancy": None, "payments/birth": None},
    LifeEvent.VISIT: {"payments/pregnancy": None, "payments/birth": None},
    LifeEvent.LEAVE: {"days/12 months": 12},
}
"""What a maximum may count, by the event in life, and in any how many months where it counts days."""

_WITHOUT_CONDITION = (LifeEvent.MONTH, LifeEvent.ROUND, LifeEvent.EPISODE)


def entitlement(item: Item, lists: Lists, sources: Sources) -> Entitlement:
    """The entitlement of a pack. `evidence` may be left out only of what can be paid without a verified condition."""
    found = fields(item, ("event", "step"), ("evidence", "exclusivity", "maximum"))
    event = choice(found["event"], LifeEvent)
    if event not in _WITHOUT_CONDITION and "evidence" not in found:
        raise item.error(f"`evidence` is missing for a {event}", "Name the condition that proves it")
    if event is LifeEvent.EPISODE and "evidence" in found:
        raise found["evidence"].error("an episode of care is proved by its encounter", "Remove `evidence:`")
    if event not in MAXIMUM_UNITS and "maximum" in found:
        raise found["maximum"].error("a maximum counts within a birth or pregnancy", f"Remove it from a {event}")
    step = listed(found["step"], lists.of("steps"), "steps")
    maximum = (
        dated(found["maximum"], lambda entry: _maximum(entry, event, step, lists, sources))
        if "maximum" in found
        else None
    )
    exclusivity = _exclusivity(found["exclusivity"], lists) if "exclusivity" in found else ()
    if event is LifeEvent.LEAVE and all(row.per is not LifeEvent.LEAVE for row in exclusivity):
        raise item.error("a leave holds its days in no group", "Add an exclusivity group that is per leave")
    return Entitlement(
        event=event,
        step=step,
        evidence=listed(found["evidence"], lists.of("conditions"), "conditions") if "evidence" in found else None,
        exclusivity=exclusivity,
        maximum=maximum,
    )


def _exclusivity(item: Item, lists: Lists) -> tuple[Exclusivity, ...]:
    rows: list[Exclusivity] = []
    for entry in sequence(item):
        found = fields(entry, ("group", "side"))
        name = listed(found["group"], lists.groups, "exclusivity")
        if name in [row.group for row in rows]:
            raise entry.error(f"group `{name}` stands twice", "A pack takes one side of a group")
        group = lists.groups[name]
        side = listed(found["side"], group.sides, f"sides of {name}")
        rows.append(Exclusivity(name, group.per, side, group.basis, group.note))
    return tuple(rows)


def _maximum(item: Item, event: LifeEvent, step: str, lists: Lists, sources: Sources) -> Maximum:
    units = MAXIMUM_UNITS[event]
    told = figure(item, sources, units, extra=("steps",))
    if told.status is Status.UNSET or not told.value:
        raise item.error("a maximum must be a number above zero", "Set a value, or end the maximum by a dated null")
    found = fields(item, ("steps",), ("value", "unit", "status", "references", "note"))
    steps = tuple(listed(entry, lists.of("steps"), "steps") for entry in sequence(found["steps"]))
    if step not in steps:
        raise found["steps"].error(f"the maximum does not count the pack's own step `{step}`", f"Add `{step}`")
    return Maximum(steps, told.value, Basis(told.status, told.references, told.note), units[told.unit])
