from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from events.catalogue import TYPES
from events.envelope import decode_data, decode_head
from events.identity import line_id
from events.payment import PaymentRequested
from events.sources import to_urn
from events.topics import PAYMENT
from pipeline.policy_files import load
from pipeline.scenarios import mixed
from processors.memory import World

if TYPE_CHECKING:
    from collections.abc import Iterable


PAYMENT_TYPES = {name for name, kind in TYPES.items() if kind.topic == PAYMENT}


def _decided(values: Iterable[bytes]) -> dict[bytes, tuple[str, tuple[str, ...], str | None]]:
    world = World(load())
    for value in values:  # decided one by one, so that a batch may be declared before its evidence is known
        world.publish(decode_data(decode_head(value)))
        world.decide()
    found = {}
    for subject, entry in world.latest().items():
        decision = entry.decision
        reasons = tuple(sorted(reason.value for reason in decision.reasons))
        amount = None if decision.amount_minor is None else str(decision.amount_minor)
        found[subject] = (decision.state.value, reasons, amount)
    return found


@pytest.mark.parametrize("order", ["as written", "backwards", "payments first"])
def test_each_request_of_the_example_is_decided_as_the_file_beside_it_says(order: str) -> None:
    values = mixed.EVENTS.read_bytes().splitlines()
    if order == "backwards":
        values.reverse()
    elif order == "payments first":
        values.sort(key=lambda value: decode_head(value).type not in PAYMENT_TYPES)
    found = _decided(values)
    asked = mixed.wanted()
    told = {one.request_id: found[line_id(to_urn(one.source), one.request_id)] for one in asked}
    assert told == {one.request_id: (one.state, one.reasons, one.amount) for one in asked}


def test_the_example_asks_for_every_benefit_of_the_policy() -> None:
    assert {one.benefit for one in mixed.wanted()} == set(load().packs)


def test_every_request_of_the_example_has_its_decision_beside_it() -> None:
    values = [record.value for records in mixed.records().values() for record in records]
    events = [decode_data(decode_head(value)) for value in values]
    asked = {(event.source, event.data.request_id) for event in events if isinstance(event.data, PaymentRequested)}
    assert asked == {(one.source, one.request_id) for one in mixed.wanted()}


def test_a_decision_that_is_not_as_wanted_is_told() -> None:
    one = mixed.wanted()[0]
    assert mixed.Answer(one, one.state, one.reasons, one.amount).agrees
    assert not mixed.Answer(one, one.state, one.reasons, "1").agrees
    assert not mixed.Answer(one, None, (), None).agrees
