"""A record that was refused and replayed later is decided as if it had been admitted when it came."""

import random
from collections.abc import Sequence

import pytest

from events.catalogue import TYPES
from events.envelope import Event, encode
from events.reasons import Reason
from events.states import STATES_BY_NUMBER
from ledger.model.inbox import inbox_position
from ledger.store.inbox import record_batch
from ledger.store.quarantine import Action, admit_from_quarantine, list_records
from ledger.store.records import Admitted, Refused
from pipeline.policy_files import load
from processors import entities
from processors.memory import World
from tests.births import closed, declared, event, mother
from tests.stack.decide.conftest import Desk


def refuse(desk: Desk, events: Sequence[Event]) -> None:
    """Record these as refused, each at the next offset of its topic."""
    for told in events:
        topic_no = TYPES[told.type].topic.number
        offset = next(desk.offsets[topic_no])
        held = Refused(
            topic_no, 0, offset, told.time_us, told.source, told.id, Reason.UNKNOWN_KEY, "", "", None, encode(told), b""
        )
        record_batch(desk.connection, topic_no, 0, offset, offset + 1, [], [held])


def replay(desk: Desk, told: Event) -> Action:
    """Replay what was refused of this event, which admission now accepts as it came and when it came."""
    with desk.connection.transaction():
        found = [entry for entry in list_records(desk.connection) if (entry.source, entry.event_id) == _name(told)]
    topic_no = TYPES[told.type].topic.number
    admitted = Admitted(
        position=inbox_position(topic_no, 0, found[0].offset),
        source=told.source,
        event_id=told.id,
        type_no=TYPES[told.type].number,
        time_us=told.time_us,
        received_us=told.time_us,
        key_id="test",
        signature=b"",
        value=encode(told),
        entities=entities.homes(told),
    )
    return admit_from_quarantine(desk.connection, found[0].quarantine_no, admitted, actor="sok", note="key entered")


def _name(told: Event) -> tuple[str, str]:
    return told.source, told.id


def states(desk: Desk) -> dict[str, tuple[str, int | None]]:
    """The latest decision on each request: its state and amount."""
    rows = desk.rows(
        "select distinct on (subject) event_id, state, amount_minor from decision where kind = 1"
        " order by subject, version desc"
    )
    return {event_id: (STATES_BY_NUMBER[state].value, amount) for event_id, state, amount in rows}


def in_memory(events: Sequence[Event]) -> dict[str, tuple[str, int | None]]:
    world = World(load())
    for told in events:
        world.publish(told)
    world.decide()
    latest = (entry.decision for entry in world.latest().values())
    return {decision.event.id: (decision.state.value, decision.amount_minor) for decision in latest}


@pytest.mark.parametrize("seed", range(3))
def test_any_of_the_records_may_be_refused_first_and_replayed_in_any_order(desk: Desk, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a repeatable shuffle
    events = [told for number in range(1, 9) for told in mother(number)]
    events += [declared("nssf", "NB", 8, 8 * 400_000), closed("nssf"), closed("hef")]
    held = chance.sample(events, 14)
    at_once = [told for told in events if told not in held]
    chance.shuffle(at_once)
    refuse(desk, held)
    desk.publish(at_once)
    desk.decide()
    for told in held:
        assert replay(desk, told) is Action.REPLAYED
        if chance.random() < 0.5:
            desk.decide()
    desk.decide()
    assert states(desk) == in_memory(events)
    assert desk.rows("select count(*) from mark") == [(0,)]


def test_evidence_refused_before_the_close_and_replayed_after_it_revives_the_request(desk: Desk) -> None:
    enrolled, delivered, asked, _ = mother(1)
    refuse(desk, [delivered])
    desk.publish([enrolled, asked, closed("nssf")])
    desk.decide()
    assert states(desk) == {"asked-1": ("expired", None)}
    replay(desk, delivered)
    desk.decide()
    assert states(desk) == {"asked-1": ("approved", 400_000)}


def test_evidence_retracted_while_it_stood_in_quarantine_counts_for_nothing_when_it_is_replayed(desk: Desk) -> None:
    enrolled, delivered, asked, _ = mother(1)
    target = {"event": {"source": "urn:sp:operator:pmrs", "id": delivered.id}, "reason": "error"}
    refuse(desk, [delivered])
    desk.publish([enrolled, asked, event("pmrs", "event.retracted", "back", "2018-02-06T08:00:00+07:00", target)])
    replay(desk, delivered)
    desk.decide()
    assert states(desk) == {"asked-1": ("pended", None)}


def test_a_record_corrected_under_its_own_id_stays_as_corrected_and_the_replay_is_a_conflict(desk: Desk) -> None:
    enrolled, delivered, asked, _ = mother(1)
    _, twins, _, _ = mother(1, babies=2)
    refuse(desk, [twins])
    desk.publish([enrolled, delivered, asked])
    desk.decide()
    assert replay(desk, twins) is Action.REFUSED
    desk.decide()
    assert states(desk) == {"asked-1": ("approved", 400_000)}
