"""What is refused at first and replayed later comes to what it would have come to had it been admitted at once.

While the packs lack some codes, records that carry them stand in quarantine, and so does what another reason refuses.
Then the packs are there, and everything refused is replayed under its own identity and time, between other events.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, note
from hypothesis import strategies as st
from msgspec import structs

from events.enrolment import HouseholdIdentified, PersonEnrolled
from events.envelope import ContractError, Event
from events.payment import PaymentRequested
from events.reasons import Reason
from events.verification import ConditionVerified, EncounterRecorded
from ledger.model.kinds import Cause
from pipeline.codes import check_codes
from processors.memory import World
from processors.policy.model import CodeLists
from tests.properties import books
from tests.properties.cast import DAY_US
from tests.properties.playing import POLICY, orders, paces, play, play_in_steps, result
from tests.properties.profiles import tried
from tests.properties.stories import stories
from tests.properties.themes.catalogue import ABOUT
from tests.properties.watching import watch
from tests.properties.words import in_words

CODES = POLICY.commons.codes


def codes_told(events: Sequence[Event]) -> list[str]:
    """The codes these events carry that a pack lists."""
    found: set[str] = set()
    for event in events:
        match event.data:
            case PaymentRequested(benefit=code) | ConditionVerified(condition=code) | PersonEnrolled(scheme=code):
                found.add(code)
            case EncounterRecorded(service=code, payment_type=other):
                found |= {code, other}
            case HouseholdIdentified(members=members):
                found.update(trait for member in members for trait in member.traits)
    return sorted(found)


def without(lacking: set[str]) -> CodeLists:
    return replace(
        CODES,
        benefits={benefit: unit for benefit, unit in CODES.benefits.items() if benefit not in lacking},
        conditions=CODES.conditions - lacking,
        schemes=CODES.schemes - lacking,
        services=CODES.services - lacking,
        payment_types=CODES.payment_types - lacking,
        traits=CODES.traits - lacking,
    )


def refused(event: Event, codes: CodeLists) -> bool:
    """Whether a code of the event is unknown; an event of a story has nothing else to be refused for."""
    try:
        check_codes(event.data, codes)
    except ContractError as error:
        if error.reason is not Reason.UNKNOWN_CODE:
            raise
        return True
    return False


def replayed(data: st.DataObject, events: list[Event]) -> tuple[World, list[Event]]:
    """A world in which some of the events were refused at first, and the events that it took in the end.

    Some that were refused are corrected under their own id before they are replayed: then the replay is a conflict.
    """
    lacking = set(data.draw(st.lists(st.sampled_from(codes_told(events)), min_size=1, max_size=3)))
    unsigned = set(data.draw(st.lists(st.sampled_from(events), max_size=3)))
    order = data.draw(orders(events))
    until = data.draw(st.integers(0, len(order)))
    known, codes = order[:until], without(lacking)
    held = list(dict.fromkeys(event for event in known if event in unsigned or refused(event, codes)))
    taken = [event for event in known if event not in held]
    policy = replace(POLICY, packs={name: pack for name, pack in POLICY.packs.items() if name not in lacking})
    note(f"{until} while {sorted(lacking)} are unknown:\n{in_words(order)}\nrefused: {[event.id for event in held]}")
    world = play_in_steps(World(policy), taken, data.draw(paces(taken)))
    world.policy = POLICY
    for key in sorted(world.encoded):
        world._mark(key, None, Cause.POLICY, None)
    corrected = {
        event: structs.replace(event, time_us=event.time_us + DAY_US)
        for event in (data.draw(st.lists(st.sampled_from(held), max_size=2)) if held else ())
    }
    later = [corrected.get(event, event) for event in data.draw(st.permutations([*order[until:], *held]))]
    play_in_steps(world, [*later, *corrected], data.draw(paces(later)))
    return world, [corrected.get(event, event) for event in events]


@pytest.mark.parametrize("about", ABOUT)
@tried(60)
@given(data=st.data())
def test_what_was_refused_at_first_comes_to_the_same(about: str, data: st.DataObject) -> None:
    world, taken = replayed(data, data.draw(stories(ABOUT[about], rulings=3)))
    assert result(world) == result(play(World(POLICY), taken))
    books.check(world)
    watch(world)


@pytest.mark.parametrize("about", ABOUT)
@tried(40)
@given(data=st.data())
def test_the_books_are_in_order_whatever_was_refused_at_first(about: str, data: st.DataObject) -> None:
    world, _ = replayed(data, data.draw(stories(ABOUT[about], requests=4, declarations=3, rulings=6)))
    books.check(world)
