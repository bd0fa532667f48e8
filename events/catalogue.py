"""Every event type that version 1 of the contract reads: name, stable number, topic, struct, natural key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from events import certification as c
from events import enrolment as e
from events import finance as f
from events import payment as p
from events import settlement as s
from events import verification as v
from events.retraction import EventRetracted
from events.topics import CERTIFICATION, ENROLMENT, FINANCE, PAYMENT, SETTLEMENT, TOPICS, VERIFICATION

if TYPE_CHECKING:
    from events.shapes import Shape
    from events.topics import Topic

TYPE_PREFIX: Final = "kh.sp."
TYPE_SUFFIX: Final = ".v1"

NaturalKey = Callable[[str, Any], tuple[str, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class EventType:
    """One row of the contract. `natural_key(source, data)` starts with the type's name; None where a row has none."""

    name: str
    number: int
    topics: tuple[str, ...]
    struct: type[Shape]
    natural_key: NaturalKey | None
    decoder: msgspec.json.Decoder[Any]

    @property
    def type(self) -> str:
        """The type as in the envelope: `kh.sp.payment.requested.v1`."""
        return f"{TYPE_PREFIX}{self.name}{TYPE_SUFFIX}"

    @property
    def topic(self) -> Topic:
        """The input topic; for `event.retracted`, which has two, the first."""
        return TOPICS[self.topics[0]]


def _household_identified(_source: str, data: e.HouseholdIdentified) -> tuple[str, ...]:
    return ("household.identified", data.household_id, data.valid_from.isoformat())


def _household_revoked(_source: str, data: e.HouseholdRevoked) -> tuple[str, ...]:
    return ("household.revoked", data.household_id)


def _person_enrolled(_source: str, data: e.PersonEnrolled) -> tuple[str, ...]:
    return ("person.enrolled", data.scheme, data.enrolment_id)


def _person_withdrawn(_source: str, data: e.PersonWithdrawn) -> tuple[str, ...]:
    return ("person.withdrawn", data.scheme, data.enrolment_id)


def _person_registered(_source: str, data: e.PersonRegistered) -> tuple[str, ...]:
    return ("person.registered", data.sp_id)


def _person_died(_source: str, data: e.PersonDied) -> tuple[str, ...]:
    return ("person.died", data.sp_id)


def _person_merged(_source: str, data: e.PersonMerged) -> tuple[str, ...]:
    return ("person.merged", data.sp_id)


def _facility_registered(_source: str, data: e.FacilityRegistered) -> tuple[str, ...]:
    return ("facility.registered", data.facility_id, data.valid_from.isoformat())


def _condition_verified(_source: str, data: v.ConditionVerified) -> tuple[str, ...]:
    return ("condition.verified", data.sp_id, data.condition, data.when, data.child_sp_id or "")


def _contribution_recorded(_source: str, data: v.ContributionRecorded) -> tuple[str, ...]:
    branch, employer = data.branch or "", data.employer_id or ""
    return ("contribution.recorded", data.sp_id, data.scheme, data.month, branch, employer)


def _encounter_recorded(source: str, data: v.EncounterRecorded) -> tuple[str, ...]:
    return ("encounter.recorded", source, data.encounter_id)


def _batch_declared(source: str, data: p.BatchDeclared) -> tuple[str, ...]:
    return ("batch.declared", source, data.batch_id)


def _cycle_closed(source: str, data: p.CycleClosed) -> tuple[str, ...]:
    return ("cycle.closed", source, data.benefit, data.cycle)


# A movement has one key whichever message tells it, so these three start with `movement`, not with a type's name.
def _payment_settled(source: str, data: s.PaymentSettled) -> tuple[str, ...]:
    return ("movement", source, data.bank_ref, "debit")


def _payment_returned(source: str, data: s.PaymentReturned) -> tuple[str, ...]:
    return ("movement", source, data.bank_ref, "credit")


def _statement_booked(source: str, data: s.StatementBooked) -> tuple[str, ...]:
    return ("movement", source, data.entry_ref, data.direction)


def _statement_closed(source: str, data: s.StatementClosed) -> tuple[str, ...]:
    return ("statement.closed", source, data.account, data.date.isoformat())


