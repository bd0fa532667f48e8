"""What one payment of a benefit is for: the event in life, its step, its maximum and what it excludes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from processors.policy.entitlement import Entitlement, Exclusivity, Maximum, Round
from processors.policy.loader.dates import dated, day
from processors.policy.loader.nodes import Item, choice, entries, fields, listed, sequence, whole
from processors.policy.loader.sources import BASIS_KEYS, Sources, basis, figure
from processors.policy.model import Basis, LifeEvent, Status

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
    found = fields(item, ("event", "step"), ("evidence", "exclusivity", "maximum", "rounds"))
    event = choice(found["event"], LifeEvent)
    if event not in _WITHOUT_CONDITION and "evidence" not in found:
        raise item.error(f"`evidence` is missing for a {event}", "Name the condition that proves it")
    if event is LifeEvent.EPISODE and "evidence" in found:
        raise found["evidence"].error("an episode of care is proved by its encounter", "Remove `evidence:`")
    if event not in MAXIMUM_UNITS and "maximum" in found:
        raise found["maximum"].error("a maximum counts within a birth or pregnancy", f"Remove it from a {event}")
    if (event is LifeEvent.ROUND) != ("rounds" in found):
        raise item.error("`rounds` are told exactly where a round is paid", "Add the day of each round, or remove them")
    step = listed(found["step"], lists.of("steps"), "steps")
    maximum = (
        dated(found["maximum"], lambda entry: _maximum(entry, event, step, lists, sources))
        if "maximum" in found
        else None
    )
    rounds = _rounds(found["rounds"], sources) if "rounds" in found else {}
    exclusivity = _exclusivity(found["exclusivity"], rounds, lists) if "exclusivity" in found else ()
    if event is LifeEvent.LEAVE and all(row.per is not LifeEvent.LEAVE for row in exclusivity):
        raise item.error("a leave holds its days in no group", "Add an exclusivity group that is per leave")
    if event is not LifeEvent.LEAVE and any(row.per is LifeEvent.LEAVE for row in exclusivity):
        raise found["exclusivity"].error(f"a {event} has no days that a group per leave could hold", "Remove the group")
    return Entitlement(
        event=event,
        step=step,
        evidence=listed(found["evidence"], lists.of("conditions"), "conditions") if "evidence" in found else None,
        exclusivity=exclusivity,
        maximum=maximum,
        rounds=rounds,
    )


def _rounds(item: Item, sources: Sources) -> dict[int, Round]:
    """`number: {day, status, ...}` from 1 on without a gap, each later than the one before."""
    found: dict[int, Round] = {}
    for key, value in entries(item):
        told = fields(value, ("day", "status"), BASIS_KEYS)
        if whole(key) != len(found) + 1:
            raise key.error(f"round {whole(key)} stands where round {len(found) + 1} is expected", "Number from 1 on")
        on = day(told["day"])
        if found and on <= found[len(found)].day:
            raise told["day"].error("a round is not later than the one before it", "Write the rounds in order")
        found[len(found) + 1] = Round(on, basis(value, told, sources))
    return found


def _exclusivity(item: Item, rounds: Mapping[int, Round], lists: Lists) -> tuple[Exclusivity, ...]:
    rows: list[Exclusivity] = []
    for entry in sequence(item):
        found = fields(entry, ("group", "side"), ("round",))
        name = listed(found["group"], lists.groups, "exclusivity")
        if name in [row.group for row in rows]:
            raise entry.error(f"group `{name}` stands twice", "A pack takes one side of a group")
        group = lists.groups[name]
        side = listed(found["side"], group.sides, f"sides of {name}")
        if (group.per is LifeEvent.ROUND) != ("round" in found):
            raise entry.error("`round` is told exactly for a group that is per round", "Add or remove `round:`")
        number = whole(found["round"]) if "round" in found else None
        if number is not None and rounds and number not in rounds:
            raise found["round"].error(f"round {number} is none of this benefit", "Name one of its rounds")
        others = tuple(other for other in group.sides if other != side)
        rows.append(
            Exclusivity(
                name, group.per, side, others, group.basis, group.note, group.references, number, side == group.prevails
            )
        )
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
