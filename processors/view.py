"""A case as it is seen at one instant: effective facts, one person under several ids, households, enrolments.

Facts about the same thing compete by natural key: the latest `time`, then the pack's source order, then the greater
event id (contract, Facts). A horizon hides whatever is timed after it: a closed cycle is decided on what was known
at the close.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import structs

from events.catalogue import TYPES
from events.enrolment import (
    FacilityRegistered,
    PersonDied,
    PersonEnrolled,
    PersonMerged,
    PersonWithdrawn,
)
from processors import entities

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from events.envelope import Event
    from processors.episodes import Birth
    from processors.facts import EntityState, Identity
    from processors.households import Counting, Home
    from processors.policy.model import Commons
    from processors.spells import Span

D = TypeVar("D")


class View:
    """The facts of a case and its neighbours as known at `horizon_us` (None: everything known).

    Facts `left_out` are as if nobody had told them.
    `births`, `mothers`, `homes` and `countings` remember what `episodes`, `inquiry` and `households` found, since
    several requests ask the same.
    """

    def __init__(
        self,
        states: Mapping[bytes, EntityState],
        commons: Commons,
        horizon_us: int | None,
        left_out: frozenset[Identity] = frozenset(),
    ) -> None:
        self.states = states
        self.commons = commons
        self.horizon_us = horizon_us
        self.left_out = left_out
        self.births: dict[bytes, list[Birth]] = {}
        self.mothers: dict[bytes, bytes] = {}
        self.spans: dict[tuple[bytes, str], list[Span]] = {}
        self.homes: dict[tuple[bytes, date], Home | None] = {}
        self.countings: dict[tuple[bytes, date], Counting] = {}
        self._effective: dict[bytes, list[Event]] = {}
        self._facts: dict[tuple[bytes, type], list[tuple[Event, Any]]] = {}
        self._roots = self._merge_roots()
        self._aliases: dict[bytes, list[bytes]] = {}
        for key in self._roots:
            self._aliases.setdefault(self._roots[key], []).append(key)

    def rank(self, event: Event) -> tuple[int, int, str]:
        """How strongly a fact counts against another about the same thing; the greatest wins."""
        return (event.time_us, -self.commons.rank_of(event.source, event.time_us), event.id)

    def effective(self, key: bytes) -> list[Event]:
        """The facts of one entity that count, each natural key once, in the order of their identity."""
        known = self._effective.get(key)
        if known is None:
            known = self._effective[key] = self._compete(self.states.get(key))
        return known

    def _compete(self, state: EntityState | None) -> list[Event]:
        if state is None:
            return []
        best: dict[tuple[str, ...], Event] = {}
        for event in self._known(state):
            if not self._still_about(event):
                continue
            key = state.keys[event.source, event.id]
            other = best.get(key)
            if other is None or self.rank(event) > self.rank(other):
                best[key] = event
        return [best[key] for key in sorted(best)] if len(best) > 1 else list(best.values())

    def _known(self, state: EntityState) -> Iterator[Event]:
        """The facts with a natural key that are known at the horizon and not retracted by then."""
        horizon, retracted, left_out = self.horizon_us, state.retracted, self.left_out
        for identity in state.keys:
            event = state.facts[identity]
            if (horizon is not None and event.time_us > horizon) or (left_out and identity in left_out):
                continue
            if retracted and identity in retracted and (horizon is None or retracted[identity] <= horizon):
                continue
            yield event

    def _still_about(self, event: Event) -> bool:
        """Whether a numbered record was not corrected by then to be about another id."""
        number = entities.numbered(event)
        told = self.states.get(number) if number is not None else None
        if told is None or len(told.facts) == 1:
            return True
        last = max(self._known(told), key=self.rank, default=event)
        return _sp_id(last.data) == _sp_id(event.data)

    def _of(self, keys: Iterable[bytes], kind: type[D]) -> list[tuple[Event, D]]:
        return [(event, event.data) for key in keys for event in self.effective(key) if isinstance(event.data, kind)]

    # -- persons ----------------------------------------------------------------------------------------------------

    def _merge_roots(self) -> dict[bytes, bytes]:
        """What each id stands for. Only the retired id knows all its merges; the kept one may know a corrected one."""
        into: dict[bytes, bytes] = {}
        for key, state in self.states.items():
            if PersonMerged not in state.kinds:
                continue
            for _, merged in self._of((key,), PersonMerged):
                if key == b"P" + merged.sp_id.encode():
                    into[key] = b"P" + merged.into.encode()
        return {key: _root(key, into) for key in into.keys() | set(into.values())} if into else {}

    def root(self, key: bytes) -> bytes:
        """The person an id stands for after all merges known at the horizon."""
        return self._roots.get(key, key)

    def aliases(self, root: bytes) -> list[bytes]:
        """Every id of one person, sorted; an unmerged person has one."""
        known = self._aliases.get(root)
        return sorted(known) if known else [root]

    def facts(self, root: bytes, kind: type[D]) -> list[tuple[Event, D]]:
        """The effective facts of one kind about one person, under whichever id they came."""
        known = self._facts.get((root, kind))
        if known is None:
            known = self._facts[(root, kind)] = self._about(root, kind)
        return known

    def _about(self, root: bytes, kind: type[D]) -> list[tuple[Event, D]]:
        if not self._roots:
            state = self.states.get(root)
            return self._of((root,), kind) if state is not None and kind in state.kinds else []
        found = self._of(self.aliases(root), kind)
        if kind is PersonMerged:
            return found
        best: dict[tuple[str, ...], tuple[Event, D]] = {}
        for event, data in found:
            if self.root(b"P" + _sp_id(data)) != root:
                continue
            key = self._natural_key(event)
            other = best.get(key)
            if other is None or self.rank(event) > self.rank(other[0]):
                best[key] = (event, data)
        return [best[key] for key in sorted(best)]

    def _natural_key(self, event: Event) -> tuple[str, ...]:
        """The natural key by the ids kept in merges: a correction may come under another id of the person."""
        natural_key = TYPES[event.type].natural_key
        if natural_key is None:
            return (event.source, event.id)
        told = {name: getattr(event.data, name, None) for name in ("sp_id", "child_sp_id")}
        kept = {name: self.root(b"P" + sp_id.encode())[1:].decode() for name, sp_id in told.items() if sp_id}
        return natural_key(event.source, structs.replace(event.data, **kept))

    def died(self, root: bytes) -> tuple[Event, date] | None:
        """The death that counts for a person: the strongest fact over all ids."""
        found = next(iter(self.facts(root, PersonDied)), None)
        return (found[0], found[1].died_on) if found is not None else None

    # -- enrolments -------------------------------------------------------------------------------------------------

    def enrolments(self, root: bytes, schemes: frozenset[str]) -> list[tuple[Event, PersonEnrolled]]:
        """The person's enrolments in any of these schemes, whenever valid."""
        return [fact for fact in self.facts(root, PersonEnrolled) if fact[1].scheme in schemes]

    def enrolled_on(self, root: bytes, enrolment: PersonEnrolled, day: date) -> bool:
        """Whether an enrolment holds on a day: within its dates and not ended by a withdrawal."""
        if day < enrolment.valid_from or (enrolment.valid_until is not None and day > enrolment.valid_until):
            return False
        return not any(
            (ended.scheme, ended.enrolment_id) == (enrolment.scheme, enrolment.enrolment_id)
            and enrolment.valid_from <= ended.withdrawn_on <= day
            for _, ended in self.facts(root, PersonWithdrawn)
        )

    # -- households and facilities ----------------------------------------------------------------------------------

    def told(self, key: bytes, kind: type[D]) -> list[tuple[Event, D]]:
        """The effective facts of one kind that belong to one household or facility."""
        known = self._facts.get((key, kind))
        if known is None:
            known = self._facts[(key, kind)] = self._of((key,), kind)
        return known

    def registrations(self, facility: bytes) -> list[tuple[Event, FacilityRegistered]]:
        """All that is registered of a facility, whenever valid."""
        return self.told(facility, FacilityRegistered)

    def facility_on(self, facility: bytes, day: date) -> tuple[Event, FacilityRegistered] | None:
        """A facility's registration in force on a day: the latest that began by then, if it has not ended."""
        known = [fact for fact in self.registrations(facility) if fact[1].valid_from <= day]
        if not known:
            return None
        latest = max(known, key=lambda fact: (fact[1].valid_from, self.rank(fact[0])))
        return None if latest[1].valid_until is not None and day > latest[1].valid_until else latest


def _sp_id(data: object) -> bytes:
    return str(getattr(data, "sp_id", "")).encode()


def _root(key: bytes, into: Mapping[bytes, bytes]) -> bytes:
    """Follow merges to the id that is kept; ids merged in a ring keep the smallest of them."""
    seen = [key]
    while (following := into.get(seen[-1])) is not None:
        if following in seen:
            return min(seen[seen.index(following) :])
        seen.append(following)
    return seen[-1]
