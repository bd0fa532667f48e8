"""A case: the connected component of persons or households, with everything it reads.

Nothing moves between cases: a case is computed from links that only grow, so over-joining is possible and harmless,
and missing a fact is not (invariant 6). A case reads the own-fact state of its neighbours, never their decisions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from events.certification import LineCertified
from events.enrolment import HouseholdIdentified, PersonEnrolled
from events.payment import PaymentRequested
from events.verification import ConditionVerified, EncounterRecorded
from processors import entities
from processors.calendar import local_month
from processors.lifecycle import instruction_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from events.envelope import Event
    from processors.facts import EntityState

PERSON, HOUSEHOLD, LINE, NUMBERED = b"P", b"H", b"L", b"N"


class Case(NamedTuple):
    """The members of one component, what it reads besides them, and the keys still to be loaded before it is whole.

    A component without `requests` reads nothing: there is nothing to decide, and the first request brings it back.
    """

    members: frozenset[bytes]
    reads: frozenset[bytes]
    missing: frozenset[bytes]
    requests: bool


def request_cycle(event: Event, request: PaymentRequested) -> str:
    """The month in which a request is to be paid: named, else the Cambodian month of its `time`."""
    return request.cycle or local_month(event.time_us)


def cycle_key(event: Event, request: PaymentRequested) -> bytes:
    """The payment cycle a request belongs to: one source, one benefit, one month."""
    return entities.cycle(event.source, request.benefit, request_cycle(event, request))


def assemble(seed: bytes, states: Mapping[bytes, EntityState]) -> Case:
    """The case of a person or household as far as `states` reach; load `missing` and ask again until none is."""
    missing: set[bytes] = set()
    members = _component((seed,), states, missing)
    if not any(states[key].requests for key in members):
        return Case(frozenset(members), frozenset(), frozenset(missing), requests=False)
    named: set[bytes] = set()
    for key in members:
        named |= near(key, states[key])
    named -= members
    reads = set(named)
    persons = [key for key in named if key[:1] == PERSON]
    homes = [key for key in named if key[:1] == HOUSEHOLD]
    if persons:
        kin = _component(persons, states, missing)
        reads |= kin
        for key in kin:
            homes += [link for link in states[key].links if link[:1] == HOUSEHOLD]
            reads.update(_numbers(states[key]))
    for key in homes:
        reads.add(key)
        if key in states:
            reads |= states[key].links  # who took over from it
    for key in named:
        if key[:1] == LINE and key in states and LineCertified in states[key].kinds:
            reads.update(instruction_keys(key[1:], states[key]))
    reads -= members
    missing.update(key for key in reads if key not in states)
    return Case(frozenset(members), frozenset(reads), frozenset(missing), requests=True)


def _component(seeds: Iterable[bytes], states: Mapping[bytes, EntityState], missing: set[bytes]) -> set[bytes]:
    members: set[bytes] = set()
    frontier = list(seeds)
    while frontier:
        key = frontier.pop()
        if key in members:
            continue
        state = states.get(key)
        if state is None:
            missing.add(key)
            continue
        members.add(key)
        if state.links:
            frontier.extend(link for link in state.links if link[:1] == key[:1])
    return members


def near(key: bytes, state: EntityState) -> frozenset[bytes]:
    """What an entity reads one step away; kept until its facts change."""
    if state.near is None:
        state.near = frozenset(_links(key, state))
    return state.near


def _links(key: bytes, state: EntityState) -> Iterable[bytes]:
    """Households, lines, cycles, facilities and other persons that an entity's facts name."""
    yield from (link for link in state.links if link[:1] != key[:1])
    yield from _numbers(state)
    for event in state.facts.values():
        data = event.data
        if isinstance(data, PaymentRequested):
            yield entities.line(event.source, data.request_id)
            yield cycle_key(event, data)
            if data.sp_id is not None:
                yield entities.person(data.sp_id)
        elif isinstance(data, ConditionVerified | EncounterRecorded):
            if data.facility_id is not None:
                yield entities.facility(data.facility_id)
        elif isinstance(data, HouseholdIdentified):
            yield from (entities.person(member.sp_id) for member in data.members if member.sp_id is not None)
        elif isinstance(data, PersonEnrolled) and data.principal is not None:
            yield entities.person(data.principal)


def _numbers(state: EntityState) -> Iterable[bytes]:
    """The numbered records an entity's facts come from; each may have been corrected to be about somebody else."""
    for event in state.facts.values():
        number = entities.numbered(event)
        if number is not None:
            yield number


def readers_told(key: bytes, state: EntityState) -> set[bytes]:
    """Who reads this entity, as far as its own facts tell.

    The members of a household, the home of a line's request, everybody a numbered record was ever about.
    """
    readers: set[bytes] = set()
    if key[:1] == NUMBERED:
        return {entities.homes(event)[0] for event in state.facts.values()}
    if key[:1] == LINE:
        return {
            entities.request_home(event.data) for event in state.requests if isinstance(event.data, PaymentRequested)
        }
    if key[:1] == HOUSEHOLD:
        for event in state.facts.values():
            data = event.data
            if isinstance(data, HouseholdIdentified):
                readers.update(entities.person(member.sp_id) for member in data.members if member.sp_id is not None)
    return readers


def links_to_keep(case: Case, states: Mapping[bytes, EntityState]) -> set[tuple[bytes, bytes]]:
    """The (read entity, reader) pairs that the read entity's own facts do not tell, so that its change finds us."""
    reader = min(case.members)
    kept: set[tuple[bytes, bytes]] = set()
    for key in case.reads:
        if key[:1] in {b"C", b"L"} or not case.members.isdisjoint(readers_told(key, states[key])):
            continue
        kept.add((key, reader))
    return kept
