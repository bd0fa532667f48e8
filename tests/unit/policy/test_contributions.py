"""Months of contribution: what counts, what is missing, and what the register says cannot be."""

from collections.abc import Mapping
from datetime import date

import msgspec
import pytest

from events.catalogue import TYPES
from events.enrolment import PersonEnrolled, PersonMerged, PersonWithdrawn
from events.envelope import Event
from events.payment import For, Payee, PaymentRequested
from events.reasons import Reason
from events.verification import ContributionRecorded
from pipeline.policy_files import load
from processors import contributions, entities
from processors.calendar import first_of_month, last_of_month, months_before
from processors.facts import EntityState, fold
from processors.inquiry import Inquiry
from processors.occasions.occasion import Occasion
from processors.policy.predicates import Outcome, Value, Verdict, compile_predicate
from processors.view import View

POLICY = load()
WORKER, KEPT = "0000000001", "0000000002"
PERSON = entities.person(WORKER)
SCHEMES = frozenset({"nssf.worker"})
IN_A_ROW: Mapping[str, Value] = {
    "schemes": ("nssf.worker",),
    "branch": "health_care",
    "count": 3,
    "within": 3,
    "consecutive": "yes",
}
OF_TWELVE: Mapping[str, Value] = {**IN_A_ROW, "within": 12, "consecutive": "no"}
DAY = date(2023, 6, 15)

Fact = ContributionRecorded | PersonEnrolled | PersonWithdrawn | PersonMerged


def contribution(month: str, *, wage: str = "500000", **told: object) -> ContributionRecorded:
    money = {"amount": wage, "currency": "USD" if "." in wage else "KHR"}
    named = {"sp_id": WORKER, "scheme": "nssf.worker", "branch": "health_care", "employer_id": "factory", **told}
    return msgspec.convert(
        {**named, "month": month, "contributory_wage": money, "paid_on": "2023-01-15"}, ContributionRecorded
    )


def enrolled(since: date, until: date | None = None, number: str = "e1") -> PersonEnrolled:
    return PersonEnrolled(WORKER, "nssf.worker", number, "1995", "F", since, until)


def told(*facts: Fact) -> View:
    """A view of these facts, each a second later than the one before it."""
    states: dict[bytes, EntityState] = {PERSON: EntityState()}
    for at, data in enumerate(facts):
        (name,) = [kind.name for kind in TYPES.values() if kind.struct is type(data)]
        event = Event("nssf", f"e{at}", name, at * 1_000_000, data)
        for key in entities.homes(event):
            fold(key, states.setdefault(key, EntityState()), event)
    return View(states, POLICY.commons, None)


def ask(view: View, parameters: Mapping[str, Value], name: str = "contributed_months") -> Outcome:
    request = PaymentRequested("r1", "b1", "maternal.delivery", For(on=DAY), Payee("cash", "x", "y", "self"), WORKER)
    occasion = Occasion(DAY, DAY, view.root(PERSON), (), None)
    inquiry = Inquiry(
        view,
        POLICY.packs["maternal.delivery"],
        Event("nssf", "asked", "payment.requested", 0, request),
        request,
        PERSON,
        view.root(PERSON),
        occasion,
    )
    return compile_predicate(name, parameters).ask(inquiry)


def test_months_before_are_counted_over_the_new_year() -> None:
    assert months_before(date(2023, 2, 28), 3) == (date(2022, 11, 1), date(2022, 12, 1), date(2023, 1, 1))
    assert last_of_month(date(2024, 2, 1)) == date(2024, 2, 29)
    assert first_of_month("2023-12") == date(2023, 12, 1)


def test_a_month_is_the_sum_of_its_employers_up_to_the_ceiling() -> None:
    view = told(contribution("2023-05", wage="700000"), contribution("2023-05", wage="600000", employer_id="shop"))
    (month,) = contributions.months(view, PERSON, SCHEMES, "health_care").values()
    assert (month.wage_minor("KHR", None), month.wage_minor("KHR", 1_200_000)) == (1_300_000, 1_200_000)


def test_the_same_wage_told_for_several_branches_is_one_wage() -> None:
    view = told(
        contribution("2023-05", wage="700000", branch=None),
        contribution("2023-05", wage="600000", branch="health_care"),
        contribution("2023-05", wage="500000", branch="pension"),
    )
    wages = {
        branch: contributions.months(view, PERSON, SCHEMES, branch)[date(2023, 5, 1)].wage_minor("KHR", None)
        for branch in ("health_care", "occupational_risk", "pension")
    }
    assert wages == {"health_care": 600_000, "occupational_risk": 700_000, "pension": 500_000}


def test_a_later_fact_corrects_an_earlier_one() -> None:
    view = told(contribution("2023-05", wage="700000"), contribution("2023-05", wage="300000"))
    (month,) = contributions.months(view, PERSON, SCHEMES, "health_care").values()
    assert month.wage_minor("KHR", None) == 300_000


def test_a_wage_in_dollars_is_no_wage_in_riel() -> None:
    view = told(contribution("2023-05", wage="120.00"))
    (month,) = contributions.months(view, PERSON, SCHEMES, "health_care").values()
    assert month.contributed
    assert month.wage_minor("KHR", None) is None


