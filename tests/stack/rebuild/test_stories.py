"""Any story, told in any order and decided in any sets, is rebuilt in both ways. Every benefit of a story is paid."""

from hypothesis import given
from hypothesis import strategies as st

from ledger.store import connect, policies
from tests.properties.playing import POLICY, orders, paces
from tests.properties.profiles import tried
from tests.properties.stories import stories
from tests.stack.conftest import fresh_ledger
from tests.stack.decide.conftest import Desk
from tests.stack.rebuild.conftest import Rebuilding

FIRST = policies.Proposal(POLICY.digest, None, POLICY.files, "{}", "properties", "spp", "made up")


@tried(12)
@given(st.data())
def test_any_story_is_rebuilt(
    database_server: str, ledger_template: str, rebuilding: Rebuilding, data: st.DataObject
) -> None:
    order = data.draw(orders(data.draw(stories(rulings=3))))
    steps = data.draw(paces(order))
    with fresh_ledger(database_server, ledger_template) as url:
        with connect(url, "writer") as connection:
            policies.begin(connection, FIRST)
        desk = Desk(url)
        for at, told in enumerate(order):
            desk.publish([told])
            if at < len(steps) and steps[at]:
                desk.steps.step(steps[at])
        desk.decide(at_once=3)
        desk.close()
        rebuilding.same(url, data.draw(st.integers(0, 1_000)))
