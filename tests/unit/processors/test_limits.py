"""Days counted within months, and predicates no case meets from both sides."""

from datetime import date

import pytest
from msgspec import structs

from events.envelope import Event
from events.payment import For, PaymentRequested
from events.reasons import Reason
from pipeline.policy_files import load
from processors import ages, entities
from processors.day_count import Window, later, most_in
from processors.facts import EntityState, fold
from processors.inquiry import Inquiry, inquire
from processors.memory import World
from processors.policy.loader import parse
from processors.policy.predicates import Outcome, Verdict, compile_predicate
from processors.view import View
from tests.births import event
from tests.cases.test_cases import CASES

POLICY = load()


def days(since: str, until: str) -> Window:
    return date.fromisoformat(since), date.fromisoformat(until)


@pytest.mark.parametrize(
    ("others", "asked", "most"),
    [
        # Twelve months that reach the first day asked for begin on 2 April of the year before.
        ([days("2022-03-10", "2022-05-01")], days("2023-04-01", "2023-04-11"), 30),
        ([days("2022-03-10", "2022-04-02")], days("2023-04-01", "2023-04-11"), 10),
        # What lies too far back, or ahead, counts for nothing, however long it was.
        ([days("2020-01-01", "2020-04-01")], days("2023-04-01", "2023-04-11"), 10),
        ([days("2025-01-01", "2025-04-01")], days("2023-04-01", "2023-04-11"), 10),
        ([days("2020-01-01", "2020-04-01"), days("2025-01-01", "2025-04-01")], days("2023-04-01", "2023-04-02"), 1),
        ([days("2023-04-11", "2023-05-01")], days("2023-04-01", "2023-04-11"), 30),
        # Months of more days that begin where what is asked for ends do not touch it.
        ([days("2023-03-01", "2024-03-01")], days("2023-02-20", "2023-03-01"), 365),
    ],
)
def test_the_most_days_are_those_of_the_fullest_months_that_touch_what_is_asked(
    others: list[Window], asked: Window, most: int
) -> None:
    assert most_in(others, asked, 12) == most


def test_a_month_that_ends_where_what_is_asked_for_begins_does_not_touch_it() -> None:
    assert most_in([days("2023-01-28", "2023-02-28")], days("2023-02-28", "2023-03-01"), 1) == 28


def test_the_same_day_of_a_shorter_month_is_its_last() -> None:
    assert later(date(2023, 1, 31), 1) == date(2023, 2, 28)
    assert later(date(2024, 3, 31), -1) == date(2024, 2, 29)
    assert later(date(2023, 12, 15), 1) == date(2024, 1, 15)
    assert later(date(2023, 1, 15), -1) == date(2022, 12, 15)


def enrolled(number: int, born: str, time: str) -> Event:
    data = {
        "sp_id": "0000000001", "scheme": "tvet", "enrolment_id": f"E{number}", "birth_date": born, "sex": "F",
        "valid_from": "2020-01-01", "valid_until": None,
    }  # fmt: skip
    return event("mlvt", "person.enrolled", f"e{number}", time, data)


def test_whom_no_household_names_was_born_as_the_strongest_enrolment_says() -> None:
    told = (enrolled(1, "1990", "2023-02-01T08:00:00+07:00"), enrolled(2, "2000-05-01", "2023-01-01T08:00:00+07:00"))
    view, person = _view(*told), entities.person("0000000001")
    found = ages.of_person(view, person, None, date(2023, 6, 1))
    assert found is not None
    assert (found.on, found.evidence) == (date(1990, 1, 1), (told[0],))
    assert ages.of_person(_view(), person, None, date(2023, 6, 1)) is None


def _view(*told: Event) -> View:
    states: dict[bytes, EntityState] = {}
    for one in told:
        for key in entities.homes(one):
            fold(key, states.setdefault(key, EntityState()), one)
    return View(states, POLICY.commons, None)


def played(name: str, request: str) -> Inquiry:
    """What a request of a case asks, on all that the case tells."""
    (case,) = [case for key, case in CASES.items() if key.startswith(name)]
    (asked,) = [told for told in case.events if told.id == request]
    assert isinstance(asked.data, PaymentRequested)
    return inquire(_view(*case.events), case.policy.packs[asked.data.benefit], asked, asked.data)


ELDERLY = "transfers: An older person is 60 or above"


@pytest.mark.parametrize(("age", "verdict"), [(60, Verdict.FAIL), (61, Verdict.PASS)])
def test_an_age_below_is_one_not_yet_completed(age: int, verdict: Verdict) -> None:
    (case,) = [case for key, case in CASES.items() if key.startswith(ELDERLY)]
    sixty = next(name for name, told in case.then.items() if "amount_not_set" in told)
    asked = played(ELDERLY, sixty)
    found = compile_predicate("age_below", {"number": age}).ask(asked)
    assert found.verdict is verdict
    assert [told.type for told in found.evidence] == ["household.identified"]
    assert found.reason is (Reason.AGE_OUT_OF_RANGE if verdict is Verdict.FAIL else None)
    at_least = compile_predicate("age_at_least", {"number": age}).ask(asked)
    assert at_least.verdict is (Verdict.PASS if verdict is Verdict.FAIL else Verdict.FAIL)


def test_an_area_is_told_by_the_card_of_the_household_whether_it_is_covered_or_not() -> None:
    asked, unknown = (played("overlays: A household outside the areas", name) for name in ("asked", "unknown"))
    covered = compile_predicate("area_in", {"areas": ("other_urban",)})
    (card,) = covered.ask(asked).evidence
    assert card.type == "household.identified"
    assert covered.ask(asked) == Outcome(Verdict.PASS, evidence=(card,))
    other = compile_predicate("area_in", {"areas": ("rural",)})
    assert other.ask(asked) == Outcome(Verdict.FAIL, Reason.AREA_NOT_COVERED, (card,))
    assert other.ask(unknown) == Outcome(Verdict.UNKNOWN, Reason.HOUSEHOLD_MISSING)


def test_an_encounter_that_contradicts_is_told_and_one_that_is_missing_waited_for() -> None:
    contrary = played("care: A consultation asked for by an encounter that was an emergency", "asked")
    found = compile_predicate("service_in", {"services": ("opd",)}).ask(contrary)
    assert (found.verdict, found.reason) == (Verdict.FAIL, Reason.CONDITION_NOT_MET)
    assert [event.id for event in found.evidence] == ["first_aid"]
    missing = played("care: A request for an encounter nobody told", "asked")
    waits = compile_predicate("service_in", {"services": ("opd",)}).ask(missing)
    assert waits == Outcome(Verdict.UNKNOWN, Reason.ENCOUNTER_MISSING)


@pytest.mark.parametrize(("until", "amount"), [("2024-09-30", 30_000), ("2024-10-01", 55_000), ("2024-10-02", 55_000)])
def test_an_overlay_holds_on_its_last_day_which_may_be_the_one_a_month_is_tested_on(until: str, amount: int) -> None:
    name = "overlays: More money, a top-up for two months"
    (case,) = [case for key, case in CASES.items() if key.startswith(name)]
    files = {name: text.replace("until: 2024-10-31", f"until: {until}") for name, text in case.policy.files.items()}
    world = World(parse(files))
    for told in case.events:
        if told.id == "flooded":
            october = structs.replace(told.data, for_=For(month="2024-10"))
            world.publish(structs.replace(told, data=october))
        elif told.type == "household.identified":
            world.publish(told)
    world.decide()
    (entry,) = world.latest().values()
    assert entry.decision.amount_minor == amount
