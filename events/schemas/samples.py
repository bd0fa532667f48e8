"""One example event, or several where a type has several shapes, of every type; invented persons, real benefits."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from msgspec import structs

from events import certification as c
from events import enrolment as e
from events import finance as f
from events import outcomes as o
from events import payment as p
from events import settlement as s
from events import verification as v
from events.envelope import Event, encode, parse_time
from events.identity import instruction_id_hex, line_id_hex
from events.money import Money
from events.outcomes import OUTCOMES, encode_outcome
from events.reasons import Reason
from events.retraction import EventRetracted, RetractedEvent
from events.sources import to_urn
from events.states import LineState

if TYPE_CHECKING:
    from events.shapes import Shape

MOTHER: Final = "0100000017"
CHILD: Final = "0100000025"
LINE: Final = line_id_hex(to_urn("nssf"), "REQ-2018-000017")
INSTRUCTION: Final = instruction_id_hex(LINE, 1)
RIEL: Final = Money(amount="400000", currency="KHR")
DOLLARS: Final = Money(amount="61.50", currency="USD")
_DIGEST: Final = "5f" * 32
_BIRTH: Final = dt.date(2018, 3, 4)
_START: Final = dt.date(2018, 1, 1)
_TIME: Final = parse_time("2018-03-05T09:30:00+07:00") or 0


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


_PAYEE: Final = p.Payee(channel="wallet", provider="wing", account_ref="tok:8f3a", role="self", holder=MOTHER)


def _request(for_: p.For, benefit: str, **others: object) -> p.PaymentRequested:
    request = p.PaymentRequested("REQ-2018-000017", "B-2018-03", benefit, for_, _PAYEE, sp_id=MOTHER)
    return structs.replace(request, **others)


def _member() -> e.Member:
    return e.Member(sp_id=MOTHER, member_no=2, birth_date="1992-07", sex="F", head=False, traits=("pregnant",))


# file name (type, then what is shown), source, data
INPUTS: Final[tuple[tuple[str, str, Shape], ...]] = (
    (
        "household.identified",
        "idpoor",
        e.HouseholdIdentified(
            household_id="12-0405-00031", level="poor_1", commune="120405", area="rural", card_number="EC-12-000031",
            valid_from=_START, valid_until=_day("2020-12-31"),
            members=(_member(), e.Member(sp_id=None, member_no=1, birth_date="1988", sex="M", head=True, traits=())),
            replaces=("12-0405-00007",),
        ),
    ),
    (
        "household.revoked",
        "idpoor",
        e.HouseholdRevoked(household_id="12-0405-00031", revoked_on=_day("2019-05-01"), reason="improved"),
    ),
    (
        "person.enrolled",
        "nssf",
        e.PersonEnrolled(
            sp_id=MOTHER, scheme="nssf.worker", enrolment_id="NSSF-553201", birth_date="1992-07-19", sex="F",
            valid_from=_START, valid_until=None, category="worker",
        ),
    ),
    (
        "person.enrolled.pupil",
        "moeys",
        e.PersonEnrolled(
            sp_id=CHILD, scheme="scholarship", enrolment_id="SCH-2025-9", birth_date="2018-03-04", sex="M",
            valid_from=_day("2025-11-01"), valid_until=_day("2026-08-31"), grade="primary", school_id="SCH-120405-02",
            household_id="12-0405-00031",
        ),
    ),
    (
        "person.withdrawn",
        "nssf",
        e.PersonWithdrawn(
            sp_id=MOTHER, scheme="nssf.worker", enrolment_id="NSSF-553201", withdrawn_on=_day("2021-02-28"),
            reason="left_employment",
        ),
    ),
    (
        "person.registered",
        "registry",
        e.PersonRegistered(
            sp_id=MOTHER, birth_date="1992-07-19", sex="F", aliases=(e.Alias(system="idpoor", ref="12-0405-00031/2"),)
        ),
    ),
    ("person.died", "registry", e.PersonDied(sp_id=MOTHER, died_on=_day("2021-03-01"))),
    ("person.merged", "registry", e.PersonMerged(sp_id="0100000033", into=MOTHER, merged_on=_day("2019-01-15"))),
    (
        "facility.registered",
        "pmrs",
        e.FacilityRegistered(
            facility_id="HC-120405", level="hc", commune="120405", schemes=("hef", "nssf.worker"), valid_from=_START,
            valid_until=None,
        ),
    ),
    (
        "event.retracted",
        "pmrs",
        EventRetracted(event=RetractedEvent(source="pmrs", id="condition.verified-0001"), reason="wrong_person"),
    ),
    (
        "condition.verified",
        "pmrs",
        v.ConditionVerified(
            sp_id=MOTHER, condition="delivery", outcome="met", on=_BIRTH, facility_id="HC-120405", child_sp_id=CHILD,
            measure=v.Measure(babies=1, gestation_weeks=39),
        ),
    ),
    (
        "condition.verified.month",
        "moeys",
        v.ConditionVerified(
            sp_id=CHILD, condition="school_attendance", outcome="met", month="2025-11",
            measure=v.Measure(attendance_percent=92),
        ),
    ),
    (
        "condition.verified.period",
        "nssf",
        v.ConditionVerified(
            sp_id=MOTHER, condition="incapacity", outcome="met", from_=_day("2018-05-02"), until=_day("2018-05-16"),
            measure=v.Measure(days=15),
        ),
    ),
    (
        "contribution.recorded",
        "nssf",
        v.ContributionRecorded(
            sp_id=MOTHER, scheme="nssf.worker", month="2018-02",
            contributory_wage=Money(amount="800000", currency="KHR"), paid_on=_day("2018-03-12"),
            branch="health_care", employer_id="EMP-7781", status="paid",
        ),
    ),
    (
        "encounter.recorded",
        "pmrs",
        v.EncounterRecorded(
            encounter_id="ENC-2018-40021", sp_id=MOTHER, facility_id="HC-120405", service="delivery",
            payment_type="HEF", started_on=_BIRTH, ended_on=_day("2018-03-05"),
            items=(v.EncounterItem(code="DEL-NORMAL", quantity=1),),
        ),
    ),
    ("payment.requested", "nssf", _request(p.For(on=_BIRTH), "nssf.maternal.delivery", amount=RIEL)),
    (
        "payment.requested.visit",
        "nsaf",
        _request(p.For(on=_day("2018-06-01"), number=2, birth_on=_BIRTH), "maternal.pnc", in_respect_of=CHILD),
    ),
    ("payment.requested.month", "nsaf", _request(p.For(month="2025-11"), "scholarship.primary", cycle="2025-12")),
    (
        "payment.requested.round",
        "nsaf",
        _request(p.For(round=1), "inflation.cash", sp_id=None, household_id="12-0405-00031"),
    ),
    (
        "payment.requested.period",
        "nssf",
        _request(p.For(from_=_day("2018-05-02"), until=_day("2018-05-16")), "nssf.sickness_allowance"),
    ),
    ("payment.requested.encounter", "hef", _request(p.For(encounter_id="ENC-2018-40021"), "hef.delivery")),
    (
        "payment.requested.award",
        "nssf",
        _request(p.For(award_id="AW-77", month="2023-10"), "nssf.old_age_pension", amount=DOLLARS),
    ),
    ("payment.withdrawn", "nssf", p.PaymentWithdrawn(request_id="REQ-2018-000017", reason="asked_in_error")),
    ("payee.changed", "nssf", p.PayeeChanged(request_id="REQ-2018-000017", payee=_PAYEE, reason="account_closed")),
    (
        "batch.declared",
        "nssf",
        p.BatchDeclared(
            batch_id="B-2018-03", benefit="nssf.maternal.delivery", cycle="2018-03", count=1, totals=(RIEL,)
        ),
    ),
    ("cycle.closed", "nssf", p.CycleClosed(benefit="nssf.maternal.delivery", cycle="2018-03")),
    (
        "line.certified",
        "npca",
        c.LineCertified(line_id=LINE, batch_id="B-2018-03", amount=RIEL, certificate_id="CERT-2018-11"),
    ),
    ("line.refused", "npca", c.LineRefused(line_id=LINE, batch_id="B-2018-03", reason="not_delivered")),
    ("line.queried", "npca", c.LineQueried(line_id=LINE, batch_id="B-2018-03", query_id="Q-5", reason="birth_unclear")),
    (
        "finding.recorded",
        "npca",
        c.FindingRecorded(line_id=LINE, sample_id="S-2018-1", finding="no_record_found", disallowed=RIEL),
    ),
    (
        "batch.certified",
        "npca",
        c.BatchCertified(
            batch_id="B-2018-03", certificate_id="CERT-2018-11", count=1, totals=(RIEL,), checkpoint=_DIGEST
        ),
    ),
    ("certificate.superseded", "npca", c.CertificateSuperseded(certificate_id="CERT-2018-11", by="CERT-2018-12")),
    ("instruction.accepted", "bank.wing", s.InstructionAccepted(instruction_id=INSTRUCTION, message_id="M-1")),
    (
        "instruction.rejected",
        "bank.wing",
        s.InstructionRejected(instruction_id=INSTRUCTION, message_id="M-1", reason="AC04"),
    ),
    (
        "payment.settled",
        "bank.wing",
        s.PaymentSettled(
            instruction_id=INSTRUCTION, message_id="M-1", amount=RIEL, bank_ref="W-9001", value_date=_day("2018-04-02")
        ),
    ),
    (
        "payment.returned",
        "bank.wing",
        s.PaymentReturned(
            instruction_id=INSTRUCTION, message_id="M-1", amount=RIEL, bank_ref="W-9107", reason="unclaimed",
            value_date=_day("2018-05-02"),
        ),
    ),
    (
        "statement.booked",
        "bank.wing",
        s.StatementBooked(
            account="SPP-KHR-1", entry_ref="W-9001", direction="debit", amount=RIEL, value_date=_day("2018-04-02"),
            instruction_id=INSTRUCTION,
        ),
    ),
    (
        "statement.closed",
        "bank.wing",
        s.StatementClosed(
            account="SPP-KHR-1", date=_day("2018-04-02"), opening=Money(amount="500000", currency="KHR"),
            closing=Money(amount="100000", currency="KHR"),
        ),
    ),
    (
        "budget.allotted",
        "mef",
        f.BudgetAllotted(
            fund="state_budget", programme="family_package", fiscal_year=2026, stage="allotment",
            amount=Money(amount="1000000000", currency="KHR"),
        ),
    ),
    (
        "fund.received",
        "treasury",
        f.FundReceived(
            fund="state_budget", amount=Money(amount="250000000", currency="KHR"), bank_ref="T-2026-118",
            value_date=_day("2026-01-15"),
        ),
    ),
)  # fmt: skip

OUTPUTS: Final[tuple[tuple[str, str, o.Outcome], ...]] = (
    (
        "payment.decided",
        f"{LINE}.2",
        o.PaymentDecided(
            line_id=LINE, event_id="payment.requested-0001", source=to_urn("nssf"), request_id="REQ-2018-000017",
            batch_id="B-2018-03", version=2, state=LineState.REJECTED, reasons=(Reason.EXCLUSIVE_BENEFIT,),
            policy_digest=_DIGEST, inputs_digest=_DIGEST, evidence=("condition.verified-0001",), amount=None,
            won_by=line_id_hex(to_urn("nsaf"), "N-3"),
        ),
    ),
    (
        "recovery.proposed",
        f"{LINE}.5",
        o.RecoveryProposed(
            line_id=LINE, event_id="payment.requested-0001", source=to_urn("nssf"), request_id="REQ-2018-000017",
            batch_id="B-2018-03", version=5, reasons=(Reason.DUPLICATE_ENTITLEMENT,), policy_digest=_DIGEST,
            inputs_digest=_DIGEST, evidence=("person.merged-0001",), amount=RIEL,
        ),
    ),
    (
        "batch.submitted",
        "submission.1.1",
        o.BatchSubmitted(
            source=to_urn("nssf"), batch_id="B-2018-03", number=0, benefit="nssf.maternal.delivery", cycle="2018-03",
            count=1, totals=(RIEL,), block_no=7, part=1, parts=1,
            lines=(
                o.SubmittedLine(
                    line_id=LINE, event_id="payment.requested-0001", request_id="REQ-2018-000017", version=3,
                    amount=RIEL, leaf_no=41, policy_digest=_DIGEST, inputs_digest=_DIGEST,
                ),
            ),
        ),
    ),
    (
        "block.posted",
        "block.7.1",
        o.BlockPosted(
            version=1, block_no=7, hash=_DIGEST, prev_hash=_DIGEST, root=_DIGEST, first_leaf=41, leaf_count=1,
            totals="KHR=400000", policy_digest=_DIGEST, recorded_at="2018-03-31T10:00:00Z", writer="decider",
            journal=b"", part=1, parts=1, leaves=(o.PostedLeaf(leaf_no=41, kind="decision", body=b"\x01"),),
        ),
    ),
    (
        "record.quarantined",
        "quarantine.3",
        o.RecordQuarantined(
            quarantine_no=3, topic="sp.payment.v1", partition=2, offset=118, received_at="2018-03-05T02:30:01Z",
            reason=Reason.SCHEMA, field="data.payee.role", detail="this field is required",
            headers=(o.QuarantinedHeader(name="sp-key-id", value=b"nssf-local"),), key=MOTHER.encode(),
            value=b'{"specversion":"1.0"}', source=to_urn("nssf"),
        ),
    ),
)  # fmt: skip


def example_events() -> dict[str, Event]:
    """The examples that operators publish, by file name."""
    return {
        name: Event(source, f"{name}-0001", ".".join(name.split(".")[:2]), _TIME, data) for name, source, data in INPUTS
    }


def examples() -> dict[str, bytes]:
    """The values of all examples, ours too, by file name."""
    mine = {name: encode_outcome(event_id, _TIME, data) for name, event_id, data in OUTPUTS}
    if set(mine) != set(OUTCOMES):
        raise ValueError("every type that we publish has an example")
    return {name: encode(event) for name, event in example_events().items()} | mine
