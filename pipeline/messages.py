"""What the relay sends for one outbox row: values that are the same however often they are made.

Event ids: `<line_id>.<version>` for a decision (the subject's where there is no line), `block.<no>.<part>`,
`submission.<no>.<part>`, `quarantine.<no>`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from events.envelope import format_time
from events.money import Money, from_minor
from events.outcomes import (
    BatchSubmitted,
    BlockPosted,
    PaymentDecided,
    PostedLeaf,
    QuarantinedHeader,
    RecordQuarantined,
    RecoveryProposed,
    SubmittedLine,
    encode_outcome,
)
from events.reasons import REASONS_BY_NUMBER
from events.sources import to_urn
from events.states import STATES_BY_NUMBER
from events.topics import DECISION, LEDGER, QUARANTINE, TOPICS_BY_NUMBER, Topic
from ledger.model.block import BLOCK_VERSION
from ledger.model.entry import ENTRY_NAMES, EntryKind, encode_entry
from ledger.model.leaf import account_reference, encode_decision, encode_transfer
from ledger.model.rows import DecisionKind, DecisionRow
from pipeline.decide.body import decode_body

if TYPE_CHECKING:
    from ledger.store.outbox import PostedBlock, PostedSubmission
    from ledger.store.quarantine import QuarantinedRecord

PART_BYTES: Final = 480 * 1024
"""Text of the leaves or lines of one part, so that it stays below the contract's 512 KiB with its envelope."""
_LEAST_PART_BYTES: Final = 64 * 1024
_VALUE_BYTES: Final = PART_BYTES * 3 // 4
_LEAF_FRAME_BYTES: Final = 60

_headers = msgspec.msgpack.Decoder(list[tuple[str, bytes | None]])


class _Evidence(msgspec.Struct):
    """The one field of a decision's body that is published with every decision; the others are passed over."""

    evidence: list[tuple[str, str]]


_evidence_of = msgspec.msgpack.Decoder(_Evidence).decode


class Message(NamedTuple):
    """One message to send."""

    topic: Topic
    key: bytes
    value: bytes


def block_messages(block: PostedBlock) -> Iterator[Message]:
    """The decisions of a block, then the block itself with every leaf."""
    recorded_us = block.header.recorded_us
    for row in block.decisions:
        if row.kind == DecisionKind.SUSPENDED:
            continue  # money no request asked for is told by the block's leaves alone
        name = row.subject.hex()
        data = recovery_proposed(row) if row.kind == DecisionKind.RECOVERY_PROPOSED else decided(row)
        key = row.event_id if row.line_id is None else row.line_id.hex()
        yield Message(DECISION, key.encode(), encode_outcome(f"{name}.{row.version}", recorded_us, data))
    yield from _posted(block)


def decided(row: DecisionRow) -> PaymentDecided:
    """The data of the event that tells a decision on a request."""
    return PaymentDecided(
        event_id=row.event_id,
        source=to_urn(row.source),
        request_id=row.request_id,
        batch_id=row.batch_id,
        version=row.version,
        state=STATES_BY_NUMBER[row.state],
        reasons=tuple(REASONS_BY_NUMBER[number] for number in row.reasons),
        policy_digest=row.policy_digest.hex(),
        inputs_digest=row.inputs_digest.hex(),
        evidence=_evidence(row),
        line_id=None if row.line_id is None else row.line_id.hex(),
        amount=_money(row),
        won_by=None if row.won_by is None else row.won_by.hex(),
    )


def recovery_proposed(row: DecisionRow) -> RecoveryProposed:
    """The data of the event that tells a proposed recovery."""
    return RecoveryProposed(
        line_id="" if row.line_id is None else row.line_id.hex(),
        event_id=row.event_id,
        source=to_urn(row.source),
        request_id=row.request_id,
        batch_id=row.batch_id,
        version=row.version,
        reasons=tuple(REASONS_BY_NUMBER[number] for number in row.reasons),
        policy_digest=row.policy_digest.hex(),
        inputs_digest=row.inputs_digest.hex(),
        evidence=_evidence(row),
        amount=_money(row),
        won_by=None if row.won_by is None else row.won_by.hex(),
    )


def _evidence(row: DecisionRow) -> tuple[str, ...]:
    return tuple(event_id for _, event_id in _evidence_of(row.body).evidence)


def _money(row: DecisionRow) -> Money | None:
    if row.amount_minor is None or row.currency is None:
        return None
    return from_minor(row.amount_minor, row.currency)


