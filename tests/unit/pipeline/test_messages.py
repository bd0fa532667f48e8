"""What the relay sends: stable ids, parts below the contract's size, and nothing too large for a broker."""

import msgspec
import pytest

from events.outcomes import BatchSubmitted, BlockPosted, RecordQuarantined, decode_outcome
from events.reasons import Reason
from ledger.model.block import BlockHeader
from ledger.model.rows import DecisionRow
from ledger.store.outbox import PostedBlock, PostedSubmission
from ledger.store.quarantine import QuarantinedRecord
from pipeline.decide.body import Body
from pipeline.messages import Message, block_messages, quarantine_message, submission_messages

LIMIT = 512 * 1024
BODY = msgspec.msgpack.encode(Body(evidence=[("nssf", "e1"), ("registry", "e2")]))


def decision(number: int, body: bytes = BODY) -> DecisionRow:
    subject = number.to_bytes(16, "big")
    return DecisionRow(
        number, 1, subject, subject, 3, 1, "nssf", f"e{number}", f"r{number}", "b1", "nssf.maternal.delivery",
        1, (), 400_000, "KHR", None, bytes(32), bytes(32), body,
    )  # fmt: skip


def block(decisions: list[DecisionRow], journal: bytes = b"j") -> PostedBlock:
    header = BlockHeader(9, bytes(32), 0, len(decisions), bytes(32), "", bytes(32), 1_600_000_000_000_000, "w", journal)
    return PostedBlock(header, bytes(32), decisions, [], {})


def of(messages: list[Message], topic: str) -> list[Message]:
    return [message for message in messages if message.topic.name == topic]


def test_a_decision_is_named_by_its_line_and_version() -> None:
    told = of(list(block_messages(block([decision(7)]))), "sp.decision.v1")
    assert [(message.key, decode_outcome(message.value).id) for message in told] == [
        ((7).to_bytes(16, "big").hex().encode(), f"{7:032x}.3")
    ]


def test_made_twice_a_message_is_the_same() -> None:
    made = block([decision(number) for number in range(20)])
    assert list(block_messages(made)) == list(block_messages(made))


@pytest.mark.parametrize("journal", [0, 200_000, 300_000])
def test_a_long_block_comes_in_parts_below_the_limit(journal: int) -> None:
    evidence = [("nssf", f"e{number:060d}") for number in range(10)]
    body = msgspec.msgpack.encode(Body(evidence=evidence))
    messages = of(
        list(block_messages(block([decision(n, body) for n in range(2_000)], b"j" * journal))), "sp.ledger.v1"
    )
    parts = [told for message in messages if isinstance(told := decode_outcome(message.value).data, BlockPosted)]
    assert len(parts) > 2
    assert max(len(message.value) for message in messages) < LIMIT
    assert [(part.part, part.parts) for part in parts] == [(at, len(parts)) for at in range(1, len(parts) + 1)]
    assert [leaf.leaf_no for part in parts for leaf in part.leaves] == list(range(2_000))
    assert {message.key for message in messages} == {b"9"}
    assert [decode_outcome(message.value).id for message in messages][:2] == ["block.9.1", "block.9.2"]


def test_a_long_submission_comes_in_parts_with_its_totals() -> None:
    lines = [decision(number) for number in range(4_000)]
    submission = PostedSubmission(5, "nssf", "b/1", 1, "nssf.maternal.delivery", 201803, 4_000, 9, lines)
    messages = list(submission_messages(submission, 1_600_000_000_000_000))
    parts = [told for message in messages if isinstance(told := decode_outcome(message.value).data, BatchSubmitted)]
    assert len(parts) == len(messages) > 1
    assert max(len(message.value) for message in messages) < LIMIT
    assert {(part.count, part.totals[0].amount, part.cycle) for part in parts} == {(4_000, "1600000000", "2018-03")}
    assert sum(len(part.lines) for part in parts) == 4_000
    assert {message.key for message in messages} == {b"b/1"}
    evidence = parts[0].lines[0].inputs["evidence"]
    assert evidence == [
        {"source": "urn:sp:operator:nssf", "id": "e1"},
        {"source": "urn:sp:operator:registry", "id": "e2"},
    ]


def refused(value: bytes, headers: list[tuple[str, bytes | None]] | None = None) -> QuarantinedRecord:
    packed = msgspec.msgpack.encode(headers or [])
    place = (4, 3, 1, 17, 1_600_000_000_000_000)
    return QuarantinedRecord(*place, None, None, Reason.TOO_LARGE, "", "big", b"k", value, packed)


def test_a_quarantined_record_keeps_its_bytes_and_headers() -> None:
    message = quarantine_message(refused(b"\xff\x00", [("sp-key-id", b"x"), ("empty", None)]))
    told = decode_outcome(message.value).data
    assert isinstance(told, RecordQuarantined)
    assert (told.value, told.key) == (b"\xff\x00", b"k")
    assert [(header.name, header.value) for header in told.headers] == [("sp-key-id", b"x"), ("empty", None)]
    assert message.key == b"sp.payment.v1/1/17"


def test_a_record_too_large_for_a_message_is_told_without_its_bytes() -> None:
    message = quarantine_message(refused(b"x" * 900_000))
    told = decode_outcome(message.value).data
    assert isinstance(told, RecordQuarantined)
    assert told.value is None
    assert "900" in told.detail
    assert "spp quarantine show" in told.detail
    assert len(message.value) < LIMIT
