"""After any sequence of events, submissions, certifications and payments, the books are in order."""

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from processors.memory import World
from tests.properties import books
from tests.properties.playing import POLICY, orders, paces, play_in_steps
from tests.properties.profiles import tried
from tests.properties.stories import stories
from tests.properties.themes.catalogue import ABOUT
from tests.properties.words import in_words


@pytest.mark.parametrize("about", ABOUT)
@tried(120)
@given(data=st.data())
def test_the_books_are_in_order_after_any_sequence(about: str, data: st.DataObject) -> None:
    events = data.draw(orders(data.draw(stories(ABOUT[about], requests=7, declarations=4, rulings=8))))
    note(in_words(events))
    books.check(play_in_steps(World(POLICY), events, data.draw(paces(events))))