def _budget_allotted(_source: str, data: f.BudgetAllotted) -> tuple[str, ...]:
    return ("budget.allotted", data.fund, data.programme, str(data.fiscal_year), data.stage, data.amount.currency)


def _fund_received(source: str, data: f.FundReceived) -> tuple[str, ...]:
    return ("fund.received", source, data.bank_ref)


_FACTS: Final = (ENROLMENT.name, VERIFICATION.name)
_E: Final = (ENROLMENT.name,)
_V: Final = (VERIFICATION.name,)
_P: Final = (PAYMENT.name,)
_C: Final = (CERTIFICATION.name,)
_S: Final = (SETTLEMENT.name,)
_F: Final = (FINANCE.name,)

# Numbers are stored with every recorded event and are never given to another type.
_ROWS: Final[tuple[tuple[str, int, tuple[str, ...], type[Shape], Any], ...]] = (
    ("event.retracted", 1, _FACTS, EventRetracted, None),
    ("household.identified", 101, _E, e.HouseholdIdentified, _household_identified),
    ("household.revoked", 102, _E, e.HouseholdRevoked, _household_revoked),
    ("person.enrolled", 103, _E, e.PersonEnrolled, _person_enrolled),
    ("person.withdrawn", 104, _E, e.PersonWithdrawn, _person_withdrawn),
    ("person.registered", 105, _E, e.PersonRegistered, _person_registered),
    ("person.died", 106, _E, e.PersonDied, _person_died),
    ("person.merged", 107, _E, e.PersonMerged, _person_merged),
    ("facility.registered", 108, _E, e.FacilityRegistered, _facility_registered),
    ("condition.verified", 201, _V, v.ConditionVerified, _condition_verified),
    ("contribution.recorded", 202, _V, v.ContributionRecorded, _contribution_recorded),
    ("encounter.recorded", 203, _V, v.EncounterRecorded, _encounter_recorded),
    ("payment.requested", 301, _P, p.PaymentRequested, None),
    ("payment.withdrawn", 302, _P, p.PaymentWithdrawn, None),
    ("batch.declared", 303, _P, p.BatchDeclared, _batch_declared),
    ("cycle.closed", 304, _P, p.CycleClosed, _cycle_closed),
    ("payee.changed", 305, _P, p.PayeeChanged, None),
    ("line.certified", 401, _C, c.LineCertified, None),
    ("line.refused", 402, _C, c.LineRefused, None),
    ("line.queried", 403, _C, c.LineQueried, None),
    ("finding.recorded", 404, _C, c.FindingRecorded, None),
    ("batch.certified", 405, _C, c.BatchCertified, None),
    ("certificate.superseded", 406, _C, c.CertificateSuperseded, None),
    ("instruction.accepted", 501, _S, s.InstructionAccepted, None),
    ("instruction.rejected", 502, _S, s.InstructionRejected, None),
    ("payment.settled", 503, _S, s.PaymentSettled, _payment_settled),
    ("payment.returned", 504, _S, s.PaymentReturned, _payment_returned),
    ("statement.booked", 505, _S, s.StatementBooked, _statement_booked),
    ("statement.closed", 506, _S, s.StatementClosed, _statement_closed),
    ("budget.allotted", 601, _F, f.BudgetAllotted, _budget_allotted),
    ("fund.received", 602, _F, f.FundReceived, _fund_received),
)


def _event_type(
    name: str, number: int, topics: tuple[str, ...], struct: type[Shape], key: NaturalKey | None
) -> EventType:
    decoder = msgspec.json.Decoder(struct)
    return EventType(name, number, topics, struct, key, decoder)


TYPES: Final[dict[str, EventType]] = {row[0]: _event_type(*row) for row in _ROWS}
TYPES_BY_NUMBER: Final[dict[int, EventType]] = {found.number: found for found in TYPES.values()}


def short_name(type_: str) -> str:
    """`kh.sp.payment.requested.v1` to `payment.requested`; what is no version 1 type of ours stays as it is."""
    if type_.startswith(TYPE_PREFIX) and type_.endswith(TYPE_SUFFIX):
        return type_[len(TYPE_PREFIX) : -len(TYPE_SUFFIX)]
    return type_
