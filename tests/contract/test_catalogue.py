"""The closed vocabularies: types, topics, reasons, states, natural keys. Numbers never change."""

import re

import pytest

from events.catalogue import TYPES, TYPES_BY_NUMBER
from events.reasons import REASONS, REASONS_BY_NUMBER, Kind, Reason
from events.schemas.samples import example_events
from events.sources import PERMISSIONS, SCHEMES, SOURCES, code_of, is_source, permissions, to_urn
from events.states import STATE_NUMBERS, LineState
from events.topics import INPUT_TOPICS, OUTPUT_TOPICS, TOPIC_CONFIG, TOPICS, TOPICS_BY_NUMBER, record_key

NUMBERS = """
1 event.retracted 101 household.identified 102 household.revoked 103 person.enrolled 104 person.withdrawn
105 person.registered 106 person.died 107 person.merged 108 facility.registered 201 condition.verified
202 contribution.recorded 203 encounter.recorded 301 payment.requested 302 payment.withdrawn 303 batch.declared
304 cycle.closed 305 payee.changed 401 line.certified 402 line.refused 403 line.queried 404 finding.recorded
405 batch.certified 406 certificate.superseded 501 instruction.accepted 502 instruction.rejected 503 payment.settled
504 payment.returned 505 statement.booked 506 statement.closed 601 budget.allotted 602 fund.received
"""
PENDED = """
1 enrolment_missing 2 household_missing 3 verification_missing 4 encounter_missing 5 facility_missing
6 contributions_missing 7 award_missing 8 amount_not_set 9 on_hold
"""
REJECTED = """
21 not_in_force 22 not_enrolled 23 card_not_valid 24 level_not_covered 25 area_not_covered 26 facility_not_covered
27 age_out_of_range 28 trait_missing 29 condition_not_met 30 contributions_insufficient 31 count_exceeded
32 payment_type_mismatch 33 amount_mismatch 34 duplicate_entitlement 35 exclusive_benefit 36 request_id_reused
37 deceased 38 too_late
"""
QUARANTINED = """
61 not_json 62 not_an_event 63 unknown_type 64 unknown_code 65 schema 66 too_large 67 time_in_future 68 unsigned
69 bad_signature 70 unknown_key 71 key_not_valid 72 not_authorised 73 conflict 74 wrong_topic
"""
STATES = """
1 approved 2 pended 3 rejected 4 expired 5 withdrawn 6 submitted 7 certified 8 refused 9 instructed 10 settled
11 returned
"""
KEYS = {
    "household.identified": ("household.identified", "12-0405-00031", "2018-01-01"),
    "household.revoked": ("household.revoked", "12-0405-00031"),
    "person.enrolled": ("person.enrolled", "nssf.worker", "NSSF-553201"),
    "person.enrolled.pupil": ("person.enrolled", "scholarship", "SCH-2025-9"),
    "person.withdrawn": ("person.withdrawn", "nssf.worker", "NSSF-553201"),
    "person.registered": ("person.registered", "0100000017"),
    "person.died": ("person.died", "0100000017"),
    "person.merged": ("person.merged", "0100000033"),
    "facility.registered": ("facility.registered", "HC-120405", "2018-01-01"),
    "condition.verified": ("condition.verified", "0100000017", "delivery", "2018-03-04", "0100000025"),
    "condition.verified.month": ("condition.verified", "0100000025", "school_attendance", "2025-11", ""),
    "condition.verified.period": ("condition.verified", "0100000017", "incapacity", "2018-05-02/2018-05-16", ""),
    "contribution.recorded": (
        "contribution.recorded", "0100000017", "nssf.worker", "2018-02", "health_care", "EMP-7781",
    ),
    "encounter.recorded": ("encounter.recorded", "pmrs", "ENC-2018-40021"),
    "batch.declared": ("batch.declared", "nssf", "B-2018-03"),
    "cycle.closed": ("cycle.closed", "nssf", "nssf.maternal.delivery", "2018-03"),
    "payment.settled": ("movement", "bank.wing", "W-9001", "debit"),
    "payment.returned": ("movement", "bank.wing", "W-9107", "credit"),
    "statement.booked": ("movement", "bank.wing", "W-9001", "debit"),
    "statement.closed": ("statement.closed", "bank.wing", "SPP-KHR-1", "2018-04-02"),
    "budget.allotted": ("budget.allotted", "state_budget", "family_package", "2026", "allotment", "KHR"),
    "fund.received": ("fund.received", "treasury", "T-2026-118"),
}  # fmt: skip


