"""What a later policy does to a line that was frozen under an earlier one: nothing."""

from dataclasses import replace

import pytest

from events.envelope import Event
from events.identity import instruction_id, line_id
from events.states import LineState
from ledger.model.rows import DecisionKind
from pipeline.policy_files import load
from processors.memory import World
from processors.outcome import Decision
from tests.births import declared, event, mother

BENEFIT = "nssf.maternal.delivery"
LINE = line_id("urn:sp:operator:nssf", "N1")
POLICY = load()
LATER = b"another".ljust(32)


@pytest.fixture
def world() -> World:
    """A world with a line frozen under a policy that was changed since."""
    world = World(POLICY)
    publish(world, *mother(1), declared("nssf", "NB", 1, 400_000))
    world.policy = replace(POLICY, packs={**POLICY.packs, BENEFIT: replace(POLICY.packs[BENEFIT], digest=LATER)})
    return world


def publish(world: World, *events: Event) -> None:
    for each in events:
        world.publish(each)
    world.decide()


def decided(world: World, kind: DecisionKind = DecisionKind.DECIDED) -> list[Decision]:
    """The latest decision of a kind on the line, if there is one."""
    latest = (entry.decision for entry in world.latest().values())
    return [decision for decision in latest if decision.line_id == LINE and decision.kind is kind]


def retracted() -> Event:
    return event(
        "pmrs", "event.retracted", "mistake", "2018-03-01T08:00:00+07:00",
        {"event": {"source": "urn:sp:operator:pmrs", "id": "delivery-1"}, "reason": "error"},
    )  # fmt: skip


def certified(amount: int) -> Event:
    money = {"amount": str(amount), "currency": "KHR"}
    data = {"line_id": LINE.hex(), "batch_id": "NB", "amount": money, "certificate_id": "C1"}
    return event("npca", "line.certified", "certified", "2018-03-01T08:00:00+07:00", data)


def settled(amount: int) -> Event:
    data = {
        "instruction_id": instruction_id(LINE.hex(), 1).hex(),
        "message_id": "M1",
        "amount": {"amount": str(amount), "currency": "KHR"},
        "bank_ref": "W1",
        "value_date": "2018-03-05",
    }
    return event("bank.wing", "payment.settled", "settled", "2018-03-05T08:00:00+07:00", data)


def test_a_frozen_line_goes_on_by_the_policy_it_was_frozen_under(world: World) -> None:
    publish(world, certified(300_000))
    (found,) = decided(world)
    assert (found.state, found.amount_minor) == (LineState.INSTRUCTED, 300_000)
    assert found.policy_digest == POLICY.packs[BENEFIT].digest


def test_a_line_that_a_later_policy_books_elsewhere_leaves_nothing_where_it_stood(world: World) -> None:
    publish(world, certified(400_000))
    pack = POLICY.packs[BENEFIT]
    moved = replace(pack, books=replace(pack.books, operator="nsaf"), digest=LATER)
    world.policy = replace(POLICY, packs={**POLICY.packs, BENEFIT: moved})
    assert {code.split("/")[2] for code in world.balances()} == {"nssf"}
    publish(world, settled(400_000))
    assert world.balances() == {
        "budget:available/nssf.maternal.delivery/nsaf/KHR": -400_000,
        "budget:spent/nssf.maternal.delivery/nsaf/KHR": 400_000,
        "cash:bank.wing/nssf.maternal.delivery/nsaf/KHR": -400_000,
        "expense/nssf.maternal.delivery/nsaf/KHR": 400_000,
    }


def test_nothing_is_to_be_recovered_by_a_policy_that_changed_since(world: World) -> None:
    publish(world, retracted())
    assert decided(world, DecisionKind.RECOVERY_PROPOSED) == []


def test_what_was_taken_back_is_to_be_recovered_by_the_same_policy(world: World) -> None:
    world.policy = POLICY
    publish(world, retracted())
    (found,) = decided(world, DecisionKind.RECOVERY_PROPOSED)
    assert (found.amount_minor, found.position) == (400_000, {})