def _posted(block: PostedBlock) -> Iterator[Message]:
    head = block.header
    references = {number: account_reference(number, code) for number, code in block.accounts.items()}
    leaves = [PostedLeaf(row.leaf_no, "decision", encode_decision(row)) for row in block.decisions]
    leaves += [
        PostedLeaf(
            row.leaf_no,
            "transfer",
            encode_transfer(row, references[row.debit_account], references[row.credit_account]),
        )
        for row in block.transfers
    ]
    leaves += [PostedLeaf(row.leaf_no, ENTRY_NAMES[EntryKind(row.kind)], encode_entry(row)) for row in block.entries]
    leaves.sort(key=lambda leaf: leaf.leaf_no)
    room = max(_LEAST_PART_BYTES, PART_BYTES - len(head.journal) * 4 // 3)
    parts = list(_chunks(leaves, [len(leaf.body) * 4 // 3 + _LEAF_FRAME_BYTES for leaf in leaves], room))
    for at, part in enumerate(parts, 1):
        data = BlockPosted(
            version=BLOCK_VERSION,
            block_no=head.block_no,
            hash=block.hash.hex(),
            prev_hash=head.prev_hash.hex(),
            root=head.root.hex(),
            first_leaf=head.first_leaf,
            leaf_count=head.leaf_count,
            totals=head.totals,
            policy_digest=head.policy_digest.hex(),
            recorded_at=format_time(head.recorded_us),
            writer=head.writer,
            journal=head.journal,
            part=at,
            parts=len(parts),
            leaves=tuple(part),
        )
        name = f"block.{head.block_no}.{at}"
        yield Message(LEDGER, str(head.block_no).encode(), encode_outcome(name, head.recorded_us, data))


def submission_messages(submission: PostedSubmission, recorded_us: int) -> Iterator[Message]:
    """A submission with its frozen lines; `recorded_us` is the time of its block."""
    totals: defaultdict[str, int] = defaultdict(int)
    for row in submission.lines:
        totals[row.currency or ""] += row.amount_minor or 0
    lines = [_line(row) for row in submission.lines]
    parts = list(_chunks(lines, [len(msgspec.json.encode(line)) + 1 for line in lines], PART_BYTES)) or [[]]
    for at, part in enumerate(parts, 1):
        data = BatchSubmitted(
            source=to_urn(submission.source),
            batch_id=submission.batch_id,
            number=submission.number,
            benefit=submission.benefit,
            cycle=f"{submission.cycle // 100:04d}-{submission.cycle % 100:02d}",
            count=len(lines),
            totals=tuple(from_minor(amount, currency) for currency, amount in sorted(totals.items())),
            block_no=submission.block_no,
            part=at,
            parts=len(parts),
            lines=tuple(part),
        )
        value = encode_outcome(f"submission.{submission.submission_no}.{at}", recorded_us, data)
        yield Message(DECISION, submission.batch_id.encode(), value)


def _line(row: DecisionRow) -> SubmittedLine:
    money = _money(row)
    if row.line_id is None or money is None:
        raise ValueError(f"leaf {row.leaf_no} freezes no line: it has no line id or no amount")
    told = decode_body(row.body)
    inputs: dict[str, Any] = {
        "evidence": [{"source": to_urn(source), "id": event_id} for source, event_id in told.evidence],
        "predicates": msgspec.to_builtins(told.asked),
        "figures": msgspec.to_builtins(told.figures),
    }
    return SubmittedLine(
        line_id=row.line_id.hex(),
        event_id=row.event_id,
        request_id=row.request_id,
        version=row.version,
        amount=money,
        leaf_no=row.leaf_no,
        policy_digest=row.policy_digest.hex(),
        inputs_digest=row.inputs_digest.hex(),
        inputs=inputs,
    )


def quarantine_message(record: QuarantinedRecord) -> Message:
    """A refused record as it came; what does not fit into a message stays in the table only, and the detail says so."""
    size = sum(map(len, (record.value or b"", record.headers, record.key or b"")))
    if size > _VALUE_BYTES:
        told = f"{record.detail}; its {size} bytes are too many for a message, `spp quarantine show` has them"
        record = replace(record, value=None, headers=b"", key=None, detail=told)
    place = f"{TOPICS_BY_NUMBER[record.topic_no].name}/{record.partition}/{record.offset}"
    data = RecordQuarantined(
        quarantine_no=record.quarantine_no,
        topic=TOPICS_BY_NUMBER[record.topic_no].name,
        partition=record.partition,
        offset=record.offset,
        received_at=format_time(record.received_us),
        reason=record.reason,
        field=record.field,
        detail=record.detail,
        headers=tuple(QuarantinedHeader(*header) for header in _headers.decode(record.headers))
        if record.headers
        else (),
        key=record.key,
        value=record.value,
        source=None if record.source is None else to_urn(record.source),
        event_id=record.event_id,
    )
    value = encode_outcome(f"quarantine.{record.quarantine_no}", record.received_us, data)
    return Message(QUARANTINE, place.encode(), value)


def _chunks(items: Sequence[Any], sizes: Iterable[int], room: int) -> Iterator[list[Any]]:
    """Consecutive runs of `items` whose sizes sum up to at most `room`; an item beyond it is a run of its own."""
    run: list[Any] = []
    used = 0
    for item, size in zip(items, sizes, strict=True):
        if run and used + size > room:
            yield run
            run, used = [], 0
        run.append(item)
        used += size
    if run:
        yield run
