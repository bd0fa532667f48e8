"""Events in life, recognised from verified evidence and never from an operator's id (contract, One event in life).

A birth: delivery dates of one mother within the pack's days of the earliest, which anchors it; what lies beyond anchors
anew. A visit: one person, kind and date; it belongs to a birth or pregnancy by `birth_on`, else by the pack's interval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from events.verification import ConditionVerified
from processors.entities import person

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from events.envelope import Event
    from processors.policy.model import Commons
    from processors.view import View

MET = "met"
DELIVERY = "delivery"
PREGNANCY_ENDED = "pregnancy_ended"
BEFORE_DELIVERY = frozenset({"anc_visit"})
AFTER_DELIVERY = frozenset({"pnc_visit", "vaccination_visit"})


class Evidence(NamedTuple):
    """One verified condition: the event and what it says."""

    event: Event
    condition: ConditionVerified


class Birth(NamedTuple):
    """One birth of one mother. `babies` are all born; `stillborn` of them. `anchor` is the earliest delivery date."""

    anchor: date
    evidence: tuple[Evidence, ...]
    babies: int
    stillborn: int
    children: frozenset[bytes]


def conditions(view: View, persons: Iterable[bytes], condition: str) -> list[Evidence]:
    """All effective evidence of one condition about any of these persons, by date."""
    found = [
        Evidence(event, data)
        for key in persons
        for event, data in view.facts(key, ConditionVerified)
        if data.condition == condition
    ]
    if len(found) > 1:
        found.sort(key=lambda item: (str(item.condition.on), *view.rank(item.event)))
    return found


def told_by_carers(view: View, family: tuple[bytes, ...], children: Iterable[bytes], condition: str) -> list[Evidence]:
    """Evidence about these children told under somebody outside the family who brought them, by date."""
    carers: set[bytes] = set()
    for child in children:
        states = (view.states[alias] for alias in view.aliases(child) if alias in view.states)
        carers.update(view.root(link) for state in states for link in state.links if link[:1] == b"P")
    carers.difference_update(family)
    if not carers:
        return []
    return [
        item
        for item in conditions(view, sorted(carers), condition)
        if item.condition.child_sp_id is not None and view.root(person(item.condition.child_sp_id)) in children
    ]


def births(view: View, mother: bytes) -> list[Birth]:
    """The births of a mother, in order of date."""
    known = view.births.get(mother)
    if known is None:
        known = view.births[mother] = _births(view, mother)
    return known


def _births(view: View, mother: bytes) -> list[Birth]:
    met = [
        item
        for item in conditions(view, (mother,), DELIVERY)
        if item.condition.outcome == MET and item.condition.on is not None
    ]
    groups: list[list[Evidence]] = []
    for item in met:
        first = _on(groups[-1][0]) if groups else _on(item)
        if groups and (_on(item) - first).days <= view.commons.birth_window_days.at(first):
            groups[-1].append(item)
        else:
            groups.append([item])
    return [_birth(view, group) for group in groups]


def _on(item: Evidence) -> date:
    day = item.condition.on
    if day is None:
        message = f"evidence {item.event.source}/{item.event.id} of {item.condition.condition} has no `on`"
        raise ValueError(message)
    return day


def _birth(view: View, group: list[Evidence]) -> Birth:
    named = (item.condition.child_sp_id for item in group if item.condition.child_sp_id is not None)
    children = frozenset(view.root(person(child)) for child in named)
    return Birth(
        anchor=_on(group[0]),
        evidence=tuple(group),
        babies=max(_counted(view, group, "babies"), len(children), 1),
        stillborn=_counted(view, group, "stillborn"),
        children=children,
    )


def _counted(view: View, group: list[Evidence], name: str) -> int:
    """The measure told by the strongest fact of the birth that tells it; 0 when none does."""
    telling = [item for item in group if measure(item.condition, name) is not None]
    if not telling:
        return 0
    strongest = max(telling, key=lambda item: view.rank(item.event))
    return measure(strongest.condition, name) or 0


def measure(condition: ConditionVerified, name: str) -> int | None:
    """One measure of a condition, or None when it was not told."""
    value = getattr(condition.measure, name, None) if condition.measure is not None else None
    return value if isinstance(value, int) else None


def nearest_birth(known: list[Birth], day: date, commons: Commons) -> Birth | None:
    """The birth a date speaks of: the nearest whose anchor lies within the pack's window, the earlier on a tie."""
    close = [birth for birth in known if abs((day - birth.anchor).days) <= commons.birth_window_days.at(birth.anchor)]
    return min(close, key=lambda birth: (abs((day - birth.anchor).days), birth.anchor)) if close else None


