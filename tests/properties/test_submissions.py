"""Where a batch is submitted, all that came before counts; the order before it, and the order after it, is nothing.

A story is told in chapters, each but the last followed by the declaration of a batch. Within a chapter everything
arrives in another order, with repetitions, and is decided in other steps; the chapters follow each other as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from events.catalogue import TYPES
from events.enrolment import HouseholdIdentified
from events.envelope import Event
from events.payment import CycleClosed
from processors.memory import World
from tests.properties import books
from tests.properties.cast import FIRST_US, often
from tests.properties.playing import POLICY, orders, paces, play, play_in_steps, result
from tests.properties.profiles import tried
from tests.properties.stories import stories
from tests.properties.themes.catalogue import ABOUT
from tests.properties.words import in_words


def declaration(world: World, number: int) -> list[Event]:
    """The declaration of a batch whose requests are known, as they are known; none when all batches are submitted.

    A batch that mixes benefits or cycles declares more than it will ever have, so that it is never complete by chance.
    """
    waiting = sorted({(row.source, row.batch_id) for row in world.lines.values()} - set(world.submissions))
    if not waiting:
        return []
    source, batch_id = waiting[number % len(waiting)]
    rows = [row for row in world.lines.values() if (row.source, row.batch_id) == (source, batch_id)]
    kinds = sorted({(row.benefit, row.cycle) for row in rows})
    total = sum(row.amount_minor for row in rows)
    data = {
        "batch_id": batch_id,
        "benefit": kinds[0][0],
        "cycle": kinds[0][1],
        "count": len(rows) if len(kinds) == 1 else 1_000,
        "totals": [{"amount": str(total), "currency": "KHR"}] if total else [],
    }
    struct = msgspec.convert(data, TYPES["batch.declared"].struct, strict=False)
    return [Event(source, f"declared-{number}", "batch.declared", FIRST_US + number, struct)]


def told(parts: Sequence[list[Event]]) -> tuple[World, list[list[Event]]]:
    """The world after these chapters, each decided before its batch is declared; the declaration after each chapter."""
    world, declared = World(POLICY), []
    for number, part in enumerate(parts):
        play(world, part)
        declared.append(declaration(world, number) if number < len(parts) - 1 else [])
        play(world, declared[-1])
    return world, declared


LATE = ("line.", "payment.settled", "payment.returned", "instruction.")
ANY_TIME = frozenset({"person.merged", "person.died", "household.revoked", "event.retracted", "facility.registered"})


@st.composite
def chapters(draw: st.DrawFn, about: str) -> list[list[Event]]:
    """A story in two or three chapters: mostly facts and requests first, certifications and payments last.

    That two persons are one, that a household is another's, that somebody died, may be known at any time.
    """
    parts: list[list[Event]] = [[] for _ in range(draw(st.integers(2, 3)))]
    for event in draw(stories(ABOUT[about], requests=4, rulings=6)):
        if event.type in ANY_TIME or (isinstance(event.data, HouseholdIdentified) and event.data.replaces):
            parts[draw(st.integers(0, len(parts) - 1))].append(event)
            continue
        usual = len(parts) - 1 if event.type.startswith(LATE) else 0
        parts[draw(often(usual, *range(len(parts))))].append(event)
    return parts


@pytest.mark.parametrize("about", ABOUT)
@tried(120)
@given(data=st.data())
def test_order_between_submissions_changes_nothing(about: str, data: st.DataObject) -> None:
    parts = data.draw(chapters(about))
    once, declared = told(parts)
    # A close makes supplements, which are submissions too: then a chapter is decided when all of it is there.
    closes = any(isinstance(event.data, CycleClosed) for part in parts for event in part)
    again = World(POLICY)
    for part, end in zip(parts, declared, strict=True):
        order = data.draw(orders(part)) + end
        note(in_words(order))
        if again.submissions and closes:
            play(again, order, at_once=data.draw(st.sampled_from((1, 3, 1_000))))
        else:
            play_in_steps(again, order, data.draw(paces(part)))
    assert result(again) == result(once)
    books.check(again)
