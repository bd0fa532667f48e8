"""Whatever was asked, by whomever, in whichever order, and however much of it was submitted: nobody has it twice."""

from hypothesis import given
from hypothesis import strategies as st

from processors.memory import World
from tests.properties.doubles import no_double_benefit
from tests.properties.playing import POLICY, orders, paces, play_in_steps
from tests.properties.profiles import tried
from tests.properties.stories import stories
from tests.properties.watching import watch


@tried(500)
@given(st.data())
def test_no_two_lines_have_the_same_thing_in_life(data: st.DataObject) -> None:
    events = data.draw(orders(data.draw(stories(requests=8, declarations=3, rulings=3))))
    world = play_in_steps(World(POLICY), events, data.draw(paces(events)))
    no_double_benefit(world)
    watch(world)
