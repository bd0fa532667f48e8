"""What one step does with several marks at once, and what it leaves alone."""

import pytest

from events.envelope import Event
from ledger.model.rows import DecisionKind
from pipeline.policy_files import load
from processors.facts import decode_state
from processors.memory import World
from tests.births import declared, event, mother

POLICY = load()
PAYMENT = {
    "benefit": "nssf.maternal.delivery",
    "for": {"on": "2018-02-04"},
    "cycle": "2018-02",
    "payee": {"channel": "wallet", "provider": "wing", "account_ref": "token-1", "role": "self"},
}


def retraction(source: str, event_id: str, time: str = "2018-03-01T08:00:00+07:00") -> Event:
    data = {"event": {"source": f"urn:sp:operator:{source}", "id": event_id}, "reason": "error"}
    return event(source, "event.retracted", f"no-{event_id}", time, data)


def decided(*told: Event) -> dict[str, str]:
    """The states of all requests when these events are decided in one step."""
    world = World(POLICY)
    for one in told:
        world.publish(one)
    world.step(1_000)
    latest = (entry.decision for entry in world.latest().values())
    return {decision.event.id: decision.state.value for decision in latest if decision.kind is DecisionKind.DECIDED}


def test_what_follows_a_retraction_in_the_same_step_counts_too() -> None:
    enrolled, delivered, asked, _ = mother(1)
    assert decided(retraction("pmrs", "unknown"), enrolled, delivered, asked) == {"asked-1": "approved"}
    assert decided(retraction("pmrs", delivered.id), enrolled, delivered, asked) == {"asked-1": "pended"}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_retraction_of_a_request_or_of_a_retraction_leaves_no_trace(order: tuple[int, int]) -> None:
    enrolled, delivered, asked, _ = mother(1)
    world = World(POLICY)
    for at in order:
        for one in ((enrolled, delivered, asked), (retraction("nssf", asked.id), retraction("nssf", f"no-{asked.id}")))[
            at
        ]:
            world.publish(one)
        world.decide()
    assert all(decode_state(encoded).retracted == {} for encoded in world.encoded.values())


def test_the_earliest_of_two_retractions_told_in_one_step_counts() -> None:
    enrolled, delivered, asked, _ = mother(1)
    later = event(
        "pmrs", "event.retracted", "again", "2018-03-05T08:00:00+07:00",
        {"event": {"source": "urn:sp:operator:pmrs", "id": delivered.id}, "reason": "error"},
    )  # fmt: skip
    world = World(POLICY)
    for one in (enrolled, delivered, asked, retraction("pmrs", delivered.id), later):
        world.publish(one)
    world.step(1_000)
    (told,) = decode_state(world.encoded[b"P0000000001"]).retracted.values()
    assert told == retraction("pmrs", delivered.id).time_us


def test_a_retraction_beside_one_that_counts_for_nothing_counts() -> None:
    enrolled, delivered, asked, _ = mother(1)
    world = World(POLICY)
    for one in (enrolled, delivered, asked):
        world.publish(one)
    world.decide()
    for one in (retraction("nssf", asked.id), retraction("pmrs", delivered.id)):
        world.publish(one)
    world.step(1_000)
    assert set(decode_state(world.encoded[b"P0000000001"]).retracted) == {("pmrs", delivered.id)}


def test_a_request_told_late_for_an_earlier_time_takes_neither_the_id_nor_the_batch_of_a_frozen_one() -> None:
    enrolled, delivered, asked, _ = mother(1)
    earlier = event(
        "nssf", "payment.requested", "earlier", "2018-02-09T08:00:00+07:00",
        {**PAYMENT, "request_id": "N1", "batch_id": "OB", "sp_id": "0000000001"},
    )  # fmt: skip
    for frozen in (True, False):
        world = World(POLICY)
        told = (
            (enrolled, delivered, asked, declared("nssf", "NB", 1, 400_000)) if frozen else (enrolled, delivered, asked)
        )
        for one in told:
            world.publish(one)
        world.decide()
        world.publish(earlier)
        world.decide()
        assert {row.batch_id for row in world.lines.values()} == {"NB" if frozen else "OB"}
