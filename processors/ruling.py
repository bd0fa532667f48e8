"""Decisions as they are written: what was found for a line, put into the words of the contract and of the books."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from events.payment import PaymentRequested
from events.reasons import Reason
from events.states import LineState
from ledger.model.account import Dimensions
from ledger.model.rows import DecisionKind
from ledger.model.step import Step, target_position
from processors.calendar import local_date
from processors.eligibility import Standing
from processors.outcome import Decision, Frozen
from processors.overlap import Beaten

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from events.envelope import Event
    from processors.eligibility import Assessment
    from processors.filing import Filed
    from processors.lifecycle import Course
    from processors.outcome import Claim, History
    from processors.policy.model import Books, Pack, Policy

_ENCODER = msgspec.msgpack.Encoder()


class Verdict(NamedTuple):
    """What was found for one line at the instant that counts for it."""

    state: LineState
    reasons: tuple[Reason, ...]
    assessment: Assessment | None = None
    won_by: bytes | None = None


def subject_of_event(source: str, event_id: str) -> bytes:
    """The subject of a decision on a request that has no line: 16 bytes of SHA-256 over its identity."""
    return sha256(b"event\0" + source.encode() + b"\0" + event_id.encode()).digest()[:16]


def subject_of_recovery(line_id: bytes) -> bytes:
    """The subject of the recoveries proposed for a line: 16 bytes of SHA-256 over its line id."""
    return sha256(b"recovery\0" + line_id).digest()[:16]


def asked_day(item: Filed) -> date:
    """The day a request was recorded, in Cambodia; dates what has no day of its own."""
    return local_date(item.event.time_us)


@cache
def _dimensions_of(benefit: str, books: Books, currency: str, area: str) -> Dimensions:
    return Dimensions(
        benefit=benefit,
        programme=books.programme,
        operator=books.operator,
        fund=books.fund,
        area=area,
        cofog=books.cofog,
        gfsm=books.gfsm,
        currency=currency,
    )


def _dimensions(pack: Pack, area: str = "") -> Dimensions:
    return _dimensions_of(pack.benefit, pack.books, pack.amount.currency, area)


def _inputs(item: Filed, evidence: tuple[tuple[str, str], ...]) -> bytes:
    withdrawal = (item.withdrawal.source, item.withdrawal.id) if item.withdrawal is not None else None
    return inputs_digest((item.event.source, item.event.id), evidence, item.closed_us, withdrawal)


def inputs_digest(
    request: tuple[str, str],
    evidence: tuple[tuple[str, str], ...],
    closed_us: int | None,
    withdrawal: tuple[str, str] | None = None,
) -> bytes:
    """SHA-256 over everything a decision rests on besides the policy: request, evidence, close, withdrawal."""
    return sha256(_ENCODER.encode((request, evidence, closed_us, withdrawal))).digest()


def says_more(item: Filed, verdict: Verdict) -> bool:
    """Whether the verdict on an unfrozen line differs from the last decision on it."""
    last = item.last
    if last is None:
        return True
    said = (last.event_id, last.state, last.reasons, last.won_by)
    if said != (item.event.id, verdict.state, verdict.reasons, verdict.won_by):
        return True
    found = verdict.assessment
    if verdict.state is not LineState.APPROVED or found is None:
        return False
    return (found.amount_minor, found.area) != (last.amount_minor, last.books[-1])


def moved(item: Filed, course: Course) -> bool:
    """Whether a frozen line has come further than its last decision says."""
    last = item.last
    if last is None:
        return True
    return (last.state, last.amount_minor, last.stands) != (course.state, course.amount_minor, course.position)


def decided(item: Filed, verdict: Verdict) -> Decision:
    """The decision of a line that is not frozen."""
    found = verdict.assessment
    approved = verdict.state is LineState.APPROVED
    evidence = found.evidence if found is not None else ()
    amount = found.amount_minor if approved and found is not None else None
    day = asked_day(item)
    return Decision(
        subject=item.line_id,
        line_id=item.line_id,
        kind=DecisionKind.DECIDED,
        event=item.event,
        request_id=item.request.request_id,
        batch_id=item.request.batch_id,
        benefit=item.request.benefit,
        state=verdict.state,
        reasons=verdict.reasons,
        amount_minor=amount,
        currency=item.pack.amount.currency if amount is not None else None,
        won_by=verdict.won_by,
        policy_digest=item.pack.digest,
        inputs_digest=_inputs(item, evidence),
        position=target_position(verdict.state, amount) if amount is not None else {},
        dimensions=_dimensions(item.pack, found.area if approved and found is not None else ""),
        dates=dict.fromkeys((Step.RECOGNISE, Step.RESERVE), day),
        evidence=evidence,
        asked=found.asked if found is not None else (),
        figures=found.figures if found is not None else (),
        bank=item.bank,
    )


def freeze(item: Filed, decision: Decision, submission_no: int) -> Frozen:
    """What submission fixes of an approved line."""
    if decision.amount_minor is None or decision.currency is None:
        message = f"line {item.line_id.hex()} is approved without an amount and cannot be frozen"
        raise ValueError(message)
    return Frozen(
        event_id=item.event.id,
        amount_minor=decision.amount_minor,
        currency=decision.currency,
        submission_no=submission_no,
        policy_digest=decision.policy_digest,
        inputs_digest=decision.inputs_digest,
        evidence=decision.evidence,
        area=decision.dimensions.area,
    )


def followed(item: Filed, frozen: Frozen, course: Course, approved: Decision | None = None) -> Decision:
    """The decision of a frozen line: where its course has come to. `approved` is given when it is frozen just now."""
    base = approved or decided(item, Verdict(LineState.SUBMITTED, ()))
    own = asked_day(item)
    dates = dict.fromkeys(Step, own) | course.dates
    return replace(
        base,
        state=course.state,
        amount_minor=course.amount_minor,
        currency=frozen.currency,
        policy_digest=frozen.policy_digest,
        inputs_digest=frozen.inputs_digest,
        position=course.position,
        dimensions=replace(base.dimensions, area=frozen.area),
        dates=dates,
        stages=course.stages,
        evidence=tuple(sorted({*frozen.evidence, *course.evidence})),
        frozen=frozen,
    )


def reused(event: Event, policy: Policy) -> Decision:
    """The decision of a request whose id another request keeps: published by its event, it has no line."""
    data = event.data
    if not isinstance(data, PaymentRequested):
        message = f"event {event.source}/{event.id} is no request but {event.type}"
        raise TypeError(message)
    pack = policy.packs[data.benefit]
    return Decision(
        subject=subject_of_event(event.source, event.id),
        line_id=None,
        kind=DecisionKind.DECIDED,
        event=event,
        request_id=data.request_id,
        batch_id=data.batch_id,
        benefit=data.benefit,
        state=LineState.REJECTED,
        reasons=(Reason.REQUEST_ID_REUSED,),
        amount_minor=None,
        currency=None,
        won_by=None,
        policy_digest=pack.digest,
        inputs_digest=sha256(_ENCODER.encode((event.source, event.id))).digest(),
        position={},
        dimensions=_dimensions(pack),
    )


def _due(found: Assessment | None) -> int | None:
    """What a frozen line should have had: our figure, also where it moved away from the operator's own since."""
    if found is None:
        return None
    agreed = found.standing is Standing.ELIGIBLE or found.reasons == (Reason.AMOUNT_MISMATCH,)
    return found.amount_minor if agreed else None


