"""What is said of an event: what it tells, and of when, so that nobody has to open the event itself."""

import json

import pytest

from events.envelope import decode_recorded
from pipeline.answers.telling import day_of, event_in_words
from processors.policy.terms import Language

PAYEE = {"channel": "cash", "provider": "treasury", "account_ref": "t", "role": "self"}
WAGE = {
    "sp_id": "1000000001",
    "scheme": "nssf.worker",
    "month": "2023-11",
    "contributory_wage": {"amount": "525000", "currency": "KHR"},
    "paid_on": "2023-12-15",
}
CARD = {
    "household_id": "H-1",
    "level": "poor_1",
    "commune": "120405",
    "area": "rural",
    "card_number": "C-1",
    "valid_from": "2023-01-01",
    "valid_until": "2025-12-31",
    "members": [
        {"sp_id": None, "member_no": 1, "birth_date": "1980", "sex": "F", "head": True, "traits": ["disability"]}
    ],
}
ENROLMENT = {
    "sp_id": "1000000001",
    "scheme": "scholarship",
    "enrolment_id": "E-1",
    "birth_date": "2012",
    "sex": "F",
    "valid_from": "2024-11-01",
    "valid_until": None,
    "grade": "primary",
}
REQUEST = {
    "request_id": "R-1",
    "batch_id": "B-1",
    "benefit": "maternal.delivery",
    "sp_id": "1000000001",
    "for": {"on": "2023-10-02"},
    "payee": PAYEE,
}


@pytest.mark.parametrize(
    ("short", "data", "told", "day"),
    [
        ("contribution.recorded", WAGE, "contribution (525,000 KHR)", "2023-11"),
        ("household.identified", CARD, "household card (poor level 1, rural areas)", "2023-01-01"),
        ("person.enrolled", ENROLMENT, "enrolment (the scholarship programme, primary school)", "2024-11-01"),
        ("payment.requested", REQUEST, "request", ""),
        ("payment.requested", REQUEST | {"amount": WAGE["contributory_wage"]}, "request (525,000 KHR)", ""),
    ],
)
def test_an_event_tells_what_rules_ask_of_it(short: str, data: dict[str, object], told: str, day: str) -> None:
    event = decode_recorded(
        json.dumps(
            {
                "specversion": "1.0",
                "id": "e-1",
                "source": "urn:sp:operator:nssf",
                "type": f"kh.sp.{short}.v1",
                "time": "2024-12-20T09:00:00+07:00",
                "data": data,
            }
        ).encode()
    )
    assert event_in_words(event, Language.ENGLISH) == told
    assert day_of(event) == day
