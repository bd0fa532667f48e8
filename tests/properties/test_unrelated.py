"""What happens to others changes nothing: two stories that name nobody in common come to what each comes to alone."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from events.catalogue import TYPES
from events.envelope import Event
from processors.memory import World
from tests.properties.playing import POLICY, orders, paces, play, play_in_steps, result
from tests.properties.profiles import tried
from tests.properties.stories import stories
from tests.properties.themes.catalogue import ABOUT
from tests.properties.words import in_words

CLOSED = "cycle.closed"
PERSONS = frozenset({"sp_id", "into", "principal", "child_sp_id", "in_respect_of"})
OTHERS = frozenset(
    {"household_id", "replaces", "facility_id", "enrolment_id", "encounter_id", "request_id", "batch_id", "id"}
)


def elsewhere(event: Event) -> Event:
    """The same event in the life of other persons, in other households, at other facilities."""
    data = msgspec.convert(_renamed("", msgspec.to_builtins(event.data)), TYPES[event.type].struct, strict=False)
    return Event(event.source, f"z{event.id}", event.type, event.time_us, data)


def _renamed(name: str, value: object) -> object:
    if isinstance(value, dict):
        return {key: _renamed(key, item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_renamed(name, item) for item in value]
    if isinstance(value, str) and name in PERSONS:
        return f"9{value[1:]}"
    return f"z{value}" if isinstance(value, str) and name in OTHERS else value


@pytest.mark.parametrize("about", ABOUT)
@tried(30)
@given(data=st.data())
def test_what_happens_to_others_changes_nothing(about: str, data: st.DataObject) -> None:
    here = data.draw(stories(ABOUT[about], rulings=2))
    # A cycle is closed for all requests of its source: what closes one story closes the other.
    there = [elsewhere(event) for event in data.draw(stories(ABOUT[about])) if event.type != CLOSED]
    closes = [event for event in here if event.type == CLOSED]
    order = data.draw(orders([*here, *there]))
    note(in_words(order))
    one, both = result(play(World(POLICY), here)), play_in_steps(World(POLICY), order, data.draw(paces(order)))
    other = result(play(World(POLICY), [*there, *closes]))
    found = result(both)
    assert found.decisions == one.decisions | other.decisions
    assert found.claims == one.claims | other.claims
    assert found.posted == one.posted | other.posted
    assert found.lines == one.lines | other.lines
    total = Counter(one.balances)
    total.update(other.balances)
    assert found.balances == {code: amount for code, amount in sorted(total.items()) if amount}
