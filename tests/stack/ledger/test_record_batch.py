"""RECORD's one transaction: identities, fences, counters, quarantine; also with two connections at once."""

from concurrent.futures import Future, ThreadPoolExecutor

import psycopg
import pytest

from events.reasons import REASONS, Reason
from ledger.model.inbox import inbox_position
from ledger.model.kinds import Cause, OutboxKind
from ledger.store import LedgerConnection, connect
from ledger.store.inbox import ensure_offsets, load_offsets, record_batch
from ledger.store.records import Fenced, Recorded, TopicReplaced
from tests.stack.ledger.conftest import Query
from tests.stack.ledger.samples import TOPIC_NO, admitted, refused

COUNTERS = "select next_offset, accepted, replayed, quarantined, skipped from consumer_offset order by partition"
CONFLICT = REASONS[Reason.CONFLICT].number


def test_a_batch_leaves_offset_inbox_marks_quarantine_and_outbox(writer: LedgerConnection, query: Query) -> None:
    recorded = record_batch(
        writer, TOPIC_NO, 0, 0, 5,
        [admitted(0, "a"), admitted(3, "b", b'{"b":1}')],
        [refused(1, source="nssf"), refused(4, Reason.NOT_JSON)],
    )  # fmt: skip
    assert recorded == Recorded(accepted=2, replayed=0, quarantined=2, conflicts=0)
    assert query(COUNTERS) == [(5, 2, 0, 2, 1), (0, 0, 0, 0, 0)]
    assert load_offsets(writer, [TOPIC_NO]) == {(TOPIC_NO, 0): 5, (TOPIC_NO, 1): 0}
    first, second = inbox_position(TOPIC_NO, 0, 0), inbox_position(TOPIC_NO, 0, 3)
    assert query("select position, event_id, value from inbox order by 1") == [
        (first, "a", b"{}"),
        (second, "b", b'{"b":1}'),
    ]
    assert query("select entity, position, cause, ref from mark order by mark_id") == [
        (entity, position, Cause.FACT, None)
        for position, entity in ((first, b"Pa"), (first, b"La"), (second, b"Pb"), (second, b"Lb"))
    ]
    assert query("select record_offset, reason, value, source from quarantine order by 1") == [
        (1, REASONS[Reason.SCHEMA].number, b"not an event", "nssf"),
        (4, REASONS[Reason.NOT_JSON].number, b"not an event", None),
    ]
    assert query("select kind, ref from outbox order by 1, 2") == [
        (OutboxKind.QUARANTINE, number) for (number,) in query("select quarantine_no from quarantine order by 1")
    ]
    assert query("select source, poison from source_health") == [("nssf", 1)]


def test_replays_and_conflicts_within_one_batch(writer: LedgerConnection, query: Query) -> None:
    batch = [
        admitted(0, "a"),
        admitted(1, "a"),
        admitted(2, "a", b"other"),
        admitted(3, "a"),
        admitted(4, "a", b"other"),
    ]
    assert record_batch(writer, TOPIC_NO, 0, 0, 5, batch, []) == Recorded(1, 2, 2, 2)
    assert query("select position, value from inbox") == [(inbox_position(TOPIC_NO, 0, 0), b"{}")]
    assert query("select record_offset, reason, field, value, key, headers from quarantine order by 1") == [
        (2, CONFLICT, "id", b"other", b"key", b"headers"),
        (4, CONFLICT, "id", b"other", b"key", b"headers"),
    ]
    assert query("select count(*) from mark") == [(2,)]
    assert query("select poison from source_health") == [(2,)]


def test_an_identity_is_of_one_source(writer: LedgerConnection) -> None:
    assert (
        record_batch(writer, TOPIC_NO, 0, 0, 2, [admitted(0, "a"), admitted(1, "a", source="nsaf")], []).accepted == 2
    )


def test_a_replay_of_a_recorded_batch_changes_nothing(writer: LedgerConnection, query: Query) -> None:
    events = [admitted(offset, f"e{offset}", b"%d" % offset) for offset in range(50)]
    record_batch(writer, TOPIC_NO, 0, 0, 50, events, [])
    again = [admitted(offset, f"e{49 - offset}", b"%d" % (49 - offset), partition=1) for offset in range(50)]
    assert record_batch(writer, TOPIC_NO, 1, 0, 50, again, []) == Recorded(0, 50, 0, 0)
    assert query("select count(*) from inbox") == [(50,)]
    assert query("select count(*) from mark") == [(100,)]


def test_a_refused_event_takes_no_identity(writer: LedgerConnection) -> None:
    record_batch(writer, TOPIC_NO, 0, 0, 1, [], [refused(0, source="nssf")])
    assert record_batch(writer, TOPIC_NO, 0, 1, 2, [admitted(1, "a")], []).accepted == 1


def test_a_zombie_is_fenced_and_records_nothing(writer: LedgerConnection, query: Query) -> None:
    record_batch(writer, TOPIC_NO, 0, 0, 2, [admitted(0, "a")], [])
    for start, end in ((0, 2), (1, 3), (3, 4)):
        with pytest.raises(Fenced, match=f"does not stand at offset {start}"):
            record_batch(writer, TOPIC_NO, 0, start, end, [admitted(start, "z")], [])
    assert query("select event_id from inbox") == [("a",)]
    assert query(COUNTERS)[0] == (2, 1, 0, 0, 1)


def test_a_partition_nobody_made_is_fenced(writer: LedgerConnection) -> None:
    with pytest.raises(Fenced):
        record_batch(writer, TOPIC_NO, 7, 0, 1, [admitted(0, "a", partition=7)], [])


