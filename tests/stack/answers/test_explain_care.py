"""What a grievance officer reads of health care: how a patient is covered, the tariff, who has the episode."""

from events.envelope import Event
from tests.births import event
from tests.stack.answers.conftest import Ask
from tests.stack.answers.stories import line_of
from tests.stack.decide.conftest import Desk

PATIENT = "0000000001"
PAYEE = {"channel": "facility", "provider": "treasury", "account_ref": "token", "role": "facility"}
MEMBER = {"sp_id": PATIENT, "member_no": 1, "birth_date": "1990", "sex": "F", "head": True, "traits": []}


def facility() -> Event:
    data = {
        "facility_id": "HC-1", "level": "hc", "commune": "010201", "schemes": ["hef", "nssf.public"],
        "valid_from": "2018-01-01", "valid_until": None,
    }  # fmt: skip
    return event("pmrs", "facility.registered", "facility", "2018-01-05T08:00:00+07:00", data)


def household() -> Event:
    data = {
        "household_id": "H1", "level": "poor_1", "commune": "010201", "area": "rural", "card_number": "C1",
        "valid_from": "2021-01-01", "valid_until": "2030-01-01", "members": [MEMBER],
    }  # fmt: skip
    return event("idpoor", "household.identified", "household", "2021-01-05T08:00:00+07:00", data)


def official() -> Event:
    data = {
        "sp_id": PATIENT, "scheme": "nssf.public", "enrolment_id": "N1", "birth_date": "1990", "sex": "F",
        "valid_from": "2020-01-01", "valid_until": None,
    }  # fmt: skip
    return event("nssf", "person.enrolled", "enrolment", "2020-01-05T08:00:00+07:00", data)


def visit(encounter_id: str, payment_type: str, started_on: str) -> Event:
    data = {
        "encounter_id": encounter_id, "sp_id": PATIENT, "facility_id": "HC-1", "service": "opd",
        "payment_type": payment_type, "started_on": started_on, "ended_on": None,
    }  # fmt: skip
    return event("pmrs", "encounter.recorded", encounter_id, f"{started_on}T18:00:00+07:00", data)


def asked(request_id: str, benefit: str, encounter_id: str, time: str) -> Event:
    data = {
        "request_id": request_id, "batch_id": "B1", "benefit": benefit, "sp_id": PATIENT,
        "for": {"encounter_id": encounter_id}, "payee": PAYEE,
    }  # fmt: skip
    return event(benefit.split(".", maxsplit=1)[0], "payment.requested", f"asked-{request_id}", time, data)


def test_the_way_that_covers_a_patient_is_told_with_what_each_rule_of_it_stands_on(desk: Desk, ask: Ask) -> None:
    poor, employed = visit("E1", "PATY-0000N09", "2024-03-04"), visit("E2", "PATY-00B003F", "2024-03-04")
    first = asked("R1", "hef.opd", "E1", "2024-04-02T08:00:00+07:00")
    second = asked("R2", "nssf.opd", "E2", "2024-04-03T08:00:00+07:00")
    desk.publish([facility(), household(), official(), poor, employed, first, second])
    desk.decide()

    told = ask("explain", "R1")
    assert told["result"] == "APPROVED: 4,000 KHR is due."
    rules = {rule["name"]: rule for rule in told["predicates"]}
    assert rules["any_of"]["sentence"] == "One of 3 ways to qualify must be met; number 1 comes closest."
    assert rules["payment_type_in"]["sentence"] == "The facility must have recorded the payment type: HEF (Poor)."
    assert rules["payment_type_in"]["basis"]["status"] == "confirmed"
    assert rules["household_level_in"]["basis"]["status"] == "seed"
    (figure,) = told["figures"]
    assert (figure["value"], figure["status"]) == (4_000, "confirmed")
    assert "no start date" in figure["note"]

    refused = ask("explain", "R2")
    assert [item["reason"] for item in refused["why"]] == ["exclusive_benefit"]
    assert refused["winner"]["line_id"] == line_of("hef", "R1")


def test_an_episode_is_explained_by_the_rules_of_the_day_it_began(desk: Desk, ask: Ask) -> None:
    early = visit("E1", "PATY-0000N09", "2021-12-30")
    desk.publish([facility(), household(), early, asked("R1", "hef.opd", "E1", "2022-01-10T08:00:00+07:00")])
    desk.decide()
    told = ask("explain", "R1")
    assert [item["reason"] for item in told["why"]] == ["amount_not_set"]
    (figure,) = told["figures"]
    assert "nothing tells what was paid" in figure["note"]
