"""States of entities, and the components they make, however they were folded."""

import msgspec
import pytest

from events.envelope import Event
from events.verification import ConditionVerified
from pipeline.policy_files import load
from processors import entities
from processors.case import assemble
from processors.facts import EntityState, UnknownStateVersionError, decode_state, encode_state, fold
from processors.view import View
from tests.births import event, mother


def merged(retired: int, kept: int) -> Event:
    data = {"sp_id": f"{retired:010d}", "into": f"{kept:010d}", "merged_on": "2023-02-01"}
    return event("registry", "person.merged", f"m{retired}-{kept}", "2023-02-02T08:00:00+07:00", data)


def folded(*events: Event) -> dict[bytes, EntityState]:
    states: dict[bytes, EntityState] = {}
    for told in events:
        for key in entities.homes(told):
            fold(key, states.setdefault(key, EntityState()), told)
    return states


@pytest.mark.parametrize(
    "pairs",
    [((2, 1), (3, 1), (4, 1)), ((1, 2), (2, 3), (3, 4)), ((1, 2), (2, 3), (3, 1), (4, 2))],
    ids=["star", "chain", "ring"],
)
def test_a_case_is_everybody_who_is_joined_from_whomever_it_is_looked_at(pairs: tuple[tuple[int, int], ...]) -> None:
    states = folded(*(merged(*pair) for pair in pairs))
    everybody = {entities.person(f"{number:010d}") for number in range(1, 5)}
    for seed in everybody:
        assert assemble(seed, states).members == everybody


def test_children_whose_ids_differ_in_one_digit_are_two_also_where_ids_are_merged() -> None:
    def brought(child: str) -> Event:
        data = {
            "sp_id": "0000000001", "child_sp_id": child, "condition": "vaccination_visit", "on": "2023-10-10",
            "outcome": "met",
        }  # fmt: skip
        return event("pmrs", "condition.verified", f"of-{child}", "2023-10-11T08:00:00+07:00", data)

    states = folded(merged(2, 1), brought("1000000003"), brought("2000000003"), brought("2000000004"))
    told = View(states, load().commons, None).facts(entities.person("0000000001"), ConditionVerified)
    assert [data.child_sp_id for _, data in told] == ["1000000003", "2000000003", "2000000004"]


def test_of_two_retractions_the_earlier_counts_whichever_is_told_first() -> None:
    for times in ((5, 3), (3, 5), (3, 3)):
        state = EntityState()
        for time_us in times:
            state.retract(("nssf", "e1"), time_us)
        assert state.retracted == {("nssf", "e1"): 3}


def test_a_state_is_read_back_as_it_was_written() -> None:
    for state in folded(*mother(1), merged(2, 1)).values():
        state.retract(("pmrs", "delivery-1"), 7)
        again = decode_state(encode_state(state))
        assert (again.facts, again.links, again.retracted) == (state.facts, state.links, state.retracted)
        assert (again.keys, again.kinds, again.requests) == (state.keys, state.kinds, state.requests)


def test_a_state_of_a_version_not_known_is_refused_with_what_to_do() -> None:
    told = msgspec.msgpack.encode((2, [], [], []))
    with pytest.raises(UnknownStateVersionError, match="has version 2, this program reads 1: fold it anew"):
        decode_state(told)
