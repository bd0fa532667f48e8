"""The agency's copy of the log: whole, in order, exactly once, and refused where it does not follow."""

from dataclasses import replace

import msgspec
import pytest

from events.merkle import leaf_hash, root
from events.outcomes import BlockPosted, decode_outcome, encode_outcome
from events.topics import DECISION, LEDGER, PAYMENT
from ledger.model.leaf import encode_decision
from ledger.model.reading import LeafError, is_decision, read_decision
from ledger.proof.checkpoint import Checkpoint
from pipeline.admission import Admission
from pipeline.npca.follower import FollowedTwiceError, Follower
from pipeline.npca.log import Kind, RefusedHistoryError
from pipeline.npca.tables import NpcaConnection
from tests.stack.npca.conftest import Country, Told, follow


def _leaves(database: NpcaConnection) -> list[bytes]:
    return [bytes(body) for (body,) in database.execute("select body from leaf order by leaf_no").fetchall()]


def _changed(record: Told, **changes: object) -> Told:
    told = decode_outcome(record.value or b"")
    assert isinstance(told.data, BlockPosted)
    return replace(record, value=encode_outcome(told.id, 0, msgspec.structs.replace(told.data, **changes)))


def test_the_log_is_rebuilt_and_its_root_is_that_of_all_leaves(
    country: Country, database: NpcaConnection, admission: Admission
) -> None:
    country.births(3)
    log = follow(country.broker, database, admission, at_once=2).log
    leaves = _leaves(database)
    assert log.size == len(leaves) > 10
    with database.cursor() as cursor:
        for size in (1, 7, log.size):
            assert log.prover(cursor).root(size) == root([leaf_hash(leaf) for leaf in leaves[:size]])
    ((lines, totals),) = database.execute("select line_count, totals from submission").fetchall()
    assert (lines, totals) == (3, "KHR=1200000")
    assert database.execute("select count(*) from line").fetchone() == (3,)


def test_decisions_are_read_back_from_their_leaves(
    country: Country, database: NpcaConnection, admission: Admission
) -> None:
    country.births(2)
    follow(country.broker, database, admission)
    decisions = [leaf for leaf in _leaves(database) if is_decision(leaf)]
    assert decisions
    for leaf in decisions:
        assert encode_decision(read_decision(leaf)) == leaf
        for wrong in (leaf[:-1], leaf + b"\0", b"\1\1" + leaf[2:]):
            with pytest.raises(LeafError):
                read_decision(wrong)


def test_a_message_sent_again_and_a_process_started_again_change_nothing(
    country: Country, database: NpcaConnection, admission: Admission
) -> None:
    country.births(2)
    records = country.broker.topics[LEDGER.name]
    records.extend(replace(record, offset=len(records) + at) for at, record in enumerate(list(records)))
    country.broker.topics[DECISION.name].append(
        replace(country.broker.topics[DECISION.name][-1], offset=len(country.broker.topics[DECISION.name]))
    )
    first = follow(country.broker, database, admission, at_once=3)
    again = follow(country.broker, database, admission)
    assert (again.log.size, again.log.head, again.log.tree.root()) == (
        first.log.size, first.log.head, first.log.tree.root(),
    )  # fmt: skip
    assert database.execute("select count(*) from refusal").fetchone() == (0,)


def test_an_exception_before_the_commit_leaves_no_trace(
    country: Country, database: NpcaConnection, admission: Admission
) -> None:
    country.births(1)
    follower = Follower(database, admission)
    follower.begin([(LEDGER.name, 0)])
    follower.places[LEDGER.name, 0] = 5  # as another process left it
    with pytest.raises(FollowedTwiceError):
        follower.take(LEDGER.name, 0, country.broker.topics[LEDGER.name])
    assert _leaves(database) == []
    assert follow(country.broker, database, admission).log.size > 0


def test_a_block_left_out_is_a_gap(country: Country, database: NpcaConnection, admission: Admission) -> None:
    country.births(1)
    records = country.broker.topics[LEDGER.name]
    assert len(records) > 2
    del records[1]
    with pytest.raises(RefusedHistoryError) as refused:
        follow(country.broker, database, admission)
    assert refused.value.kind is Kind.GAP
    assert database.execute("select kind from refusal").fetchall() == [("gap",)]


@pytest.mark.parametrize("field", ["writer", "totals", "root", "leaves"])
def test_a_block_that_is_not_what_it_says_is_refused(
    country: Country, database: NpcaConnection, admission: Admission, field: str
) -> None:
    country.births(1)
    records = country.broker.topics[LEDGER.name]
    told = decode_outcome(records[0].value or b"").data
    assert isinstance(told, BlockPosted)
    leaf = told.leaves[0]
    changes = {
        "writer": "another",
        "totals": "KHR=1",
        "root": "00" * 32,
        "leaves": (msgspec.structs.replace(leaf, body=leaf.body + b"\0"), *told.leaves[1:]),
    }
    records[0] = _changed(records[0], **{field: changes[field]})
    with pytest.raises(RefusedHistoryError) as refused:
        follow(country.broker, database, admission)
    assert refused.value.kind is Kind.CHANGED
    assert _leaves(database) == []


def test_a_second_history_is_a_fork(country: Country, database: NpcaConnection, admission: Admission) -> None:
    country.births(1)
    follower = follow(country.broker, database, admission)
    records = country.broker.topics[LEDGER.name]
    records.append(replace(_changed(records[0], writer="another"), offset=len(records)))
    with pytest.raises(RefusedHistoryError) as refused:
        follow(country.broker, database, admission)
    assert refused.value.kind is Kind.FORK
    assert Follower(database, admission).log.size == follower.log.size


def test_another_root_than_the_witness_saw_is_refused(
    country: Country, database: NpcaConnection, admission: Admission
) -> None:
    country.births(1)
    log = follow(country.broker, database, admission).log
    with database.cursor() as cursor:
        good = Checkpoint("test/ledger", 3, log.prover(cursor).root(3))
        assert log.witness(cursor, good, "note")
        assert not log.witness(cursor, good, "note")
        assert not log.witness(cursor, Checkpoint("test/ledger", log.size + 1, bytes(32)), "later")
        with pytest.raises(RefusedHistoryError) as refused:
            log.witness(cursor, Checkpoint("test/ledger", 4, bytes(32)), "forged")
    assert refused.value.kind is Kind.WITNESSED


def test_what_was_seen_is_never_changed(country: Country, database: NpcaConnection, admission: Admission) -> None:
    import psycopg

    country.births(1)
    follow(country.broker, database, admission)
    for statement in ("delete from leaf", "update block set hash = prev_hash", "truncate fact", "delete from line"):
        with pytest.raises(psycopg.errors.RestrictViolation), database.transaction():
            database.execute(statement)


def test_an_event_without_a_good_signature_is_no_fact(
    country: Country, database: NpcaConnection, admission: Admission
) -> None:
    country.births(1)
    records = country.broker.topics[PAYMENT.name]
    records[0] = replace(records[0], headers=())
    follow(country.broker, database, admission)
    assert database.execute("select count(*) from fact").fetchone() == (
        sum(map(len, country.broker.topics.values()))
        - len(country.broker.topics[LEDGER.name]) - len(country.broker.topics[DECISION.name]) - 1,
    )  # fmt: skip
