"""What must hold of every world at rest, however it came there."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from events.money import to_minor
from events.payment import CycleClosed, PaymentRequested
from events.retraction import EventRetracted
from events.settlement import PaymentReturned, PaymentSettled
from events.states import LineState
from ledger.model.account import TRANSIT_FAMILIES
from ledger.model.kinds import Cause
from ledger.model.rows import DecisionKind
from ledger.model.step import step_accounts
from processors import entities
from processors.batches import Group, compare, declaration
from processors.case import cycle_key
from processors.entries import DecisionEntry
from processors.facts import EntityState, decode_state, encode_state, fold
from processors.memory import World
from tests.properties.cast import RETRACTABLE
from tests.properties.doubles import no_double_benefit

FINISHED = frozenset(LineState) - {
    LineState.APPROVED, LineState.SUBMITTED, LineState.CERTIFIED, LineState.INSTRUCTED, LineState.RETURNED
}  # fmt: skip
MAY_BE_LOWER = frozenset({LineState.CERTIFIED, LineState.INSTRUCTED, LineState.SETTLED, LineState.RETURNED})
ON_THE_WAY = (*(family.value for family in TRANSIT_FAMILIES), "budget:committed")


def check(world: World) -> None:
    """Everything below."""
    at_rest(world)
    log_is_dense(world)
    reversals_take_back_what_was_posted(world)
    posted_is_the_position_decided(world)
    what_banks_moved_is_in_the_books(world)
    frozen_amounts_stand(world)
    complete_batches_are_submitted(world)
    states_are_the_facts(world)
    no_double_benefit(world)
    deciding_again_changes_nothing(world)


def at_rest(world: World) -> None:
    assert world.marks == {}
    assert set(world.outstanding_orders.values()) <= {0}


def log_is_dense(world: World) -> None:
    """Leaves without a gap, versions and legs that rise by one."""
    versions: dict[bytes, int] = defaultdict(int)
    leaf = 0
    for transfers, entry in world.log:
        subject = entry.decision.subject
        versions[subject] += 1
        assert entry.version == versions[subject]
        for leg, transfer in enumerate(transfers, start=1):
            assert (transfer.leaf_no, transfer.subject, transfer.version, transfer.leg) == (
                leaf, subject, entry.version, leg
            )  # fmt: skip
            leaf += 1
        assert entry.leaf_no == leaf
        leaf += 1


def reversals_take_back_what_was_posted(world: World) -> None:
    """Two accounts of one currency, an amount above zero; a reversal swaps the accounts of what it takes back."""
    left: dict[int, int] = {}
    sides: dict[int, tuple[bytes, str, str]] = {}
    for transfers, _ in world.log:
        for entry in transfers:
            debit, credit, amount = entry.draft.debit, entry.draft.credit, entry.draft.amount_minor
            assert amount > 0
            assert debit.currency == credit.currency
            assert debit.code != credit.code
            if entry.draft.reverses is None:
                left[entry.leaf_no], sides[entry.leaf_no] = amount, (entry.subject, debit.code, credit.code)
            else:
                assert sides[entry.draft.reverses] == (entry.subject, credit.code, debit.code)
                left[entry.draft.reverses] -= amount
                assert left[entry.draft.reverses] >= 0


def posted_is_the_position_decided(world: World) -> None:
    """What stands on each account for a subject is what its latest decision says; finished lines are off the way."""
    stands: dict[bytes, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for transfers, _ in world.log:
        for moved in transfers:
            stands[moved.subject][moved.draft.debit.code] += moved.draft.amount_minor
            stands[moved.subject][moved.draft.credit.code] -= moved.draft.amount_minor
    for subject, entry in world.latest().items():
        decision, expected = entry.decision, defaultdict[str, int](int)
        assert world.last[subject].stands == decision.position
        for (step, bank), amount in decision.position.items():
            debit, credit = step_accounts(step, decision.dimensions, bank)
            expected[debit.code] += amount
            expected[credit.code] -= amount
        found = {code: amount for code, amount in stands[subject].items() if amount}
        assert found == {code: amount for code, amount in expected.items() if amount}
        if decision.state in FINISHED:
            assert not [code for code in found if code.startswith(ON_THE_WAY)]


def what_banks_moved_is_in_the_books(world: World) -> None:
    """Cash at each bank is the net of all movements it told of, each as last told, whoever they were for."""
    told: dict[tuple[bytes, str, str, str], tuple[str, int]] = {}
    for _, event in sorted(world.inbox.values(), key=lambda item: (item[1].time_us, item[1].id)):
        data = event.data
        if isinstance(data, PaymentSettled | PaymentReturned):
            sign = -1 if isinstance(data, PaymentSettled) else 1
            key = (entities.homes(event)[0], event.source, data.bank_ref, event.type)
            told[key] = (f"{event.source}/{data.amount.currency}", sign * to_minor(data.amount))
    net: dict[str, int] = defaultdict(int)
    for name, amount in told.values():
        net[name] += amount
    cash: dict[str, int] = defaultdict(int)
    for code, amount in world.balances().items():
        if code.startswith("cash:"):
            parts = code.split("/")
            cash[f"{parts[0].removeprefix('cash:')}/{parts[3]}"] += amount
    assert {k: v for k, v in cash.items() if v} == {k: v for k, v in net.items() if v}


def frozen_amounts_stand(world: World) -> None:
    """Once frozen, a line keeps its request and amount; NPCA may lower what is paid, once. It is certified once."""
    lines: dict[bytes, list[DecisionEntry]] = defaultdict(list)
    for _, entry in world.log:
        if entry.decision.line_id is not None and entry.decision.kind is DecisionKind.DECIDED:
            lines[entry.decision.line_id].append(entry)
    for entries in lines.values():
        assert sum(entry.decision.state is LineState.CERTIFIED for entry in entries) <= 1
        for before, after in pairwise(entries):
            frozen, decision = before.decision.frozen, after.decision
            if frozen is None:
                continue
            assert decision.frozen == frozen
            assert world.submissions[frozen.submission_no - 1] == (decision.event.source, decision.batch_id)
            assert decision.event.id == frozen.event_id
            assert decision.amount_minor is not None
            assert decision.amount_minor <= frozen.amount_minor
            if decision.amount_minor < frozen.amount_minor:
                assert decision.state in MAY_BE_LOWER


def complete_batches_are_submitted(world: World) -> None:
    """A batch that agrees with its declaration is submitted; no approved line of a closed cycle is left out of it."""
    for key in [key for key in world.encoded if key[:1] == b"B"]:
        source, batch_id = key[1:].decode().split("\0")
        told = declaration(decode_state(world.encoded[key]), world.policy.commons)
        rows = [row for row in world.lines.values() if (row.source, row.batch_id) == (source, batch_id)]
        groups = [Group(row.benefit, row.cycle, row.currency, 1, row.amount_minor) for row in rows]
        if told is None or compare(told, groups) is not None:
            continue
        assert (source, batch_id) in world.submissions
    closed = {
        entities.cycle(event.source, event.data.benefit, event.data.cycle)
        for _, event in world.inbox.values()
        if isinstance(event.data, CycleClosed)
    }
    for entry in world.latest().values():
        event, data = entry.decision.event, entry.decision.event.data
        if entry.decision.state is LineState.APPROVED and isinstance(data, PaymentRequested):
            submitted = (event.source, data.batch_id) in world.submissions
            assert not (submitted and cycle_key(event, data) in closed)


def states_are_the_facts(world: World) -> None:
    """What is known of each entity is the fold of the events recorded, so it can be rebuilt at any time."""
    states: dict[bytes, EntityState] = defaultdict(EntityState)
    for _, event in world.inbox.values():
        for key in entities.homes(event):
            if key[:1] != b"E":
                fold(key, states[key], event)
    for _, event in world.inbox.values():
        if not isinstance(event.data, EventRetracted) or event.data.event.source != event.source:
            continue
        identity = (event.data.event.source, event.data.event.id)
        if identity in world.inbox and (fact := world.inbox[identity][1]).type in RETRACTABLE:
            for key in entities.homes(fact):
                states[key].retract(identity, event.time_us)
    assert world.encoded == {key: encode_state(state) for key, state in states.items()}


def deciding_again_changes_nothing(world: World) -> None:
    """No fact was missed: looking at everything once more finds nothing to say."""
    leaves, claims, orders = len(world.log), world.live_claims(), list(world.submissions)
    for key in sorted(world.encoded):
        world._mark(key, None, Cause.POLICY, None)
    world.decide()
    assert [entry.decision for _, entry in world.log[leaves:]] == []
    assert world.live_claims() == claims
    assert world.submissions == orders
