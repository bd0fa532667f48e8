"""Codes a record carries, held against the policy packs' lists; what the pack lacks is refused and can be replayed."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any, Final

from events.enrolment import FacilityRegistered, HouseholdIdentified, PersonEnrolled, PersonWithdrawn
from events.envelope import ContractError
from events.finance import BudgetAllotted, FundReceived
from events.payment import BatchDeclared, CycleClosed, PaymentRequested
from events.reasons import Reason
from events.verification import ConditionVerified, ContributionRecorded, EncounterRecorded
from processors.policy.model import CodeLists, Unit

Check = Callable[[Any, CodeLists], None]
SchemesOf = Callable[[Any, CodeLists], tuple[tuple[str, str], ...]]


def check_codes(data: object, codes: CodeLists) -> None:
    """Raise ContractError `unknown_code` for a code no pack lists, `schema` for a request its benefit cannot have."""
    check = _CHECKS.get(type(data))
    if check is not None:
        check(data, codes)


def schemes_of(data: object, codes: CodeLists) -> tuple[tuple[str, str], ...]:
    """The schemes the record speaks for, each with the field that says so; the key must be allowed every one."""
    find = _SCHEMES.get(type(data))
    return () if find is None else find(data, codes)


def _known(code: str, listed: Container[str], field: str, kind: str) -> None:
    if code not in listed:
        raise ContractError(Reason.UNKNOWN_CODE, field, f"no policy pack lists the {kind} {code}")


def _benefit(data: BatchDeclared | CycleClosed, codes: CodeLists) -> None:
    _known(data.benefit, codes.benefits, "data.benefit", "benefit")


def _request(data: PaymentRequested, codes: CodeLists) -> None:
    _known(data.benefit, codes.benefits, "data.benefit", "benefit")
    if codes.benefits[data.benefit] is Unit.HOUSEHOLD:
        if data.household_id is None:
            raise ContractError(Reason.SCHEMA, "data.sp_id", f"{data.benefit} goes to a household: give household_id")
    elif data.sp_id is None:
        raise ContractError(Reason.SCHEMA, "data.household_id", f"{data.benefit} goes to a person: give sp_id")
    expected = codes.shapes[data.benefit].value
    given = data.for_.shape
    if given != expected:
        field = _misfit(given, expected)
        raise ContractError(Reason.SCHEMA, field, f"{data.benefit} is asked for by {expected}, found {given}")


def _misfit(given: str, expected: str) -> str:
    """The first field that does not belong, else the first that is missing."""
    given_parts, expected_parts = given.split("+"), expected.split("+")
    wrong = [part for part in given_parts if part not in expected_parts]
    missing = [part for part in expected_parts if part not in given_parts]
    return f"data.for.{(wrong or missing)[0]}"


def _household(data: HouseholdIdentified, codes: CodeLists) -> None:
    for at, member in enumerate(data.members):
        for place, trait in enumerate(member.traits):
            _known(trait, codes.traits, f"data.members[{at}].traits[{place}]", "trait")


def _enrolled(data: PersonEnrolled, codes: CodeLists) -> None:
    _known(data.scheme, codes.schemes, "data.scheme", "scheme")
    if data.category is not None:
        _known(data.category, codes.categories, "data.category", "category")


def _scheme(data: PersonWithdrawn | ContributionRecorded, codes: CodeLists) -> None:
    _known(data.scheme, codes.schemes, "data.scheme", "scheme")


def _facility(data: FacilityRegistered, codes: CodeLists) -> None:
    """A facility names the payers it works for, or the schemes whose members it treats."""
    known = codes.schemes | set(codes.benefit_schemes.values())
    for at, scheme in enumerate(data.schemes):
        _known(scheme, known, f"data.schemes[{at}]", "scheme")


def _condition(data: ConditionVerified, codes: CodeLists) -> None:
    _known(data.condition, codes.conditions, "data.condition", "condition")


def _encounter(data: EncounterRecorded, codes: CodeLists) -> None:
    _known(data.service, codes.services, "data.service", "service")
    _known(data.payment_type, codes.payment_types, "data.payment_type", "payment type")


def _budget(data: BudgetAllotted, codes: CodeLists) -> None:
    _known(data.fund, codes.funds, "data.fund", "fund")
    _known(data.programme, codes.programmes, "data.programme", "programme")


def _fund(data: FundReceived, codes: CodeLists) -> None:
    _known(data.fund, codes.funds, "data.fund", "fund")


def _of_scheme(data: Any, _codes: CodeLists) -> tuple[tuple[str, str], ...]:
    return ((data.scheme, "data.scheme"),)


def _of_benefit(data: Any, codes: CodeLists) -> tuple[tuple[str, str], ...]:
    return ((codes.benefit_schemes[data.benefit], "data.benefit"),)


def _of_facility(data: FacilityRegistered, _codes: CodeLists) -> tuple[tuple[str, str], ...]:
    return tuple((scheme, f"data.schemes[{at}]") for at, scheme in enumerate(data.schemes))


_CHECKS: Final[dict[type, Check]] = {
    PaymentRequested: _request,
    BatchDeclared: _benefit,
    CycleClosed: _benefit,
    HouseholdIdentified: _household,
    PersonEnrolled: _enrolled,
    PersonWithdrawn: _scheme,
    FacilityRegistered: _facility,
    ConditionVerified: _condition,
    ContributionRecorded: _scheme,
    EncounterRecorded: _encounter,
    BudgetAllotted: _budget,
    FundReceived: _fund,
}
_SCHEMES: Final[dict[type, SchemesOf]] = {
    PaymentRequested: _of_benefit,
    BatchDeclared: _of_benefit,
    CycleClosed: _of_benefit,
    PersonEnrolled: _of_scheme,
    PersonWithdrawn: _of_scheme,
    ContributionRecorded: _of_scheme,
    FacilityRegistered: _of_facility,
}
