"""Every line the cases approve is approved again, for the same amount, from its evidence and what relates the entities.

The agency has no state, no marks and no neighbours: if this holds for the cases a policy officer reads, the published
evidence of a decision is enough to check it.
"""

from collections.abc import Collection, Iterable

import pytest

from events.envelope import Event
from events.states import LineState
from ledger.model.rows import DecisionKind
from pipeline.npca.intake import kin_of
from processors.entries import DecisionEntry
from processors.memory import World
from processors.npca.readjudicate import closed_us, horizon, readjudicate
from tests.cases.test_cases import CASES

RESTS_ON_MORE = {
    # Refused before it was frozen: the decision that freezes it names the refusal, which is the agency's own.
    "submissions: A refusal known before the line is submitted leaves the birth to the other operator at once",
}


class _Kin:
    def __init__(self, world: World) -> None:
        self._events = [event for _, event in world.inbox.values()]

    def of(self, keys: Collection[bytes]) -> Iterable[Event]:
        return [event for event in self._events if not set(keys).isdisjoint(kin_of(event))]


def _again(world: World, entry: DecisionEntry) -> tuple[int | None, str] | None:
    decision = entry.decision
    evidence = [world.inbox[identity][1] for identity in decision.evidence]
    kin = _Kin(world)
    known = horizon(decision.event, decision.evidence, decision.inputs_digest, closed_us(decision.event, kin))
    if known is None:
        return None
    found = readjudicate(decision.event, evidence, kin, known.until_us, world.policy)
    return found.amount_minor, found.currency


@pytest.mark.parametrize("name", CASES, ids=list(CASES))
def test_what_a_case_approves_follows_from_its_evidence(name: str) -> None:
    world = World(CASES[name].policy)
    known, wrong = 0, []
    for event in CASES[name].events:
        world.publish(event)
        world.decide()
        for _, entry in world.log[known:]:
            decision = entry.decision
            frozen = decision.state is LineState.SUBMITTED
            if decision.kind is DecisionKind.DECIDED and (frozen or decision.state is LineState.APPROVED):
                again = _again(world, entry)
                if again != (decision.amount_minor, decision.currency):
                    wrong.append((decision.event.id, decision.amount_minor, again))
        known = len(world.log)
    assert bool(wrong) == (name in RESTS_ON_MORE), wrong