def birth_of_child(known: list[Birth], child: bytes | None) -> Birth | None:
    """The birth whose evidence names this child."""
    return next((birth for birth in known if child in birth.children), None)


def births_heard_of(view: View, family: tuple[bytes, ...], known: list[Birth]) -> list[date]:
    """Anchors of births that only `birth_on` of other evidence tells, each as far from the others as births are."""
    window = view.commons.birth_window_days
    told = {
        data.birth_on
        for key in family
        for _, data in view.facts(key, ConditionVerified)
        if data.birth_on is not None
        and data.outcome == MET
        and all(abs((data.birth_on - birth.anchor).days) > window.at(birth.anchor) for birth in known)
    }
    anchors: list[date] = []
    for day in sorted(told):
        if not anchors or (day - anchors[-1]).days > window.at(anchors[-1]):
            anchors.append(day)
    return anchors


def _visits(view: View, family: tuple[bytes, ...], kinds: frozenset[str]) -> list[date]:
    return [
        item.condition.on
        for kind in sorted(kinds)
        for item in (*conditions(view, family, kind), *told_by_carers(view, family, family[1:], kind))
        if item.condition.on is not None and item.condition.outcome == MET
    ]


def pregnancy_anchor(view: View, family: tuple[bytes, ...], day: date, known: list[Birth]) -> date:
    """What anchors the pregnancy of an antenatal visit on `day`.

    The first end (birth or verified end of pregnancy) within the pack's interval after the visit; without one, the
    first of the antenatal visits that no end explains and within whose interval this one lies.
    """
    interval = view.commons.pregnancy_days.at(day)
    born = {birth.anchor for birth in known} | set(births_heard_of(view, family, known))
    ends = sorted(born | set(_visits(view, family[:1], frozenset({PREGNANCY_ENDED}))))

    def end_of(visit: date) -> date | None:
        return next((end for end in ends if 0 <= (end - visit).days <= interval), None)

    found = end_of(day)
    if found is not None:
        return found
    visits = _visits(view, family, BEFORE_DELIVERY)
    return _cluster_anchor(day, (visit for visit in visits if end_of(visit) is None), interval)


def after_delivery_anchor(view: View, family: tuple[bytes, ...], day: date, births_told: list[date]) -> date:
    """What anchors a visit after delivery that names neither birth nor child: the latest birth within the interval.

    Without one, the first of the visits after delivery, of whichever kind, that no birth explains and within whose
    interval this one lies.
    """
    interval = view.commons.after_delivery_days.at(day)

    def birth_of(visit: date) -> date | None:
        return max((anchor for anchor in births_told if 0 <= (visit - anchor).days <= interval), default=None)

    found = birth_of(day)
    if found is not None:
        return found
    visits = _visits(view, family, AFTER_DELIVERY)
    return _cluster_anchor(day, (visit for visit in visits if birth_of(visit) is None), interval)


def _cluster_anchor(day: date, steps: Iterable[date], interval: int) -> date:
    anchor = None
    for step in sorted({*steps, day}):
        if anchor is None or (step - anchor).days > interval:
            anchor = step
        if step == day:
            return anchor
    return day