def recovery(
    item: Filed,
    frozen: Frozen,
    found: Assessment | None,
    taken: Beaten | tuple[Claim, ...],
    amount_minor: int,
    history: Mapping[bytes, History],
) -> Decision | None:
    """What facts known after the freezing say a frozen line should not have had; moves no money by itself.

    `amount_minor` is what the line is to have: less than was frozen when less was certified. `found` is None when it is
    to have nothing any more. None when nothing is to be recovered and nothing ever was proposed, or when the policy has
    changed since.
    """
    if found is not None and item.pack.digest != frozen.policy_digest:
        return None
    reasons: tuple[Reason, ...] = ()
    amount = 0
    due_minor = _due(found)
    if isinstance(taken, Beaten):
        reasons, amount = (taken.reason,), amount_minor
    elif found is not None and due_minor is None:
        reasons, amount = found.reasons, amount_minor
    elif due_minor is not None and due_minor < amount_minor:
        reasons, amount = (Reason.AMOUNT_MISMATCH,), amount_minor - due_minor
    subject = subject_of_recovery(item.line_id)
    if amount == 0 and subject not in history:
        return None
    base = decided(item, Verdict(LineState.REJECTED, reasons, found))
    return replace(
        base,
        subject=subject,
        kind=DecisionKind.RECOVERY_PROPOSED,
        amount_minor=amount,
        currency=frozen.currency,
        won_by=taken.won_by if isinstance(taken, Beaten) else None,
        position={},
    )
