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
from events.settlement import PaymentReturned, PaymentSettled
from events.sources import bare
from events.verification import ConditionVerified
from processors import entities
from processors.npca.submitted import Evidence, Figure, Line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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


def take_facts(cursor: NpcaCursor, admitted: Sequence[Admitted]) -> None:
    """Keep events whose signature is good; the first of an identity stays. What relates entities is found by them."""
    events = {(row.source, row.event_id): decode_recorded(row.value) for row in reversed(admitted)}
    kept = cursor.execute(
        "insert into fact select * from unnest(%s::text[], %s::text[], %s::smallint[], %s::bigint[], %s::bigint[],"
        " %s::text[], %s::bytea[]) on conflict do nothing returning source, event_id",
        (
            [row.source for row in admitted],
            [row.event_id for row in admitted],
            [row.type_no for row in admitted],
            [row.time_us for row in admitted],
            [row.received_us for row in admitted],
            [_batch_of(events[row.source, row.event_id]) for row in admitted],
            [row.value for row in admitted],
        ),
    ).fetchall()
    kin = [(key, *identity) for identity in kept for key in kin_of(events[identity[0], identity[1]])]
    cursor.executemany("insert into kin values (%s, %s, %s)", kin)


def _batch_of(event: Event) -> str | None:
    return event.data.batch_id if isinstance(event.data, PaymentRequested | BatchDeclared) else None


def kin_of(event: Event) -> tuple[bytes, ...]:
    """The entities for which a fact must be looked at though no line names it as evidence.

    It joins persons or households, ends a life, closes a cycle, takes something back, or tells where money went.
    """
    data = event.data
    joins = isinstance(data, PersonMerged | PersonDied | CycleClosed | PaymentWithdrawn | EventRetracted)
    joins = joins or isinstance(data, PaymentSettled | PaymentReturned)
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
    lines = [_line(told, name, head.benefit) for told in _lines(parts)]
    kept = cursor.execute(
        "insert into line select id, %s, leaf, amount, currency, told from unnest(%s::bytea[], %s::bigint[],"
        " %s::bigint[], %s::text[], %s::bytea[]) as l(id, leaf, amount, currency, told)"
        " on conflict do nothing returning line_id",
        (
            row[0],
            [line.line_id for line in lines],
            [line.leaf_no for line in lines],
            [line.amount_minor for line in lines],
            [line.currency for line in lines],
            [encode_line(line) for line in lines],
        ),
    ).fetchall()
    for line_id in {line.line_id for line in lines} - {bytes(found[0]) for found in kept}:
        _refuse(
            cursor, "line_twice", f"line {line_id.hex()} of batch {name.batch_id}, or its leaf, was submitted before"
        )


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
