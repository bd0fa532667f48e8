"""What is proposed for recovery is what a frozen line has above what is due: of a double all, else what is too much.

What is due is found without the frozen line: by deciding its request alone, in a new world, on all facts known. That a
household was taken over is left out there: who took it over is refused what it had, so the family has it once.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import event as tell
from hypothesis import given, note
from hypothesis import strategies as st

from events.catalogue import TYPES
from events.enrolment import HouseholdIdentified
from events.envelope import Event
from events.payment import PaymentRequested
from events.reasons import Reason
from events.states import LineState
from events.topics import ENROLMENT, VERIFICATION
from processors.calendar import first_of_month
from processors.memory import World
from processors.outcome import Decision
from processors.ruling import subject_of_recovery
from tests.properties.doubles import HAVING
from tests.properties.known import Known
from tests.properties.playing import POLICY, play
from tests.properties.profiles import tried
from tests.properties.test_submissions import chapters, told
from tests.properties.themes.catalogue import ABOUT
from tests.properties.words import in_words

FACTS = frozenset({ENROLMENT.name, VERIFICATION.name})
DOUBLE = frozenset({Reason.DUPLICATE_ENTITLEMENT, Reason.EXCLUSIVE_BENEFIT, Reason.COUNT_EXCEEDED})


def frozen_lines(world: World) -> Iterator[Decision]:
    """The latest decision on each frozen line that has money or is to have it."""
    for entry in world.latest().values():
        if entry.decision.frozen is not None and entry.decision.state in HAVING - {LineState.APPROVED}:
            yield entry.decision


def due(world: World, known: Known, request: Event) -> int | None:
    """What the request would have, asked for alone on all that is known; None where our own figure is not told."""
    facts = [event for _, event in world.inbox.values() if TYPES[event.type].topic.name in FACTS]
    left_out = _taken_over(known, request)
    alone = play(World(POLICY), [*(event for event in facts if (event.source, event.id) not in left_out), request])
    (entry,) = alone.latest().values()
    if entry.decision.reasons == (Reason.AMOUNT_MISMATCH,):
        return None
    return entry.decision.amount_minor or 0


def _taken_over(known: Known, request: Event) -> set[tuple[str, str]]:
    """The cards by which other households had taken over by the day a household asks for, and their later ones."""
    data = request.data
    assert isinstance(data, PaymentRequested)
    if data.household_id is None:
        return set()
    if data.for_.month is not None:
        day = first_of_month(data.for_.month)
    else:
        day = POLICY.packs[data.benefit].entitlement.rounds[data.for_.round or 0].day
    household = known.household_on(data.household_id, day)
    heirs = known.successors(household, day)
    cards = [(event, card) for event, card in known.of(HouseholdIdentified) if card.household_id in heirs]
    since = {
        heir: min(
            card.valid_from
            for _, card in cards
            if card.household_id == heir and {household, *heirs} & set(card.replaces) and card.valid_from <= day
        )
        for heir in heirs
    }
    return {(event.source, event.id) for event, card in cards if card.valid_from >= since[card.household_id]}


@pytest.mark.parametrize("about", ABOUT)
@tried(120)
@given(data=st.data())
def test_what_is_to_be_recovered_is_what_is_not_due(about: str, data: st.DataObject) -> None:
    parts = data.draw(chapters(about))
    note("\n\n".join(in_words(part) for part in parts))
    world, _ = told(parts)
    known = Known(world)
    for line in frozen_lines(world):
        assert line.line_id is not None
        assert line.amount_minor is not None
        entry = world.latest().get(subject_of_recovery(line.line_id))
        proposed = entry.decision if entry is not None else None
        found = proposed.amount_minor or 0 if proposed is not None else 0
        if proposed is not None and found and (proposed.won_by is not None or DOUBLE & set(proposed.reasons)):
            tell("a double")
            assert found == line.amount_minor
            continue
        owed = due(world, known, line.event)
        if owed is not None:
            tell("something to recover" if found else "nothing to recover")
            assert found == max(0, line.amount_minor - owed), f"{line.event.id}: {owed} is due of {line.amount_minor}"
