"""What the decider reports and does not act on: told when it happens, not again with each later fact of the person."""

import pytest

from events.envelope import Event
from events.identity import instruction_id, line_id
from pipeline.policy_files import load
from processors.memory import World
from processors.outcome import Alarm
from tests.births import declared, event, mother

LINE = line_id("urn:sp:operator:nssf", "N1")
INSTRUCTION = instruction_id(LINE.hex(), 1)


@pytest.fixture
def world() -> World:
    return World(load())


def told(world: World, *events: Event) -> list[tuple[Alarm, bytes]]:
    """The alarms that these events raise."""
    before = len(world.alarms)
    for each in events:
        world.publish(each)
    world.decide()
    return world.alarms[before:]


def certified(amount: str = "400000", event_id: str = "n1", source: str = "npca") -> Event:
    return event(
        source, "line.certified", event_id, "2018-03-01T08:00:00+07:00",
        {
            "line_id": LINE.hex(), "batch_id": "NB", "amount": {"amount": amount, "currency": "KHR"},
            "certificate_id": "C1",
        },
    )  # fmt: skip


def settled(event_id: str, amount: str, instruction: bytes = INSTRUCTION, bank: str = "bank.wing") -> Event:
    return event(
        bank, "payment.settled", event_id, "2018-03-02T08:00:00+07:00",
        {
            "instruction_id": instruction.hex(), "message_id": "M1", "bank_ref": event_id, "value_date": "2018-03-02",
            "amount": {"amount": amount, "currency": "KHR"},
        },
    )  # fmt: skip


def died() -> Event:
    return event(
        "pmrs", "person.died", "died", "2019-03-02T08:00:00+07:00", {"sp_id": "0000000001", "died_on": "2019-03-01"}
    )


def test_a_certification_of_a_line_not_frozen_is_told_once(world: World) -> None:
    assert told(world, *mother(1), certified()) == [(Alarm.CERTIFIED_NOT_FROZEN, LINE)]
    assert told(world, died()) == []
    assert told(world, declared("nssf", "NB", 1, 400_000)) == []


def test_a_certification_above_what_was_frozen_is_told_when_the_line_is_frozen(world: World) -> None:
    assert told(world, *mother(1), certified("400001")) == [(Alarm.CERTIFIED_NOT_FROZEN, LINE)]
    assert told(world, declared("nssf", "NB", 1, 400_000)) == [(Alarm.CERTIFIED_ABOVE_SUBMITTED, LINE)]
    assert told(world, died()) == []


def test_a_second_certification_and_one_of_a_stranger_are_told(world: World) -> None:
    told(world, *mother(1), declared("nssf", "NB", 1, 400_000))
    assert told(world, certified()) == []
    assert told(world, certified(event_id="n2")) == [(Alarm.CERTIFIED_TWICE, LINE)]
    assert (Alarm.CERTIFIED_BY_ANOTHER, LINE) in told(world, certified(event_id="n3", source="nspc"))
    assert told(world, died()) == []


def test_money_of_an_unknown_instruction_is_told_with_the_instruction(world: World) -> None:
    unknown = bytes(16)
    assert told(world, settled("B1", "400000", unknown)) == [(Alarm.SETTLED_UNKNOWN_INSTRUCTION, unknown)]
    assert told(world, settled("B1", "400000", unknown), *mother(2)) == []


def test_money_beyond_what_was_instructed_and_of_another_bank_is_told(world: World) -> None:
    told(world, *mother(1), declared("nssf", "NB", 1, 400_000), certified())
    assert told(world, settled("B1", "400000")) == []
    assert told(world, settled("B2", "1")) == [(Alarm.SETTLED_IN_EXCESS, LINE)]
    assert (Alarm.SETTLED_BY_ANOTHER, LINE) in told(world, settled("B3", "1", bank="bank.aba"))
    assert told(world, died()) == []


def test_money_paid_on_a_line_certified_for_nothing_is_in_excess_and_waits_in_suspense(world: World) -> None:
    told(world, *mother(1), declared("nssf", "NB", 1, 400_000), certified("0"))
    assert told(world, settled("B1", "400000")) == [(Alarm.SETTLED_IN_EXCESS, LINE)]
    assert {code.split("/")[0]: amount for code, amount in world.balances().items()} == {
        "cash:bank.wing": -400_000,
        "suspense:bank.wing": 400_000,
    }