def test_records_that_do_not_fit_their_offsets_are_refused(writer: LedgerConnection) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        record_batch(writer, TOPIC_NO, 0, 0, 1, [admitted(0, "a")], [refused(0)])


def test_a_transaction_of_the_caller_is_not_joined(writer: LedgerConnection) -> None:
    writer.execute("select 1")
    with pytest.raises(RuntimeError, match="in a transaction"):
        record_batch(writer, TOPIC_NO, 0, 0, 1, [admitted(0, "a")], [])
    writer.rollback()


def test_a_failed_batch_leaves_nothing(writer: LedgerConnection, query: Query) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation):
        record_batch(writer, TOPIC_NO, 0, 0, 3, [admitted(0, "a")], [refused(2), refused(2)])
    assert query(COUNTERS)[0] == (0, 0, 0, 0, 0)
    assert query("select count(*) from inbox") == [(0,)]
    assert record_batch(writer, TOPIC_NO, 0, 0, 3, [admitted(0, "a")], [refused(2)]).accepted == 1


class Interleaved:
    """Two workers: the first has recorded and not committed while the second records the same identity."""

    def __init__(self, url: str, query: Query) -> None:
        self._url = url
        self._query = query

    def run(self, second_value: bytes, *, commit: bool) -> Recorded:
        with connect(self._url, "writer") as first, ThreadPoolExecutor(1) as pool:
            first.execute(
                "insert into inbox values (%s, 'nssf', 'b', 1, 1, 1, 'k', 's', 'first')",
                (inbox_position(TOPIC_NO, 0, 0),),
            )
            second: Future[Recorded] = pool.submit(self._second, second_value)
            self._until_somebody_waits()
            if commit:
                first.commit()
            else:
                first.rollback()
            return second.result(timeout=60)

    def _second(self, value: bytes) -> Recorded:
        with connect(self._url, "writer") as conn:
            batch = [admitted(offset, name, value, partition=1) for offset, name in enumerate("cba")]
            return record_batch(conn, TOPIC_NO, 1, 0, 3, batch, [])

    def _until_somebody_waits(self) -> None:
        while not self._query("select from pg_locks where not granted"):
            pass


@pytest.mark.usefixtures("writer")
def test_the_same_event_on_two_partitions_at_once_is_a_replay(ledger_url: str, query: Query) -> None:
    assert Interleaved(ledger_url, query).run(b"first", commit=True) == Recorded(2, 1, 0, 0)
    assert query("select event_id, value from inbox order by 1") == [(name, b"first") for name in "abc"]
    assert query(COUNTERS)[1] == (3, 2, 1, 0, 0)


@pytest.mark.usefixtures("writer")
def test_other_bytes_under_one_identity_at_once_are_a_conflict(ledger_url: str, query: Query) -> None:
    assert Interleaved(ledger_url, query).run(b"second", commit=True) == Recorded(2, 0, 1, 1)
    assert query("select event_id, value from inbox order by 1") == [
        ("a", b"second"),
        ("b", b"first"),
        ("c", b"second"),
    ]
    assert query("select partition, record_offset, reason from quarantine") == [(1, 1, CONFLICT)]
    assert query("select count(*) from mark") == [(4,)]


@pytest.mark.usefixtures("writer")
def test_an_identity_given_up_is_free(ledger_url: str, query: Query) -> None:
    assert Interleaved(ledger_url, query).run(b"second", commit=False) == Recorded(3, 0, 0, 0)


@pytest.mark.usefixtures("writer")
def test_two_owners_of_a_partition_record_a_range_once(ledger_url: str, query: Query) -> None:
    def own() -> bool:
        with connect(ledger_url, "writer") as conn:
            try:
                record_batch(conn, TOPIC_NO, 0, 0, 500, [admitted(offset, f"e{offset}") for offset in range(500)], [])
            except Fenced:
                return False
            return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(future.result() for future in [pool.submit(own) for _ in range(4)]) == [False, False, False, True]
    assert query(COUNTERS)[0] == (500, 500, 0, 0, 0)


def test_many_workers_with_the_same_events_in_any_order_do_not_deadlock(ledger_url: str, query: Query) -> None:
    partitions = 4
    with connect(ledger_url, "writer") as conn:
        ensure_offsets(conn, TOPIC_NO, partitions)

    def own(partition: int) -> Recorded:
        names = [f"e{offset * 7919 % 1000:04d}" for offset in range(1000)]
        if partition % 2:
            names.reverse()
        events = [admitted(offset, name, partition=partition) for offset, name in enumerate(names)]
        with connect(ledger_url, "writer") as conn:
            results = [
                record_batch(conn, TOPIC_NO, partition, at, at + 250, events[at : at + 250], [])
                for at in range(0, 1000, 250)
            ]
        return Recorded(sum(one.accepted for one in results), sum(one.replayed for one in results), 0, 0)

    with ThreadPoolExecutor(partitions) as pool:
        results = list(pool.map(own, range(partitions)))
    assert sum(one.accepted for one in results) == 1000
    assert sum(one.replayed for one in results) == 1000 * (partitions - 1)
    assert query("select count(*), count(distinct event_id) from inbox") == [(1000, 1000)]
    assert query("select count(*) from mark") == [(2000,)]


def test_a_topic_made_again_is_noticed(writer: LedgerConnection, query: Query) -> None:
    ensure_offsets(writer, TOPIC_NO, 3, "id-1")
    ensure_offsets(writer, TOPIC_NO, 4, "id-1")
    assert query("select partition, topic_id from consumer_offset order by 1") == [
        (number, "id-1") for number in range(4)
    ]
    with pytest.raises(TopicReplaced, match=r"the broker's topic has the id id-2, the store knows id-1"):
        ensure_offsets(writer, TOPIC_NO, 4, "id-2")
