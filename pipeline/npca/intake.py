"""What the agency takes in besides the log: operators' signed events, and submitted batches with their frozen lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from events.enrolment import HouseholdIdentified, PersonDied, PersonMerged
from events.envelope import decode_recorded
from events.money import to_minor
from events.outcomes import BatchSubmitted, decode_outcome
from events.payment import BatchDeclared, CycleClosed, PaymentRequested, PaymentWithdrawn
from events.retraction import EventRetracted
from events.sources import bare
from events.verification import ConditionVerified
from processors import entities
from processors.npca.submitted import Evidence, Figure, Line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from events.envelope import Event
    from events.outcomes import SubmittedLine
    from ledger.store.records import Admitted
    from pipeline.npca.tables import NpcaCursor

_SUBMITTED = b'"type":"kh.sp.batch.submitted.v1"'
_LOOKED_AT = 400
"""The envelope's type stands among the first bytes of a value of ours."""

encode_line = msgspec.msgpack.Encoder().encode
decode_line = msgspec.msgpack.Decoder(Line).decode


class Submission(NamedTuple):
    """One submission all parts of which arrived."""

    source: str
    batch_id: str
    number: int


def take_facts(cursor: NpcaCursor, admitted: Iterable[Admitted]) -> None:
    """Keep events whose signature is good; the first of an identity stays. What relates entities is found by them."""
    for row in admitted:
        event = decode_recorded(row.value)
        data = event.data
        batch = data.batch_id if isinstance(data, PaymentRequested | BatchDeclared) else None
        cursor.execute(
            "insert into fact values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
            (row.source, row.event_id, row.type_no, row.time_us, row.received_us, batch, row.value),
        )
        if cursor.rowcount == 1 and (keys := kin_of(event)):
            cursor.executemany("insert into kin values (%s, %s, %s)", [(key, row.source, row.event_id) for key in keys])


def kin_of(event: Event) -> tuple[bytes, ...]:
    """The entities for which a fact must be looked at though no line names it as evidence.

    It joins persons or households, ends a life, closes a cycle, or takes something back.
    """
    data = event.data
    joins = isinstance(data, PersonMerged | PersonDied | CycleClosed | PaymentWithdrawn | EventRetracted)
    joins = joins or (isinstance(data, HouseholdIdentified) and bool(data.replaces))
    joins = joins or (isinstance(data, ConditionVerified) and data.child_sp_id is not None)
    return entities.homes(event) if joins else ()


def take_submitted(cursor: NpcaCursor, value: bytes) -> Submission | None:
    """Take one message of `sp.decision.v1`; the submission it completes, None for any other message or part."""
    if _SUBMITTED not in value[:_LOOKED_AT]:
        return None
    try:
        data = decode_outcome(value).data
    except (msgspec.MsgspecError, ValueError) as error:
        _refuse(cursor, "submission_malformed", f"a submitted batch cannot be read ({type(error).__name__})")
        return None
    if not isinstance(data, BatchSubmitted):
        return None
    name = Submission(bare(data.source), data.batch_id, data.number)
    cursor.execute(
        "insert into submission_part values (%s, %s, %s, %s, %s) on conflict do nothing", (*name, data.part, value)
    )
    if cursor.rowcount == 0:
        _compare(cursor, name, data.part, value)
        return None
    found = cursor.execute(
        "select value from submission_part where source = %s and batch_id = %s and number = %s order by part", name
    ).fetchall()
    if len(found) < data.parts:
        return None
    parts = [told for (part,) in found if isinstance(told := decode_outcome(bytes(part)).data, BatchSubmitted)]
    _keep(cursor, name, parts)
    return name


def _compare(cursor: NpcaCursor, name: Submission, part: int, value: bytes) -> None:
    """The relay repeats itself after a crash, with the same bytes."""
    known = cursor.execute(
        "select value from submission_part where source = %s and batch_id = %s and number = %s and part = %s",
        (*name, part),
    ).fetchone()
    if known is None or bytes(known[0]) != value:
        _refuse(
            cursor, "submission_changed", f"batch {name.batch_id} number {name.number} part {part} came again otherwise"
        )


def _refuse(cursor: NpcaCursor, kind: str, detail: str) -> None:
    cursor.execute("insert into refusal (kind, size, detail) values (%s, 0, %s)", (kind, detail))


def _keep(cursor: NpcaCursor, name: Submission, parts: list[BatchSubmitted]) -> None:
    head = parts[0]
    totals = ";".join(sorted(f"{money.currency}={to_minor(money)}" for money in head.totals))
    row = cursor.execute(
        "insert into submission (source, batch_id, number, benefit, cycle, line_count, totals, block_no)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s) returning submission_no",
        (*name, head.benefit, head.cycle, head.count, totals, head.block_no),
    ).fetchone()
    if row is None:
        raise LookupError(f"submission {name} was not kept")
    for told in _lines(parts):
        line = _line(told, name, head.benefit)
        cursor.execute(
            "insert into line values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
            (line.line_id, row[0], line.leaf_no, line.amount_minor, line.currency, encode_line(line)),
        )
        if cursor.rowcount == 0:
            _refuse(cursor, "line_twice", f"line {told.line_id} of batch {name.batch_id} was submitted before")


def _lines(parts: Iterable[BatchSubmitted]) -> Iterator[SubmittedLine]:
    for part in parts:
        yield from part.lines


def _line(told: SubmittedLine, name: Submission, benefit: str) -> Line:
    evidence = [Evidence(bare(str(one["source"])), str(one["id"])) for one in told.inputs.get("evidence", ())]
    figures = msgspec.convert(told.inputs.get("figures", []), list[Figure], strict=False)
    return Line(
        line_id=bytes.fromhex(told.line_id),
        source=name.source,
        event_id=told.event_id,
        request_id=told.request_id,
        batch_id=name.batch_id,
        benefit=benefit,
        version=told.version,
        amount_minor=to_minor(told.amount),
        currency=told.amount.currency,
        leaf_no=told.leaf_no,
        policy_digest=bytes.fromhex(told.policy_digest),
        inputs_digest=bytes.fromhex(told.inputs_digest),
        evidence=evidence,
        figures=figures,
    )
