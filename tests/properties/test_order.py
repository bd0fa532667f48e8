"""Nothing that is decided depends on the order, the repetition or the batches in which events arrive."""

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from processors.memory import World
from tests.properties import books
from tests.properties.playing import POLICY, orders, paces, play, play_in_steps, result
from tests.properties.profiles import tried
from tests.properties.stories import stories
from tests.properties.themes.catalogue import ABOUT
from tests.properties.watching import watch
from tests.properties.words import in_words


@pytest.mark.parametrize("about", ABOUT)
@tried(120)
@given(data=st.data())
def test_order_repetition_and_batching_change_nothing(about: str, data: st.DataObject) -> None:
    events = data.draw(stories(ABOUT[about], rulings=3))
    order = data.draw(orders(events))
    note(in_words(order))
    once = play(World(POLICY), events)
    again = play_in_steps(World(POLICY), order, data.draw(paces(order)))
    assert result(again) == result(once)
    books.check(again)
    watch(again)
