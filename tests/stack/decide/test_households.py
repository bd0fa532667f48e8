"""Claims of households and of those that took them over, held a second time by the constraints of PostgreSQL."""

from pathlib import Path

import pytest

from events.states import STATES_BY_NUMBER
from ledger.model.rows import DecisionKind
from processors.memory import World
from tests.cases.test_cases import POLICY, Case, read
from tests.stack.decide.conftest import Desk

CASES = Path(__file__).parents[2] / "cases"
NAMES = (
    "A month paid to a household before its split was known",
    "A household that splits is taken over by two",
    "Through a chain of replacements",
    "Both were submitted, the inflation payment first",
    "The flood request is withdrawn again",
    "The flood of the household that was split",
    "Of two households that split before the first round",
    "Two households that were there long before",
    "The first inflation payment of a household is to be recovered",
)


def _case(name: str) -> Case:
    told = [case for file in ("households", "households_late", "shocks") for case in read(CASES / f"{file}.yaml")]
    (found,) = [case for case in told if case.name.startswith(name)]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_database_says_what_the_case_says(desk: Desk, name: str) -> None:
    case, world = _case(name), World(POLICY)
    for event in case.events:
        desk.publish([event])
        desk.decide(at_once=3)
        world.publish(event)
        world.decide(at_once=3)
    decided = desk.rows(
        "select distinct on (subject) subject, state, amount_minor, kind from decision order by subject, version desc"
    )
    # A recovery that was proposed on half of a story and taken back is as none: which halves there are differs.
    assert {
        subject: (STATES_BY_NUMBER[state], amount)
        for subject, state, amount, kind in decided
        if kind == DecisionKind.DECIDED or amount
    } == {
        subject: (entry.decision.state, entry.decision.amount_minor)
        for subject, entry in world.latest().items()
        if entry.decision.kind is DecisionKind.DECIDED or entry.decision.amount_minor
    }
    held = desk.rows(
        "select convert_from(e.key, 'UTF8'), grp, c.key, side"
        " from claim_side c join entity e on e.entity_no = holder_no"
    )
    assert sorted(held) == sorted(
        {(claim.holder.decode(), claim.group, claim.key, claim.side) for _, claim in world.live_claims() if claim.side}
    )
    assert desk.rows("select count(*) from mark")[0] == (0,)
