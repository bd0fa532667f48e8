"""Codes of health care: what a facility, an encounter and a request for an episode may say."""

from datetime import date

import pytest
from msgspec import structs

from events.enrolment import FacilityRegistered
from events.envelope import ContractError
from events.money import Money
from events.payment import For, Payee, PaymentRequested
from events.reasons import Reason
from events.verification import ContributionRecorded, EncounterRecorded
from pipeline.codes import check_codes, schemes_of
from pipeline.policy_files import load
from processors.policy.codes import codes

CODES = codes(load())
DAY = date(2024, 3, 4)
PAYEE = Payee(channel="facility", provider="treasury", account_ref="token-1", role="facility")


def facility(*schemes: str) -> FacilityRegistered:
    return FacilityRegistered(
        facility_id="HC-1", level="hc", commune="010201", schemes=schemes, valid_from=DAY, valid_until=None
    )


def encounter(service: str, payment_type: str) -> EncounterRecorded:
    return EncounterRecorded(
        encounter_id="E-1",
        sp_id="0000000001",
        facility_id="HC-1",
        service=service,
        payment_type=payment_type,
        started_on=DAY,
        ended_on=None,
    )


def request(benefit: str, for_: For) -> PaymentRequested:
    return PaymentRequested(
        request_id="R-1", batch_id="B-1", benefit=benefit, for_=for_, payee=PAYEE, sp_id="0000000001"
    )


@pytest.mark.parametrize("schemes", [(), ("hef",), ("nssf",), ("hef", "nssf.worker", "nssf.public")])
def test_a_facility_names_payers_or_schemes(schemes: tuple[str, ...]) -> None:
    check_codes(facility(*schemes), CODES)


def test_a_facility_of_an_unknown_payer_is_refused_with_its_place() -> None:
    with pytest.raises(ContractError) as caught:
        check_codes(facility("hef", "insurer"), CODES)
    assert (caught.value.reason, caught.value.field) == (Reason.UNKNOWN_CODE, "data.schemes[1]")


def test_a_key_must_be_allowed_every_payer_a_facility_names() -> None:
    assert schemes_of(facility("hef", "nssf"), CODES) == (("hef", "data.schemes[0]"), ("nssf", "data.schemes[1]"))


def test_a_key_must_be_allowed_the_scheme_whose_contributions_it_tells() -> None:
    told = ContributionRecorded(
        "0000000001", "nssf.worker", "2024-02", Money("500000", "KHR"), DAY, branch="health_care", employer_id="E-1"
    )
    check_codes(told, CODES)
    assert schemes_of(told, CODES) == (("nssf.worker", "data.scheme"),)
    with pytest.raises(ContractError) as caught:
        check_codes(structs.replace(told, scheme="nssf.sailor"), CODES)
    assert (caught.value.reason, caught.value.field) == (Reason.UNKNOWN_CODE, "data.scheme")


@pytest.mark.parametrize(
    ("told", "field"),
    [
        (encounter("dental", "PATY-0000N09"), "data.service"),
        (encounter("opd", "PATY-0000000"), "data.payment_type"),
    ],
)
def test_an_encounter_with_a_code_nobody_lists_is_refused(told: EncounterRecorded, field: str) -> None:
    with pytest.raises(ContractError) as caught:
        check_codes(told, CODES)
    assert (caught.value.reason, caught.value.field) == (Reason.UNKNOWN_CODE, field)


@pytest.mark.parametrize("benefit", ["hef.opd", "nssf.delivery"])
def test_care_is_asked_for_by_an_encounter_and_nothing_else(benefit: str) -> None:
    check_codes(request(benefit, For(encounter_id="E-1")), CODES)
    check_codes(encounter("opd", "PATY-0000N09"), CODES)
    with pytest.raises(ContractError) as caught:
        check_codes(request(benefit, For(on=DAY)), CODES)
    assert (caught.value.reason, caught.value.field) == (Reason.SCHEMA, "data.for.on")
