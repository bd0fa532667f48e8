"""What people do about refused records: each deed once, by whom, and discarding takes two."""

import pytest

from events.reasons import Reason
from ledger.model.inbox import inbox_position
from ledger.reconciliation.run import reconcile
from ledger.store import LedgerConnection
from ledger.store.inbox import record_batch
from ledger.store.quarantine import (
    Action,
    QuarantineError,
    admit_from_quarantine,
    discard,
    list_records,
    read_audit,
    read_record,
    refuse_again,
)
from tests.stack.ledger.conftest import Query
from tests.stack.ledger.samples import RECEIVED_US, TOPIC_NO, admitted, refused


@pytest.fixture
def numbers(writer: LedgerConnection) -> list[int]:
    """Three records in quarantine, at the offsets 0, 1 and 2."""
    bad = [
        refused(0, Reason.UNKNOWN_CODE, source="nssf"),
        refused(1, Reason.NOT_JSON),
        refused(2, Reason.SCHEMA, source="nsaf"),
    ]
    record_batch(writer, TOPIC_NO, 0, 0, 3, [], bad)
    with writer.transaction():
        return sorted(entry.quarantine_no for entry in list_records(writer))


def states(conn: LedgerConnection) -> dict[int, str]:
    with conn.transaction():
        return {entry.offset: entry.state for entry in list_records(conn)}


def intake_differences(conn: LedgerConnection) -> list[str]:
    with conn.transaction():
        found = reconcile(conn)
    return [
        identity.name
        for identity in found
        if identity.difference and identity.name.startswith(("inbox", "rec", "quar"))
    ]


def test_a_replayed_record_keeps_its_position_and_receipt_time(
    writer: LedgerConnection, numbers: list[int], query: Query
) -> None:
    event = admitted(0, "a")
    assert admit_from_quarantine(writer, numbers[0], event, actor="sok", note="code added") is Action.REPLAYED
    assert query("select position, received_us, event_id from inbox") == [
        (inbox_position(TOPIC_NO, 0, 0), RECEIVED_US, "a")
    ]
    assert query("select count(*) from mark") == [(2,)]
    assert query("select action, actor, note from quarantine_audit") == [("replayed", "sok", "code added")]
    assert states(writer) == {0: "replayed", 1: "open", 2: "open"}
    assert intake_differences(writer) == []
    with pytest.raises(QuarantineError, match="was replayed by sok"):
        admit_from_quarantine(writer, numbers[0], event, actor="dara", note="")
    with pytest.raises(QuarantineError, match="nothing more can be done"):
        discard(writer, numbers[0], actor="dara", note="")


def test_the_same_bytes_recorded_meanwhile_make_a_replay_without_effect(
    writer: LedgerConnection, numbers: list[int], query: Query
) -> None:
    record_batch(writer, TOPIC_NO, 0, 3, 4, [admitted(3, "a")], [])
    assert admit_from_quarantine(writer, numbers[0], admitted(0, "a"), actor="sok", note="") is Action.ALREADY_RECORDED
    assert query("select count(*) from inbox") == [(1,)]
    assert query("select count(*) from mark") == [(2,)]
    assert states(writer)[0] == "already_recorded"
    assert intake_differences(writer) == []


def test_other_bytes_recorded_meanwhile_keep_it_in_quarantine(writer: LedgerConnection, numbers: list[int]) -> None:
    record_batch(writer, TOPIC_NO, 0, 3, 4, [admitted(3, "a", b"other")], [])
    assert admit_from_quarantine(writer, numbers[0], admitted(0, "a"), actor="sok", note="") is Action.REFUSED
    audit = read_audit(writer, numbers[0])
    assert [entry.action for entry in audit] == [Action.REFUSED]
    assert "conflict: other bytes were recorded first" in audit[0].note
    writer.rollback()
    assert states(writer)[0] == "open"
    assert intake_differences(writer) == []


def test_a_replay_refused_again_leaves_an_audit_row_and_the_record_open(
    writer: LedgerConnection, numbers: list[int]
) -> None:
    refuse_again(writer, numbers[1], actor="sok", note="not_json")
    assert states(writer)[1] == "open"
    assert admit_from_quarantine(writer, numbers[1], admitted(1, "b"), actor="sok", note="") is Action.REPLAYED


def test_discarding_takes_two_persons(writer: LedgerConnection, numbers: list[int], query: Query) -> None:
    assert discard(writer, numbers[2], actor="sok", note="test data") is Action.DISCARD_PROPOSED
    assert states(writer)[2] == "discard_proposed"
    with pytest.raises(QuarantineError, match="sok proposed to discard it; another person"):
        discard(writer, numbers[2], actor="sok", note="")
    assert discard(writer, numbers[2], actor="dara", note="agreed") is Action.DISCARDED
    assert states(writer)[2] == "discarded"
    assert query("select action, actor from quarantine_audit order by audit_no") == [
        ("discard_proposed", "sok"),
        ("discarded", "dara"),
    ]
    with pytest.raises(QuarantineError, match="was discarded by dara"):
        refuse_again(writer, numbers[2], actor="sok", note="")


def test_records_are_listed_by_state_reason_and_source(writer: LedgerConnection, numbers: list[int]) -> None:
    discard(writer, numbers[2], actor="sok", note="")
    with writer.transaction():
        assert [entry.offset for entry in list_records(writer)] == [2, 1, 0]
        assert [entry.offset for entry in list_records(writer, limit=1)] == [2]
        assert [entry.offset for entry in list_records(writer, state="open")] == [1, 0]
        assert [entry.offset for entry in list_records(writer, reason=Reason.NOT_JSON)] == [1]
        assert [entry.offset for entry in list_records(writer, source="nssf", state="open")] == [0]


def test_a_record_is_read_as_it_was_refused(writer: LedgerConnection, numbers: list[int]) -> None:
    with writer.transaction():
        record = read_record(writer, numbers[0])
    given = refused(0, Reason.UNKNOWN_CODE, source="nssf")
    for name in (
        "topic_no",
        "partition",
        "offset",
        "received_us",
        "source",
        "reason",
        "field",
        "detail",
        "key",
        "value",
        "headers",
    ):
        assert getattr(record, name) == getattr(given, name)


def test_a_record_that_is_not_there_is_said_so(writer: LedgerConnection) -> None:
    with pytest.raises(LookupError, match="no quarantined record 99"):
        discard(writer, 99, actor="sok", note="")