def test_a_person_keeps_the_months_of_the_id_that_was_merged() -> None:
    view = told(
        contribution("2023-05"),
        contribution("2023-04", sp_id=KEPT),
        contribution("2023-05", sp_id=KEPT, wage="200000"),
        PersonMerged(WORKER, KEPT, date(2023, 6, 1)),
    )
    known = contributions.months(view, view.root(PERSON), SCHEMES, "health_care")
    assert {first.month: month.wage_minor("KHR", None) for first, month in known.items()} == {4: 500_000, 5: 200_000}


def test_the_months_right_before_pass() -> None:
    found = ask(told(*(contribution(f"2023-0{month}") for month in (3, 4, 5))), IN_A_ROW)
    assert (found.verdict, len(found.evidence)) == (Verdict.PASS, 3)


def test_credited_months_count_like_paid_ones() -> None:
    facts = [contribution(f"2023-0{month}") for month in (3, 5)]
    assert ask(told(*facts, contribution("2023-04", status="credited", wage="0")), IN_A_ROW).verdict is Verdict.PASS


@pytest.mark.parametrize("missing", [3, 4, 5])
def test_a_month_nobody_told_of_is_missing(missing: int) -> None:
    facts = [contribution(f"2023-0{month}") for month in (2, 3, 4, 5, 6) if month != missing]
    assert ask(told(*facts), IN_A_ROW)[:2] == (Verdict.UNKNOWN, Reason.CONTRIBUTIONS_MISSING)


def test_the_month_of_the_event_and_another_scheme_or_branch_do_not_count() -> None:
    facts = [contribution(f"2023-0{month}") for month in (4, 5, 6)]
    others = (contribution("2023-03", branch="pension"), contribution("2023-03", scheme="nssf.self_employed"))
    assert ask(told(*facts, *others), IN_A_ROW).verdict is Verdict.UNKNOWN


def test_scattered_months_do_where_they_need_not_be_in_a_row() -> None:
    view = told(*(contribution(month) for month in ("2022-06", "2022-11", "2023-05")))
    assert ask(view, OF_TWELVE).verdict is Verdict.PASS
    assert ask(view, {**OF_TWELVE, "consecutive": "yes"}).verdict is Verdict.UNKNOWN


def test_a_run_anywhere_in_the_window_is_in_a_row() -> None:
    view = told(*(contribution(month) for month in ("2022-11", "2022-12", "2023-01")))
    assert ask(view, {**OF_TWELVE, "consecutive": "yes"}).verdict is Verdict.PASS
    assert ask(view, IN_A_ROW).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("since", "until", "verdict"),
    [
        (date(2023, 3, 31), None, Verdict.UNKNOWN),
        (date(2023, 4, 1), None, Verdict.FAIL),
        (date(2020, 1, 1), date(2023, 5, 1), Verdict.UNKNOWN),
        (date(2020, 1, 1), date(2023, 4, 30), Verdict.FAIL),
    ],
)
def test_an_enrolment_that_leaves_no_room_for_the_months_is_contrary(
    since: date, until: date | None, verdict: Verdict
) -> None:
    found = ask(told(enrolled(since, until), contribution("2023-04")), IN_A_ROW)
    assert found.verdict is verdict
    assert found.reason is (
        Reason.CONTRIBUTIONS_INSUFFICIENT if verdict is Verdict.FAIL else Reason.CONTRIBUTIONS_MISSING
    )


def test_an_enrolment_that_ended_is_contrary_and_another_one_makes_room_again() -> None:
    ended = (enrolled(date(2020, 1, 1)), PersonWithdrawn(WORKER, "nssf.worker", "e1", date(2023, 5, 1), "left"))
    assert ask(told(*ended), IN_A_ROW).verdict is Verdict.FAIL
    assert ask(told(*ended, enrolled(date(2023, 5, 20), None, "e2")), IN_A_ROW).verdict is Verdict.UNKNOWN


def test_what_was_contributed_outweighs_the_register() -> None:
    facts = [contribution(f"2023-0{month}") for month in (3, 4, 5)]
    assert ask(told(enrolled(date(2023, 6, 1)), *facts), IN_A_ROW).verdict is Verdict.PASS


def test_a_wage_corrected_to_zero_says_there_was_no_contribution() -> None:
    facts = [contribution(f"2023-0{month}") for month in (3, 4, 5)]
    found = ask(told(*facts, contribution("2023-04", wage="0")), IN_A_ROW)
    assert found[:2] == (Verdict.FAIL, Reason.CONTRIBUTIONS_INSUFFICIENT)


def test_either_way_of_contributing_enough_will_do() -> None:
    either: Mapping[str, Value] = {
        "schemes": ("nssf.worker",),
        "branch": "health_care",
        "in_a_row": 2,
        "count": 6,
        "within": 12,
    }
    name = "contributed_either"
    last_two = told(contribution("2023-04"), contribution("2023-05"))
    every_other = told(*(contribution(f"2022-{month:02}") for month in range(6, 12)))
    assert ask(last_two, either, name).verdict is Verdict.PASS
    assert ask(every_other, either, name).verdict is Verdict.PASS
    assert ask(told(contribution("2023-03"), contribution("2023-04")), either, name).verdict is Verdict.UNKNOWN
    assert ask(told(enrolled(date(2023, 5, 1))), either, name).verdict is Verdict.FAIL
