"""Entities: the things facts belong to for ever, named by keys that the bytes of an event alone give.

A key is one letter and the contract's id, as bytes:
`P` person, `H` household, `L` line, `B` batch, `C` cycle, `F` facility, `I` instruction, `E` event identity
(for retractions), `N` a numbered record of one source, `K` certificate, `A` account of a statement, `G` budget of a
fund, programme and year, `U` fund. Parts are joined
by a zero byte.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from events.certification import BatchCertified, CertificateSuperseded
from events.enrolment import (
    FacilityRegistered,
    HouseholdIdentified,
    HouseholdRevoked,
    PersonEnrolled,
    PersonMerged,
    PersonWithdrawn,
)
from events.finance import BudgetAllotted, FundReceived
from events.identity import line_id
from events.payment import BatchDeclared, CycleClosed, PayeeChanged, PaymentRequested, PaymentWithdrawn
from events.retraction import EventRetracted
from events.settlement import StatementBooked, StatementClosed
from events.sources import to_urn
from events.verification import ConditionVerified, EncounterRecorded

if TYPE_CHECKING:
    from collections.abc import Callable

    from events.envelope import Event


def person(sp_id: str) -> bytes:
    """The key of a person."""
    return b"P" + sp_id.encode()


def household(household_id: str) -> bytes:
    """The key of a household."""
    return b"H" + household_id.encode()


def facility(facility_id: str) -> bytes:
    """The key of a facility."""
    return b"F" + facility_id.encode()


@lru_cache(maxsize=65_536)
def line(source: str, request_id: str) -> bytes:
    """The key of a line: `L` and the 16 bytes of its line id."""
    return b"L" + line_id(to_urn(source), request_id)


def batch(source: str, batch_id: str) -> bytes:
    """The key of a batch; batch ids are per source."""
    return _joined(b"B", source, batch_id)


def cycle(source: str, benefit: str, month: str) -> bytes:
    """The key of a payment cycle of one source."""
    return _joined(b"C", source, benefit, month)


def identity(source: str, event_id: str) -> bytes:
    """The key of an event's identity, where its retractions belong."""
    return _joined(b"E", source, event_id)


def _joined(kind: bytes, *parts: str) -> bytes:
    return kind + "\0".join(parts).encode()


def budget(fund: str, programme: str, fiscal_year: int) -> bytes:
    """The key of what a programme has of a fund in a fiscal year."""
    return _joined(b"G", fund, programme, str(fiscal_year))


def numbered(event: Event) -> bytes | None:
    """The key of a record that its source knows by a number of its own; None where the person belongs to the number.

    Who such a record is about may be corrected: all facts under one number are about the same thing.
    """
    number = _NUMBERED.get(type(event.data))
    return number(event.source, event.data) if number is not None else None


_NUMBERED: dict[type, Callable[..., bytes]] = {
    PersonEnrolled: lambda source, data: _joined(b"N", "enrolled", source, data.scheme, data.enrolment_id),
    PersonWithdrawn: lambda source, data: _joined(b"N", "withdrawn", source, data.scheme, data.enrolment_id),
    EncounterRecorded: lambda source, data: _joined(b"N", "encounter", source, data.encounter_id),
}
"""Natural keys that do not name the person. Ids are per source, so only the source itself can move its record."""


def request_home(request: PaymentRequested) -> bytes:
    """Where a request belongs: its household, else the person it is in respect of, else its person."""
    if request.sp_id is None:
        return household(request.household_id or "")
    return person(request.in_respect_of if request.in_respect_of is not None else request.sp_id)


def _of_household(_source: str, data: HouseholdIdentified) -> tuple[bytes, ...]:
    members = (person(member.sp_id) for member in data.members if member.sp_id is not None)
    replaced = (household(other) for other in data.replaces or ())
    return (household(data.household_id), *members, *replaced)


def _of_condition(_source: str, data: ConditionVerified) -> tuple[bytes, ...]:
    if data.child_sp_id is None:
        return (person(data.sp_id),)
    return (person(data.sp_id), person(data.child_sp_id))


def _of_request(source: str, data: PaymentRequested) -> tuple[bytes, ...]:
    return (request_home(data), line(source, data.request_id))


_HOMES: dict[type, Callable[[str, object], tuple[bytes, ...]]] = {}


def _home(kind: type, homes: Callable[..., tuple[bytes, ...]]) -> None:
    _HOMES[kind] = homes


_home(HouseholdIdentified, _of_household)
_home(HouseholdRevoked, lambda _source, data: (household(data.household_id),))
_home(PersonMerged, lambda _source, data: (person(data.sp_id), person(data.into)))
for _kind, _number in _NUMBERED.items():
    _home(_kind, lambda source, data, number=_number: (person(data.sp_id), number(source, data)))
_home(FacilityRegistered, lambda _source, data: (facility(data.facility_id),))
_home(ConditionVerified, _of_condition)
_home(PaymentRequested, _of_request)
_home(PaymentWithdrawn, lambda source, data: (line(source, data.request_id),))
_home(PayeeChanged, lambda source, data: (line(source, data.request_id),))
_home(BatchDeclared, lambda source, data: (batch(source, data.batch_id),))
_home(CycleClosed, lambda source, data: (cycle(source, data.benefit, data.cycle),))
_home(EventRetracted, lambda _source, data: (identity(data.event.source, data.event.id),))
_home(BatchCertified, lambda source, data: (_joined(b"K", source, data.certificate_id),))
_home(CertificateSuperseded, lambda source, data: (_joined(b"K", source, data.certificate_id),))
_home(StatementBooked, lambda source, data: (_joined(b"A", source, data.account),))
_home(StatementClosed, lambda source, data: (_joined(b"A", source, data.account),))
_home(BudgetAllotted, lambda _source, data: (budget(data.fund, data.programme, data.fiscal_year),))
_home(FundReceived, lambda _source, data: (_joined(b"U", data.fund),))


def homes(event: Event) -> tuple[bytes, ...]:
    """The entities an event's facts belong to, known from its bytes alone; distinct, the first is the main one."""
    of = _HOMES.get(type(event.data))
    if of is not None:
        keys = of(event.source, event.data)
        return keys if len(keys) < 2 else tuple(dict.fromkeys(keys))
    for kind, attribute in ((b"L", "line_id"), (b"I", "instruction_id")):
        text = getattr(event.data, attribute, None)
        if isinstance(text, str):
            return (kind + bytes.fromhex(text),)
    sp_id = getattr(event.data, "sp_id", None)
    if not isinstance(sp_id, str):
        message = f"event {event.source}/{event.id} of type {event.type} names no entity: add its home to _HOMES"
        raise TypeError(message)
    return (person(sp_id),)
