"""Sets on their way while the next are decided: the end is the same, also when one of them fails."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from threading import Condition
from threading import Event as Flag

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.envelope import Event
from events.sources import to_urn
from events.states import STATES_BY_NUMBER
from ledger.store.books import MarkRow
from ledger.store.connection import LedgerCursor
from pipeline.decide.body import encode_body
from pipeline.decide.flight import Flight, Flying
from pipeline.policy_files import load
from processors.entries import DecisionEntry
from processors.memory import World
from processors.outcome import ClaimKind
from tests.births import closed, declared, event, mother
from tests.properties.playing import orders, paces, play
from tests.properties.profiles import tried
from tests.properties.stories import stories
from tests.stack.conftest import fresh_ledger
from tests.stack.decide.conftest import Desk

CLAIMS = "select line_id, entity.key, grp, claim_key.key from claim_key join entity on entity_no = holder_no"
BALANCES = """
select code, sum(amount)::bigint from (select debit_account a, amount_minor amount from transfer union all
 select credit_account, -amount_minor from transfer) t join account on account_no = a group by 1 having sum(amount) <> 0
"""


def _country() -> list[Event]:
    events = [fact for number in range(1, 31) for fact in mother(number, babies=1 + number % 2)]
    events += [declared("nssf", "NB", 30, 45 * 400_000), declared("hef", "HB", 30, 0)]
    return [*events, closed("nssf"), closed("hef")]


def _in_memory(events: list[Event]) -> World:
    return play(World(load()), events)


def _agree(desk: Desk, world: World) -> None:
    """The latest decisions, the books, the states and the claims are those of the world in memory."""
    last = desk.rows(
        "select distinct on (subject) subject, state, amount_minor, currency, won_by, event_id"
        " from decision order by subject, version desc"
    )
    said = {row[0]: (STATES_BY_NUMBER[row[1]], *row[2:]) for row in last}
    meant = {
        subject: (told.state, told.amount_minor, told.currency, told.won_by, told.event.id)
        for subject, entry in world.latest().items()
        for told in [entry.decision]
    }
    # What was proposed or put into suspense once and taken back is left out of both: it depends on the order.
    kept = {
        subject for subject in said.keys() | meant.keys() if _counts(said.get(subject)) or _counts(meant.get(subject))
    }
    assert {subject: said.get(subject) for subject in kept} == {subject: meant.get(subject) for subject in kept}
    assert dict(desk.rows(BALANCES)) == world.balances()
    assert set(desk.rows(CLAIMS)) == {
        (line_id, claim.holder, claim.group, claim.key)
        for line_id, claim in world.live_claims()
        if claim.kind is ClaimKind.KEY
    }
    assert dict(desk.rows("select key, state from entity")) == world.encoded
    assert set(desk.rows("select line_id, entity, batch_id, amount_minor from line")) == {
        (row.line_id, row.home, row.batch_id, row.amount_minor) for row in world.lines.values()
    }


def _counts(told: tuple[object, ...] | None) -> bool:
    return told is not None and bool(told[1])


def _intact(desk: Desk) -> None:
    """Every version once, leaves without a gap, blocks chained, no mark left."""
    leaf, previous = 0, bytes(32)
    blocks = desk.rows("select block_no, prev_hash, first_leaf, leaf_count, hash from block order by block_no")
    for number, (block_no, prev_hash, first_leaf, leaf_count, own) in enumerate(blocks, start=1):
        assert (block_no, prev_hash, first_leaf) == (number, previous, leaf)
        leaf, previous = leaf + leaf_count, own
    leaves = "select leaf_no from transfer union select leaf_no from decision union select leaf_no from log_entry"
    assert desk.rows(f"select count(*) from ({leaves}) t") == [(leaf,)]
    gaps = "select 1 from decision group by subject having max(version) <> count(*) or min(version) <> 1"
    assert desk.rows(gaps) == []
    assert desk.rows("select count(*) from mark") == [(0,)]
    assert desk.rows("select count(*) from parked_mark") == [(0,)]


@contextmanager
def _commits_when_waited_for() -> Iterator[None]:
    """The slowest database there can be: a set is committed only when the leader waits for it."""
    changed, waited, begun = Condition(), 0, 0
    commit, land, drop = Flight._commit, Flight.land, Flight.drop

    def _commit(flight: Flight, cursor: LedgerCursor) -> None:
        nonlocal begun
        with changed:
            begun += 1
            changed.wait_for(lambda: waited >= begun)
        commit(flight, cursor)

    def _waits(how_many: int) -> None:
        nonlocal waited
        with changed:
            waited += how_many
            changed.notify_all()

    def _land(flight: Flight) -> Flying:
        _waits(1)
        return land(flight)

    def _drop(flight: Flight) -> None:
        _waits(len(flight.sets))
        drop(flight)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flight, "_commit", _commit)
        patch.setattr(Flight, "land", _land)
        patch.setattr(Flight, "drop", _drop)
        yield


@tried(12)
@given(st.data())
def test_any_story_in_any_order_ends_as_in_memory(
    database_server: str, ledger_template: str, data: st.DataObject
) -> None:
    events = data.draw(stories(rulings=3))
    order = data.draw(orders(events))
    steps = data.draw(paces(order))
    with fresh_ledger(database_server, ledger_template) as url, _commits_when_waited_for():
        desk = Desk(url)
        for at, told in enumerate(order):
            desk.publish([told])
            if at < len(steps) and steps[at]:
                desk.steps.step(steps[at])
        desk.decide(at_once=3)
        _agree(desk, _in_memory(events))
        _intact(desk)
        desk.close()


@pytest.mark.parametrize("at_once", [3, 20])
def test_sets_on_their_way_change_nothing(desk: Desk, at_once: int) -> None:
    desk.publish(_country())
    desk.decide(at_once)
    _agree(desk, _in_memory(_country()))
    _intact(desk)


def test_a_retraction_on_its_way_is_known_to_the_set_that_brings_its_fact(desk: Desk) -> None:
    enrolled, *others = mother(1)
    named = {"event": {"source": to_urn(enrolled.source), "id": enrolled.id}, "reason": "error"}
    retracted = event("nssf", "event.retracted", "retracted", "2018-01-06T08:00:00+07:00", named)
    with _commits_when_waited_for():
        desk.publish([retracted])
        assert desk.steps.step(1_000)
        assert desk.steps.flight.sets
        desk.publish([enrolled, *others])
        desk.decide()
    _agree(desk, _in_memory([retracted, enrolled, *others]))
    _intact(desk)


def _fails(nth: int, error: Exception, monkeypatch: pytest.MonkeyPatch) -> Flag:
    """Make the nth commit fail, not before another set waits behind it; the flag says that it did."""
    commit: Callable[[Flight, LedgerCursor], None] = Flight._commit
    failed, numbers = Flag(), count(1)

    def failing(flight: Flight, cursor: LedgerCursor) -> None:
        if next(numbers) == nth:
            pause = Flag()
            while len(flight.sets) < 2:
                pause.wait(0.001)
            failed.set()
            raise error
        commit(flight, cursor)

    monkeypatch.setattr(Flight, "_commit", failing)
    return failed


@pytest.mark.parametrize("nth", [1, 4, 9])
def test_a_commit_that_fails_while_the_next_set_waits_loses_and_doubles_nothing(
    desk: Desk, nth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = _fails(nth, RuntimeError("made to fail"), monkeypatch)
    desk.publish(_country())
    desk.decide(at_once=10)
    assert failed.is_set()
    _agree(desk, _in_memory(_country()))
    _intact(desk)


def test_a_leader_whose_session_ends_leaves_everything_to_the_next(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = _fails(5, psycopg.OperationalError("made to fail"), monkeypatch)
    desk.publish(_country())
    with pytest.raises(psycopg.OperationalError):
        desk.decide(at_once=10)
    assert failed.is_set()
    monkeypatch.undo()
    desk.lead_anew()
    desk.decide(at_once=10)
    _agree(desk, _in_memory(_country()))
    _intact(desk)


def test_a_set_whose_marks_another_leader_took_is_not_written(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a take-over that this leader has not noticed: one of its marks is gone when it comes to writing."""
    begin, robbed = Flight.begin, Flag()

    def late(flight: Flight, marks: Sequence[MarkRow]) -> None:
        if not robbed.is_set():
            robbed.set()
            desk.rows(f"delete from mark where mark_id = {marks[-1][0]} returning mark_id")
        begin(flight, marks)

    monkeypatch.setattr(Flight, "begin", late)
    desk.publish(mother(1))
    marks = desk.rows("select count(*) from mark")[0][0]
    desk.decide()
    assert desk.rows("select count(*) from mark") == [(marks - 1,)]
    assert desk.rows("select count(*) from decision") == [(0,)]
    desk.decide()
    _intact(desk)
    assert desk.rows("select count(*) > 0 from block") == [(True,)]


def test_a_case_that_fails_is_parked_while_others_are_on_their_way(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(entry: DecisionEntry) -> bytes:
        if entry.decision.request_id == "N7":
            raise ValueError("made to fail")
        return encode_body(entry)

    monkeypatch.setattr("pipeline.decide.writing.encode_body", failing)
    desk.publish(_country())
    desk.decide(at_once=10)
    assert desk.rows("select count(distinct entity) > 0 from parked_mark where error like 'ValueError%'") == [(True,)]
    assert desk.rows("select count(distinct line_id) from decision")[0][0] >= 58
    monkeypatch.undo()
    desk.retry_parked()
    desk.decide(at_once=10)
    _agree(desk, _in_memory(_country()))
    _intact(desk)
