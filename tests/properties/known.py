"""What is known of a world at rest, read from its events by the words of the contract and by nothing of ours.

For each kind of fact the one that counts, persons under the ids they were merged into, births, households on a day.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from itertools import chain
from typing import TypeVar

from events.catalogue import TYPES
from events.enrolment import HouseholdIdentified, PersonDied, PersonEnrolled, PersonMerged, PersonWithdrawn
from events.envelope import Event
from events.retraction import EventRetracted
from events.verification import ConditionVerified, EncounterRecorded
from processors.memory import World

D = TypeVar("D")
NUMBERED = (PersonEnrolled, PersonWithdrawn, EncounterRecorded)


class Known:
    """The facts that count, all of them known. `ids` of one person are named by the id that is kept."""

    def __init__(self, world: World) -> None:
        self.commons = world.policy.commons
        events = [event for _, event in world.inbox.values()]
        gone = {
            (event.source, event.data.event.id)
            for event in events
            if isinstance(event.data, EventRetracted) and event.data.event.source == event.source
        }
        left = [event for event in events if (event.source, event.id) not in gone]
        self._into: dict[str, str] = {}
        for merge in self._latest([event for event in left if isinstance(event.data, PersonMerged)]):
            if isinstance(merge.data, PersonMerged):
                self._into[merge.data.sp_id] = merge.data.into
        self.facts = sorted(self._latest(self._not_moved(left)), key=self.rank)

    def rank(self, event: Event) -> tuple[int, int, str]:
        return (event.time_us, -self.commons.rank_of(event.source, event.time_us), event.id)

    def _latest(self, events: list[Event]) -> list[Event]:
        found: dict[tuple[str, ...], Event] = {}
        for event in sorted(events, key=self.rank):
            natural_key = TYPES[event.type].natural_key
            if natural_key is not None:
                key = natural_key(event.source, event.data)
                owner = self.person(event.data.sp_id) if isinstance(event.data, NUMBERED) else ""
                if not isinstance(event.data, PersonMerged):
                    key = tuple(self.person(part) for part in key)
                found[(*key, owner)] = event
        return list(found.values())

    def _not_moved(self, events: list[Event]) -> list[Event]:
        """Without the versions of a numbered record that its source has corrected to be about another id."""
        last: dict[tuple[str, ...], str] = {}
        for event in sorted(events, key=self.rank):
            if isinstance(event.data, NUMBERED):
                last[_number(event)] = event.data.sp_id
        return [
            event
            for event in events
            if not isinstance(event.data, NUMBERED) or last[_number(event)] == event.data.sp_id
        ]

    def of(self, kind: type[D]) -> list[tuple[Event, D]]:
        """The facts of one kind, the strongest last."""
        return [(event, event.data) for event in self.facts if isinstance(event.data, kind)]

    def person(self, sp_id: str) -> str:
        """The id that is kept; of ids merged in a ring the smallest."""
        seen = [sp_id]
        while (following := self._into.get(seen[-1])) is not None:
            if following in seen:
                return min(seen[seen.index(following) :])
            seen.append(following)
        return seen[-1]

    def died(self, person: str) -> date | None:
        days = [data.died_on for _, data in self.of(PersonDied) if self.person(data.sp_id) == person]
        return days[-1] if days else None

    def births(self) -> dict[str, list[date]]:
        """The first day of each birth by mother: what lies within the pack's days of it belongs to it."""
        told: dict[str, set[date]] = defaultdict(set)
        for _, data in self.of(ConditionVerified):
            if (data.condition, data.outcome) == ("delivery", "met") and data.on is not None:
                told[self.person(data.sp_id)].add(data.on)
        found: dict[str, list[date]] = {}
        for mother, days in told.items():
            anchors = found.setdefault(mother, [])
            for day in sorted(days):
                if not anchors or (day - anchors[-1]).days > self.window(anchors[-1]):
                    anchors.append(day)
        return found

    def birth_near(self, mother: str, day: date) -> date | None:
        near = [born for born in self.births().get(mother, []) if abs((day - born).days) <= self.window(born)]
        return min(near, key=lambda born: (abs((day - born).days), born), default=None)

    def window(self, day: date) -> int:
        return self.commons.birth_window_days.at(day)

    def mothers(self, child: str) -> set[str]:
        """Everybody of whom a delivery of this child is told."""
        return {
            self.person(data.sp_id)
            for _, data in self.of(ConditionVerified)
            if (data.condition, data.outcome) == ("delivery", "met")
            and data.child_sp_id is not None
            and self.person(data.child_sp_id) == child
        }

    def is_brought(self, child: str) -> bool:
        """Whether anything is told of this person as somebody's child."""
        named = (data.child_sp_id for _, data in self.of(ConditionVerified) if data.child_sp_id is not None)
        return child in map(self.person, named)

    # -- households ---------------------------------------------------------------------------------------------------

    def parents(self, household: str) -> set[str]:
        """The households this one replaces."""
        told = (data.replaces for _, data in self.of(HouseholdIdentified) if data.household_id == household)
        return set(chain.from_iterable(told)) - {household}

    def ancestors(self, household: str, day: date) -> set[str]:
        """The households this one had taken over by a day, but those that were still, or again, there on it."""
        found: set[str] = set()
        while more := {parent for name in {household, *found} for parent in self._gave_way(name, day)} - found:
            found |= more
        return found - {household}

    def successors(self, household: str, day: date) -> set[str]:
        """The households that had taken this one over by a day."""
        named = {data.household_id for _, data in self.of(HouseholdIdentified)}
        return {name for name in named if household in self.ancestors(name, day)}

    def _gave_way(self, household: str, day: date) -> set[str]:
        there = defaultdict(list)
        for _, data in self.of(HouseholdIdentified):
            if data.valid_from <= day:
                there[data.household_id].append(data)
        return {
            parent
            for data in there[household]
            for parent in data.replaces
            if parent != household and all(version.valid_from <= data.valid_from for version in there[parent])
        }

    def household_on(self, household: str, day: date) -> str:
        """The household that was there: itself, else the nearest of those whose history it took over."""
        seen, near = {household}, {household}
        while near:
            there = [
                (data.valid_from, self.rank(event), data.household_id)
                for event, data in self.of(HouseholdIdentified)
                if data.household_id in near and data.valid_from <= day
            ]
            if there:
                return max(there)[-1]
            near = {parent for name in near for parent in self.parents(name)} - seen
            seen |= near
        return household


def _number(event: Event) -> tuple[str, ...]:
    data = event.data
    if isinstance(data, EncounterRecorded):
        return (event.type, event.source, data.encounter_id)
    assert isinstance(data, PersonEnrolled | PersonWithdrawn)
    return (event.type, event.source, data.scheme, data.enrolment_id)
