"""The decider on a real PostgreSQL says what the same steps say in memory, and its books hold together."""

import random
from collections import Counter
from typing import Any

import pytest
from msgspec import to_builtins

from events.envelope import Event
from events.identity import instruction_id, line_id
from events.states import STATES_BY_NUMBER
from pipeline.policy_files import load
from processors.adjudicate import adjudicate
from processors.case import Case
from processors.memory import World
from processors.outcome import CaseOutcome
from tests.births import closed, declared, event, mother
from tests.stack.decide.conftest import Desk


def _country() -> list[Event]:
    events = [fact for number in range(1, 21) for fact in mother(number, babies=1 + number % 2)]
    events.append(declared("nssf", "NB", 20, 30 * 400_000))
    events.append(declared("hef", "HB", 20, 0))
    events += [closed("nssf"), closed("hef")]
    return events


def _in_memory(events: list[Event]) -> World:
    world = World(load())
    for told in events:
        world.publish(told)
    world.decide()
    return world


@pytest.mark.parametrize("seed", range(4))
def test_any_order_and_batching_ends_as_in_memory(desk: Desk, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a repeatable shuffle
    events = _country()
    chance.shuffle(events)
    while events:
        size = chance.choice([1, 3, 20, 60])
        desk.publish(events[:size])
        del events[:size]
        desk.decide(at_once=chance.choice([1, 7, 1_000]))
    world = _in_memory(_country())

    decided = desk.rows(
        "select distinct on (subject) subject, state, amount_minor from decision order by subject, version desc"
    )
    expected = {subject: entry.decision for subject, entry in world.latest().items()}
    assert {subject: (STATES_BY_NUMBER[state], amount) for subject, state, amount in decided} == {
        subject: (decision.state, decision.amount_minor) for subject, decision in expected.items()
    }
    balances = desk.rows(
        "select code, sum(amount)::bigint from (select debit_account a, amount_minor amount from transfer union all"
        " select credit_account, -amount_minor from transfer) t join account on account_no = a"
        " group by 1 having sum(amount) <> 0"
    )
    assert dict(balances) == world.balances()
    assert desk.rows("select count(*) from mark")[0] == (0,)
    assert desk.rows("select count(*) from submission_open")[0] == (0,)


def test_blocks_are_chained_and_leaves_are_dense(desk: Desk) -> None:
    desk.publish(_country())
    desk.decide(at_once=5)
    blocks = desk.rows("select block_no, prev_hash, first_leaf, leaf_count, hash from block order by block_no")
    leaf, previous = 0, bytes(32)
    for number, (block_no, prev_hash, first_leaf, leaf_count, own) in enumerate(blocks, start=1):
        assert (block_no, prev_hash, first_leaf) == (number, previous, leaf)
        leaf, previous = leaf + leaf_count, own
    leaves = "select leaf_no from transfer union select leaf_no from decision union select leaf_no from log_entry"
    assert desk.rows(f"select count(*) from ({leaves}) t") == [(leaf,)]


def test_dropping_the_cache_changes_nothing(desk: Desk) -> None:
    events = _country()
    for number in range(0, len(events), 7):
        desk.publish(events[number : number + 7])
        desk.steps.reload()
        desk.decide(at_once=3)
    states = Counter(
        STATES_BY_NUMBER[state].value
        for _, state in desk.rows(
            "select distinct on (subject) subject, state from decision order by subject, version desc"
        )
    )
    assert states == {"submitted": 20, "rejected": 20}


def test_a_case_that_fails_is_parked_and_the_others_go_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(case: Case, *rest: Any) -> CaseOutcome:
        if b"P0000000003" in case.members:
            raise RuntimeError("made to fail")
        return adjudicate(case, *rest)

    monkeypatch.setattr("processors.desk.adjudicate", failing)
    desk.publish(_country())
    desk.decide()
    decided = desk.rows("select count(distinct line_id) from decision")
    parked = desk.rows("select count(*), count(distinct entity) from parked_mark where error like 'RuntimeError%'")
    assert decided[0] == (38,)
    assert parked[0][0] > 0

    monkeypatch.undo()
    desk.retry_parked()
    desk.decide()
    assert desk.rows("select count(distinct line_id) from decision")[0] == (40,)
    assert desk.rows("select count(*) from parked_mark")[0] == (0,)


def test_a_claim_may_be_held_by_a_person_whose_own_facts_are_taken_later(desk: Desk) -> None:
    enrolled, delivered, asked, _ = mother(1)
    desk.publish([enrolled, asked])
    desk.decide()
    # The mother's marks are taken with the dependant's, whose event she shares; those of whom she became are not.
    dependant = {
        "sp_id": "0000000002", "scheme": "nssf.dependant", "enrolment_id": "E2", "birth_date": "2018", "sex": "F",
        "valid_from": "2018-02-04", "valid_until": None,
    }  # fmt: skip
    birth = {"sp_id": "0000000001", "condition": "delivery", "on": "2018-02-04", "outcome": "met"}
    birth["child_sp_id"] = "0000000002"
    merge = {"sp_id": "0000000001", "into": "0000000003", "merged_on": "2018-02-20"}
    desk.publish(
        [
            event("nssf", "person.enrolled", "e2", "2018-02-05T08:00:00+07:00", dependant),
            event("pmrs", "condition.verified", "c2", "2018-02-06T08:00:00+07:00", birth),
            delivered,
            event("registry", "person.merged", "m", "2018-02-21T08:00:00+07:00", merge),
        ]
    )
    desk.decide(at_once=1)
    assert desk.rows("select error from parked_mark") == []
    holders = "select distinct key from claim_window join entity on entity_no = holder_no"
    assert desk.rows(holders) == [(b"P0000000003",)]


def test_a_line_is_certified_instructed_settled_and_returned(desk: Desk) -> None:
    desk.publish([*mother(1), declared("nssf", "NB", 1, 400_000), declared("hef", "HB", 1, 0)])
    desk.decide()
    line = line_id("urn:sp:operator:nssf", "N1").hex()
    instruction = instruction_id(line, 1).hex()
    money = {"amount": "400000", "currency": "KHR"}
    settled = {
        "instruction_id": instruction,
        "message_id": "M1",
        "amount": money,
        "bank_ref": "B1",
        "value_date": "2018-03-02",
    }
    certified = {"line_id": line, "batch_id": "NB", "amount": money, "certificate_id": "C1"}
    steps = [
        (event("npca", "line.certified", "n1", "2018-03-01T08:00:00+07:00", certified), "instructed"),
        (event("bank.wing", "payment.settled", "w1", "2018-03-02T08:00:00+07:00", settled), "settled"),
        (
            event(
                "bank.wing",
                "payment.returned",
                "w2",
                "2018-03-05T08:00:00+07:00",
                {**settled, "bank_ref": "B2", "reason": "AC01", "value_date": "2018-03-05"},
            ),
            "returned",
        ),
    ]
    for told, state in steps:
        desk.publish([told])
        desk.decide()
        last = desk.rows(f"select state from decision where line_id = '\\x{line}' order by version desc limit 1")
        assert STATES_BY_NUMBER[last[0][0]].value == state
    states = desk.rows(f"select state from decision where line_id = '\\x{line}' order by version")
    assert [STATES_BY_NUMBER[state].value for (state,) in states][-4:] == [
        "certified",
        "instructed",
        "settled",
        "returned",
    ]
    cash = desk.rows(
        "select coalesce(sum(case when d.family = 'cash' then amount_minor else -amount_minor end), 0)::bigint"
        " from transfer join account d on d.account_no = debit_account join account c on c.account_no = credit_account"
        " where 'cash' in (d.family, c.family)"
    )
    assert cash[0] == (0,)


def test_money_of_an_unknown_instruction_waits_in_suspense(desk: Desk) -> None:
    line = line_id("urn:sp:operator:nssf", "N1").hex()
    money = {"amount": "400000", "currency": "KHR"}
    told = {
        "instruction_id": instruction_id(line, 1).hex(), "message_id": "M1", "amount": money, "bank_ref": "B1",
        "value_date": "2018-03-02",
    }  # fmt: skip
    desk.publish([event("bank.wing", "payment.settled", "w1", "2018-03-02T08:00:00+07:00", told)])
    desk.decide()
    suspense = (
        "select coalesce(sum(case when d.family = 'suspense' then amount_minor else -amount_minor end), 0)::bigint"
        " from transfer join account d on d.account_no = debit_account join account c on c.account_no = credit_account"
        " where 'suspense' in (d.family, c.family)"
    )
    assert desk.rows(suspense)[0] == (400_000,)
    certified = {"line_id": line, "batch_id": "NB", "amount": money, "certificate_id": "C1"}
    desk.publish([*mother(1), declared("nssf", "NB", 1, 400_000), declared("hef", "HB", 1, 0)])
    desk.decide()
    desk.publish([event("npca", "line.certified", "n1", "2018-03-01T08:00:00+07:00", certified)])
    desk.decide()
    assert desk.rows(suspense)[0] == (0,)
    last = desk.rows(f"select state from decision where line_id = '\\x{line}' order by version desc limit 1")
    assert STATES_BY_NUMBER[last[0][0]].value == "settled"


def test_the_close_of_a_cycle_looks_at_the_cases_with_a_line_not_frozen(desk: Desk) -> None:
    desk.publish([*mother(1), declared("nssf", "NB", 1, 400_000), declared("hef", "HB", 1, 0)])
    desk.decide()
    marked = []
    for source in ("nssf", "hef"):
        desk.publish([closed(source)])
        desk.steps.step(1_000)
        desk.steps.settle()
        marked.append(desk.rows("select entity from mark"))
    assert marked == [[], [(b"P0000000001",)]], "nssf's line is submitted, hef's was rejected"


def test_a_batch_whose_request_was_taken_over_is_counted_anew(desk: Desk) -> None:
    """The earlier request under one id takes it to its own batch: the other batch waits, this one is complete."""
    first, *facts = [mother(1)[2], *mother(1)[:2]]
    earlier = mother(1)[2]
    told = to_builtins(earlier.data)
    moved = event("nssf", "payment.requested", "asked-before", "2018-02-09T08:00:00+07:00", {**told, "batch_id": "NEW"})
    desk.publish([*facts, declared("nssf", "NB", 2, 800_000), declared("nssf", "NEW", 1, 400_000)])
    desk.decide()
    desk.publish([first])
    desk.decide()
    desk.publish([moved])
    desk.decide()
    assert desk.rows("select batch_id, number from submission") == [("NEW", 0)]
    desk.publish([mother(2)[2]])
    desk.decide()
    assert desk.rows("select batch_id from submission") == [("NEW",)], "one request is known of the two declared in NB"
    desk.publish([mother(3)[2]])
    desk.decide()
    assert desk.rows("select batch_id from submission order by 1") == [("NB",), ("NEW",)]