def _numbers(text: str) -> dict[str, int]:
    words = text.split()
    return {name: int(number) for number, name in zip(words[::2], words[1::2], strict=True)}


def test_types_and_their_numbers() -> None:
    assert {name: kind.number for name, kind in TYPES.items()} == _numbers(NUMBERS)
    assert len(TYPES_BY_NUMBER) == len(TYPES)
    assert all(kind.type == f"kh.sp.{name}.v1" for name, kind in TYPES.items())


def test_reasons_their_numbers_and_what_they_do() -> None:
    found = {kind: {str(r): i.number for r, i in REASONS.items() if i.kind is kind} for kind in Kind}
    assert found == {
        Kind.PENDED: _numbers(PENDED),
        Kind.REJECTED: _numbers(REJECTED),
        Kind.QUARANTINED: _numbers(QUARANTINED),
    }
    assert len(REASONS_BY_NUMBER) == len(REASONS) == len(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_sentence_in_both_languages(reason: Reason) -> None:
    info = REASONS[reason]
    assert re.fullmatch(r"[A-Z][^.]*(1\.0[^.]*)?\.", info.english)
    assert len(re.findall(r"[\u1780-\u17b3]", info.khmer)) > len(info.khmer) // 3
    assert info.khmer.endswith("។")
    assert len({one.khmer for one in REASONS.values()}) == len(REASONS)


def test_states_and_their_numbers() -> None:
    assert {str(state): number for state, number in STATE_NUMBERS.items()} == _numbers(STATES)
    assert set(STATE_NUMBERS) == set(LineState)


def test_topics() -> None:
    assert {topic.name: (topic.number, topic.partitions) for topic in INPUT_TOPICS} == {
        "sp.enrolment.v1": (1, 4),
        "sp.verification.v1": (2, 4),
        "sp.payment.v1": (3, 4),
        "sp.certification.v1": (4, 4),
        "sp.settlement.v1": (5, 4),
        "sp.finance.v1": (6, 4),
    }
    assert [topic.name for topic in OUTPUT_TOPICS] == ["sp.decision.v1", "sp.ledger.v1", "sp.quarantine.v1"]
    assert TOPICS["sp.ledger.v1"].partitions == 1
    assert len(TOPICS_BY_NUMBER) == len(TOPICS)
    assert TOPIC_CONFIG == {"message.timestamp.type": "LogAppendTime"}
    used = {name for kind in TYPES.values() for name in kind.topics}
    assert used == {topic.name for topic in INPUT_TOPICS}
    assert TYPES["event.retracted"].topics == ("sp.enrolment.v1", "sp.verification.v1")


def test_natural_keys_are_those_of_the_contract() -> None:
    found = {}
    for name, event in example_events().items():
        natural_key = TYPES[event.type].natural_key
        if natural_key is not None:
            found[name] = natural_key(event.source, event.data)
    assert found == KEYS


def test_one_bank_movement_has_one_key_whichever_message_tells_it() -> None:
    assert KEYS["payment.settled"] == KEYS["statement.booked"]


def test_the_record_key_is_the_first_of_the_list_that_is_there() -> None:
    assert record_key({"batch_id": "B", "request_id": "R", "sp_id": "S"}, "e") == "S"
    assert record_key({"sp_id": None, "household_id": "H", "request_id": "R"}, "e") == "H"
    assert record_key({"fund": "F", "benefit": "X", "facility_id": "C"}, "e") == "C"
    assert record_key({"account": "A"}, "e") == "e"


def test_sources() -> None:
    assert set(SOURCES) == set(PERMISSIONS)
    assert all(is_source(code) for code in (*SOURCES, "bank.wing"))
    assert not any(is_source(code) for code in ("", "bank", "bank.", "bank.A", "spp", "nssf\n", "bank.wing\n"))
    assert code_of(to_urn("bank.wing")) == "bank.wing"
    assert [code_of(text) for text in ("nssf", "urn:sp:operator:", "urn:sp:operator:A", "urn:x")] == [None] * 4
    assert set(SCHEMES) <= set(SOURCES)


def test_every_type_may_be_published_by_somebody_and_settling_only_by_payers() -> None:
    allowed = {name for code in (*SOURCES, "bank.wing") for name in permissions(code)}
    assert allowed == set(TYPES)
    assert {code for code in SOURCES if "payment.settled" in permissions(code)} == {"treasury"}
    assert {code for code in SOURCES if "budget.allotted" in permissions(code)} == {"mef", "treasury", "nspc"}
    assert {code for code in SOURCES if "line.certified" in permissions(code)} == {"npca"}
