"""Each reason of the contract for which admission refuses a record, with the field it names."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from events.keys import Key, KeyRegistry
from events.reasons import REASONS, Kind, Reason
from events.signing import Signer, Verifier
from events.topics import ENROLMENT, HEADER_KEY_ID, HEADER_SIGNATURE, PAYMENT, VERIFICATION, Topic
from ledger.model.inbox import inbox_position
from ledger.store.records import Admitted, Refused
from pipeline.admission import Admission
from pipeline.policy_files import load
from processors.policy.codes import codes
from processors.policy.model import Dated

RECEIVED_US = 1_600_000_000_000_000
CODES = codes(load())
PRIVATE = Ed25519PrivateKey.generate()
OTHER = Ed25519PrivateKey.generate()
TYPES = frozenset({"payment.requested", "condition.verified", "batch.declared", "household.identified"})
Node = dict[str, Any]


def key(key_id: str = "nssf-1", source: str = "nssf", **changes: Any) -> Key:
    values: Node = {"types": TYPES, "schemes": frozenset({"nssf"}), "valid_from_us": 0, "valid_until_us": None}
    return Key(key_id, source, PRIVATE.public_key(), **{**values, **changes})


KEYS = [
    key(),
    key("nssf-old", valid_until_us=RECEIVED_US),
    key("nsaf-1", "nsaf", schemes=None),
    key("nssf-narrow", types=frozenset({"condition.verified"})),
    key("nssf-other-scheme", schemes=frozenset({"nssf.worker"})),
]


def request(**changes: object) -> Node:
    data: Node = {
        "request_id": "r1",
        "batch_id": "b1",
        "benefit": "nssf.maternal.delivery",
        "for": {"on": "2018-03-01"},
        "payee": {"channel": "wallet", "provider": "wing", "account_ref": "a1", "role": "self"},
        "sp_id": "0000000001",
        "amount": {"amount": "400000", "currency": "KHR"},
    }
    return {name: value for name, value in {**data, **changes}.items() if value is not ...}


def event(data: Node, name: str = "payment.requested", **changes: object) -> bytes:
    node: Node = {
        "specversion": "1.0",
        "id": "e1",
        "source": "urn:sp:operator:nssf",
        "type": f"kh.sp.{name}.v1",
        "time": "2020-09-13T12:26:40Z",
        "data": data,
    }
    kept = {field: value for field, value in {**node, **changes}.items() if value is not ...}
    return json.dumps(kept, separators=(",", ":")).encode()


def admission(**options: Any) -> Admission:
    return Admission(Verifier(KeyRegistry(KEYS)), CODES, **options)


def judge(
    value: bytes | None,
    *,
    key_id: str | None = "nssf-1",
    private: Ed25519PrivateKey = PRIVATE,
    topic: Topic = PAYMENT,
    gate: Admission | None = None,
    signature: bytes | None = None,
) -> Admitted | Refused:
    headers: list[tuple[str, bytes | None]] = []
    if key_id is not None:
        made = signature if signature is not None else Signer(key_id, private).sign_one(value or b"")
        headers = [(HEADER_SIGNATURE, made), (HEADER_KEY_ID, key_id.encode())]
    return (gate or admission()).admit(topic, 2, 7, RECEIVED_US, b"key", value, headers)


GOOD = event(request())
HOUSEHOLD_BENEFITS = [benefit for benefit, unit in CODES.benefits.items() if unit.value == "household"]

REFUSALS: Sequence[tuple[Reason, str, Callable[[], Admitted | Refused]]] = [
    (Reason.TOO_LARGE, "", lambda: judge(b" " * 65_537)),
    (Reason.NOT_JSON, "", lambda: judge(b"{")),
    (Reason.NOT_JSON, "", lambda: judge(None)),
    (Reason.NOT_AN_EVENT, "specversion", lambda: judge(event(request(), specversion=...))),
    (Reason.UNSIGNED, "", lambda: judge(GOOD, key_id=None)),
    (Reason.UNKNOWN_KEY, "", lambda: judge(GOOD, key_id="who")),
    (Reason.BAD_SIGNATURE, "", lambda: judge(GOOD, private=OTHER)),
    (Reason.BAD_SIGNATURE, "", lambda: judge(GOOD, signature=b"\x09garbage")),
    (Reason.KEY_NOT_VALID, "", lambda: judge(GOOD, key_id="nssf-old")),
    (Reason.NOT_AUTHORISED, "source", lambda: judge(GOOD, key_id="nsaf-1")),
    (Reason.NOT_AUTHORISED, "type", lambda: judge(GOOD, key_id="nssf-narrow")),
    (Reason.NOT_AUTHORISED, "data.benefit", lambda: judge(GOOD, key_id="nssf-other-scheme")),
    (Reason.UNKNOWN_TYPE, "type", lambda: judge(event(request(), "payment.dreamt"))),
    (Reason.WRONG_TOPIC, "type", lambda: judge(GOOD, topic=ENROLMENT)),
    (Reason.SCHEMA, "data.extra", lambda: judge(event(request(extra=1)))),
    (Reason.SCHEMA, "data.household_id", lambda: judge(event(request(household_id="h1")))),
    (Reason.SCHEMA, "data.for.month", lambda: judge(event(request(**{"for": {"month": "2018-03"}})))),
    (Reason.SCHEMA, "data.household_id", lambda: judge(event(request(sp_id=..., household_id="h1")))),
    (
        Reason.SCHEMA,
        "data.for.award_id",
        lambda: judge(event(request(**{"for": {"month": "2018-03", "award_id": "a"}}))),
    ),
    (Reason.UNKNOWN_CODE, "data.benefit", lambda: judge(event(request(benefit="family.unheard_of")))),
    (Reason.UNKNOWN_CODE, "data.condition", lambda: judge(condition("happiness"), topic=VERIFICATION)),
    (Reason.TIME_IN_FUTURE, "time", lambda: judge(event(request(), time="2020-09-13T12:31:40.000001Z"))),
]


def condition(code: str) -> bytes:
    data = {"sp_id": "0000000001", "condition": code, "outcome": "met", "on": "2018-03-01"}
    return event(data, "condition.verified")


@pytest.mark.parametrize(("reason", "field", "made"), REFUSALS)
def test_a_bad_record_is_refused_with_its_reason_and_field(
    reason: Reason, field: str, made: Callable[[], Admitted | Refused]
) -> None:
    refused = made()
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.field) == (reason, field), refused.detail
    assert (refused.topic_no, refused.partition, refused.offset) in {(n, 2, 7) for n in (1, 2, 3)}
    assert refused.key == b"key"


def test_every_reason_that_quarantines_is_tested() -> None:
    told = {reason for reason, _, _ in REFUSALS} | {Reason.CONFLICT}
    assert told == {reason for reason, info in REASONS.items() if info.kind is Kind.QUARANTINED}


def test_the_source_is_told_only_when_the_signature_proved_it() -> None:
    proved = [Reason.UNKNOWN_TYPE, Reason.WRONG_TOPIC, Reason.SCHEMA, Reason.UNKNOWN_CODE, Reason.TIME_IN_FUTURE]
    for reason, field, made in REFUSALS:
        refused = made()
        assert isinstance(refused, Refused)
        own_key = reason is Reason.NOT_AUTHORISED and field in {"data.benefit", "type"}
        assert refused.source == ("nssf" if reason in proved or own_key else None), reason


def test_a_good_record_is_admitted_as_it_came() -> None:
    admitted = judge(GOOD)
    assert isinstance(admitted, Admitted)
    assert admitted.position == inbox_position(PAYMENT.number, 2, 7)
    assert (admitted.source, admitted.event_id, admitted.type_no, admitted.key_id) == ("nssf", "e1", 301, "nssf-1")
    assert (admitted.value, admitted.received_us, admitted.time_us) == (GOOD, RECEIVED_US, RECEIVED_US)
    assert len(admitted.entities) == 2


def test_five_minutes_ahead_is_just_in_time() -> None:
    assert isinstance(judge(event(request(), time="2020-09-13T12:31:40Z")), Admitted)


def test_a_code_is_judged_by_the_day_on_which_the_source_recorded_the_event() -> None:
    """13 September 2020 in Cambodia begins seven hours before it does in UTC."""
    begins = Dated(((date.min, replace(CODES, conditions=frozenset())), (date(2020, 9, 13), CODES)))
    gate = admission()
    gate.use(replace(CODES, by_day=begins))

    def told(time: str) -> bytes:
        data = {"sp_id": "0000000001", "condition": "delivery", "outcome": "met", "on": "2018-03-01"}
        return event(data, "condition.verified", time=time)

    before = judge(told("2020-09-12T16:59:59Z"), topic=VERIFICATION, gate=gate)
    assert isinstance(before, Refused)
    assert (before.reason, before.field) == (Reason.UNKNOWN_CODE, "data.condition")
    assert isinstance(judge(told("2020-09-12T17:00:00Z"), topic=VERIFICATION, gate=gate), Admitted)


def test_what_a_record_puts_into_a_field_name_can_be_stored() -> None:
    value = event(request()).replace(b'"request_id"', b'"a\\u0000\\ud800b"')
    refused = judge(value)
    assert isinstance(refused, Refused)
    for text in (refused.field, refused.detail, refused.event_id or ""):
        assert "\0" not in text
        text.encode()


def test_records_of_a_muted_source_are_held() -> None:
    refused = judge(GOOD, gate=admission(muted=lambda source, at: source == "nssf" and at == RECEIVED_US))
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.field, refused.source) == (Reason.NOT_AUTHORISED, "source", "nssf")


def test_a_bug_of_ours_met_by_one_record_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_event: object) -> tuple[bytes, ...]:
        raise ZeroDivisionError

    faults: list[int] = []
    monkeypatch.setattr("pipeline.admission.homes", fail)
    refused = judge(GOOD, gate=admission(on_internal_fault=lambda: faults.append(1)))
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.SCHEMA
    assert "our own fault (ZeroDivisionError)" in refused.detail
    assert faults == [1]
