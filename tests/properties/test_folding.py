"""What is known of an entity is a set: facts fold in any order, any number of times, and survive being stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from events.envelope import Event
from events.retraction import EventRetracted
from processors import entities
from processors.facts import EntityState, decode_state, encode_state, fold
from tests.properties.playing import orders
from tests.properties.profiles import tried
from tests.properties.stories import stories


def folded(events: Iterable[Event], states: dict[bytes, EntityState] | None = None) -> dict[bytes, EntityState]:
    """The states of everything these events are about, on top of those given; a retraction reaches every entity."""
    known = defaultdict(EntityState, states or {})
    for event in events:
        if isinstance(event.data, EventRetracted):
            for state in known.values():
                state.retract((event.data.event.source, event.data.event.id), event.time_us)
            continue
        for key in entities.homes(event):
            fold(key, known[key], event)
    return known


def derived(state: EntityState) -> tuple[object, ...]:
    """What follows from the facts and is not stored."""
    return state.keys, state.kinds, state.requests


def bytes_of(states: dict[bytes, EntityState]) -> dict[bytes, bytes]:
    return {key: encode_state(state) for key, state in states.items()}


@tried(100)
@given(st.data())
def test_facts_fold_in_any_order_any_number_of_times(data: st.DataObject) -> None:
    events = data.draw(stories(declarations=1, rulings=3))
    facts = [event for event in events if not isinstance(event.data, EventRetracted)]
    retracted = [event for event in events if isinstance(event.data, EventRetracted)]
    once = folded([*facts, *retracted])
    again = folded([*data.draw(orders(facts)), *data.draw(orders(retracted))])
    assert bytes_of(again) == bytes_of(once)
    assert {key: derived(state) for key, state in again.items()} == {key: derived(once[key]) for key in again}


@tried(100)
@given(st.data())
def test_a_state_survives_being_stored_at_any_moment(data: st.DataObject) -> None:
    events = data.draw(orders(data.draw(stories(declarations=1, rulings=3))))
    cut = data.draw(st.integers(0, len(events)))
    straight = folded(events[cut:], folded(events[:cut]))
    stored = {key: decode_state(encoded) for key, encoded in bytes_of(folded(events[:cut])).items()}
    resumed = folded(events[cut:], stored)
    assert bytes_of(resumed) == bytes_of(straight)
    assert {key: derived(state) for key, state in resumed.items()} == {key: derived(straight[key]) for key in resumed}
