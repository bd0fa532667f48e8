"""Small stories found by the properties that once came out wrong, or that no drawn story tells often enough.

Those without arithmetic are in tests/cases.
"""

from __future__ import annotations

import pytest

from events.envelope import Event
from events.states import LineState
from ledger.model.kinds import Cause
from ledger.model.rows import DecisionKind
from processors.memory import World
from tests.births import declared, event, mother
from tests.properties import books
from tests.properties.playing import POLICY, play

ENROLLED, DELIVERED, ASKED, ASKED_BY_HEF = mother(1)


def asked(event_id: str, time: str, source: str = "nssf", **data: object) -> Event:
    """NSSF's request of `mother`, told otherwise."""
    usual = {
        "request_id": "N1",
        "batch_id": "NB",
        "benefit": "nssf.maternal.delivery",
        "sp_id": "0000000001",
        "for": {"on": "2018-02-04"},
        "cycle": "2018-02",
        "payee": {"channel": "wallet", "provider": "wing", "account_ref": "token-1", "role": "self"},
    }
    return event(source, "payment.requested", event_id, time, usual | data)


def moved(event_id: str, time: str, amount: dict[str, str]) -> Event:
    """Money of an instruction that no line has."""
    data = {"instruction_id": 32 * "0", "message_id": "M1", "bank_ref": "W1", "value_date": "2018-03-01"}
    return event("bank.wing", "payment.settled", event_id, time, {**data, "amount": amount})


def test_an_earlier_request_for_another_benefit_takes_the_id_and_leaves_nothing_on_the_accounts_of_the_first() -> None:
    world = play(World(POLICY), [ENROLLED, DELIVERED, ASKED])
    assert world.balances()
    play(world, [asked("earlier", "2018-02-09T08:00:00+07:00", benefit="maternal.delivery")])
    assert world.balances() == {}
    books.check(world)


def test_a_movement_told_anew_in_another_currency_leaves_the_suspense_of_the_first() -> None:
    world = play(World(POLICY), [moved("m1", "2018-03-02T08:00:00+07:00", {"amount": "1.50", "currency": "USD"})])
    play(world, [moved("m2", "2018-03-03T08:00:00+07:00", {"amount": "6000", "currency": "KHR"})])
    assert {code.split("/")[-1] for code in world.balances()} == {"KHR"}
    books.check(world)


def about_to_be_frozen() -> World:
    """A world in which a line was ordered to be frozen, and was not yet."""
    world = World(POLICY)
    for told in (ENROLLED, DELIVERED, asked("later", "2018-02-10T08:00:00+07:00"), declared("nssf", "NB", 1, 0)):
        world.publish(told)
    while not any(mark.cause == Cause.FREEZE for mark in world.marks.values()):
        world.step(1)
    return world


def states(world: World) -> dict[str, LineState]:
    latest = [entry.decision for entry in world.latest().values()]
    return {decision.event.id: decision.state for decision in latest if decision.kind is DecisionKind.DECIDED}


@pytest.mark.parametrize("submitted", [True, False])
def test_a_line_that_changes_its_batch_before_it_is_frozen_is_frozen_with_the_new_batch_only(
    *, submitted: bool
) -> None:
    world = about_to_be_frozen()
    world.publish(asked("earlier", "2018-02-09T08:00:00+07:00", batch_id="OB"))
    if submitted:
        world.publish(declared("nssf", "OB", 1, 0))
    world.decide()
    books.check(world)
    state = LineState.SUBMITTED if submitted else LineState.APPROVED
    assert states(world) == {"earlier": state, "later": LineState.REJECTED}


def test_a_fact_that_arrives_between_the_order_to_freeze_and_the_freezing_counts() -> None:
    world = about_to_be_frozen()
    data = {"sp_id": "0000000001", "condition": "delivery", "on": "2018-02-04", "outcome": "not_met"}
    world.publish(event("pmrs", "condition.verified", "corrected", "2018-02-20T08:00:00+07:00", data))
    world.decide(at_once=1)
    books.check(world)
    assert states(world) == {"later": LineState.REJECTED}


def test_claims_count_visits_in_the_order_of_the_frozen_lines() -> None:
    def visit(number: int, day: str) -> Event:
        data = {"sp_id": "0000000001", "condition": "anc_visit", "on": day, "outcome": "met"}
        return event("pmrs", "condition.verified", f"visit-{number}", "2023-09-15T08:00:00+07:00", data)

    def asks(event_id: str, source: str, day: str) -> Event:
        data = {"request_id": event_id, "benefit": "nssf.maternal.anc", "for": {"on": day}, "cycle": "2023-10"}
        return asked(event_id, "2023-10-01T08:00:00+07:00", source, **data)

    closing = {"batch_id": "NB", "benefit": "nssf.maternal.anc", "cycle": "2023-10", "count": 2, "totals": []}
    world = play(
        World(POLICY),
        [
            ENROLLED,
            visit(1, "2023-09-01"),
            visit(2, "2023-09-10"),
            asks("a", "hef", "2023-09-01"),
            asks("b", "nssf", "2023-09-10"),
            asks("c", "nssf", "2023-09-01"),
            event("nssf", "batch.declared", "declared", "2023-10-02T08:00:00+07:00", closing),
        ],
    )
    books.check(world)


def card(event_id: str, household_id: str, time: str, sp_id: str, replaces: tuple[str, ...] = ()) -> Event:
    """A poor household of one, who is in chronic care."""
    member = {"sp_id": sp_id, "member_no": 1, "birth_date": "1990", "sex": "F", "head": True}
    data = {
        "household_id": household_id,
        "level": "poor_1",
        "commune": "010201",
        "area": "rural",
        "card_number": "card-1",
        "valid_from": "2024-01-01",
        "valid_until": "2030-12-31",
        "members": [{**member, "traits": ["chronic_care"]}],
        "replaces": replaces,
    }
    return event("idpoor", "household.identified", event_id, time, data)


def test_a_card_that_no_longer_takes_over_from_another_reaches_who_stayed_there() -> None:
    person, other = "0000000001", "0000000002"
    chronic = {"benefit": "family.chronic_care", "sp_id": person, "for": {"month": "2024-05"}, "cycle": "2024-05"}
    world = play(
        World(POLICY),
        [
            card("stays", "H1", "2024-04-01T08:00:00+07:00", person),
            card("takes-over", "H2", "2024-04-02T08:00:00+07:00", other, ("H1",)),
            asked("asks", "2024-05-05T08:00:00+07:00", "nsaf", **chronic),
        ],
    )
    assert states(world) == {"asks": LineState.REJECTED}
    play(world, [card("corrected", "H2", "2024-05-06T08:00:00+07:00", other)])
    assert states(world) == {"asks": LineState.APPROVED}
    books.check(world)
