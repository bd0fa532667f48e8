"""Stories of lost wages: contributions of several employers, corrected and credited, births, and days of incapacity."""

from __future__ import annotations

from events.verification import ConditionVerified
from tests.properties.cast import CHILDREN, money, often, one_of
from tests.properties.facts import enrolment, everybody_enrolled
from tests.properties.teller import Teller, Theme

DELIVERIES = ("2023-06-10", "2023-06-12", "2023-10-20")
MONTHS = ("2023-03", "2023-04", "2023-05", "2023-06", "2023-07", "2023-08")
# Days of leave that follow, touch and overlap each other, and the last ones of a leave after the first delivery.
LEAVES = (
    ("2023-06-05", "2023-06-09"),
    ("2023-06-08", "2023-06-14"),
    ("2023-06-15", "2023-06-24"),
    ("2023-09-07", "2023-09-12"),
    ("2023-09-08", "2023-09-20"),
)
MATERNITY, SICKNESS, INJURY = "nssf.maternity_allowance", "nssf.sickness_allowance", "nssf.injury_allowance"


def contribution(t: Teller) -> None:
    """A month: of another employer, of another wage, credited, or of no wage since it never was."""
    data = {
        "sp_id": t.draw(one_of(t.persons)),
        "scheme": t.draw(often("nssf.worker", "nssf.self_employed")),
        "month": t.draw(one_of(MONTHS)),
        "contributory_wage": money(t.draw(often("1000000", "400000", "0")), t.draw(often("KHR", "USD"))),
        "paid_on": "2023-08-15",
        "branch": t.draw(often(None, "health_care", "occupational_risk")),
        "employer_id": t.draw(often("factory", "shop", None)),
        "status": t.draw(often(None, "credited")),
    }
    t.tell("nssf", "contribution.recorded", data)


def contributed(t: Teller) -> None:
    """The months of one worker, at one employer."""
    sp_id = t.draw(one_of(t.persons))
    skipped = t.draw(often("", *MONTHS[:3]))
    for month in MONTHS:
        if month != skipped:
            _worked(t, sp_id, month)


def everybody_contributed(t: Teller) -> None:
    for sp_id in t.persons[:2]:
        for month in MONTHS[:3]:
            _worked(t, sp_id, month)


def _worked(t: Teller, sp_id: str, month: str) -> None:
    data = {
        "sp_id": sp_id,
        "scheme": "nssf.worker",
        "month": month,
        "contributory_wage": money("1000000"),
        "paid_on": "2023-08-15",
        "employer_id": "factory",
    }
    t.tell("nssf", "contribution.recorded", data, day=1)


def delivery(t: Teller) -> None:
    data = {
        "sp_id": t.draw(one_of(t.persons)),
        "condition": "delivery",
        "on": t.draw(one_of(DELIVERIES)),
        "outcome": t.draw(often("met", "not_met")),
        "child_sp_id": t.draw(often(None, *CHILDREN)),
    }
    t.tell(t.draw(one_of(("pmrs", "nssf"))), "condition.verified", data)


def incapacity(t: Teller) -> None:
    """A slip: for some days, for the whole summer, or for one day; or one that says the worker was fit."""
    first, last = t.draw(one_of((("2023-06-01", "2023-09-30"), *LEAVES)))
    when: dict[str, object] = t.draw(often({"from": first, "until": last}, {"on": first}, {"month": "2023-06"}))
    data = {"sp_id": t.draw(one_of(t.persons)), "condition": "incapacity", "outcome": t.draw(often("met", "not_met"))}
    t.tell(t.draw(one_of(("pmrs", "nssf"))), "condition.verified", data | when)


def unfit(t: Teller) -> None:
    for sp_id in t.persons[:2]:
        data = {"sp_id": sp_id, "condition": "incapacity", "outcome": "met"}
        t.tell("pmrs", "condition.verified", {**data, "from": "2023-06-01", "until": "2023-09-30"})


def ask(t: Teller) -> tuple[str, dict[str, object]]:
    """A leave: after a delivery that was told of, mostly, or of some of the days."""
    benefit = t.draw(one_of((MATERNITY, SICKNESS, INJURY)))
    if benefit == MATERNITY:
        told = [data for data in t.told(ConditionVerified) if data.condition == "delivery"]
        if told and t.fits():
            known = t.draw(one_of(told))
            return benefit, {"sp_id": t.asked(known.sp_id, *t.persons), "for": {"on": known.when}}
        return benefit, {"sp_id": t.draw(one_of(t.persons)), "for": {"on": t.draw(one_of(DELIVERIES))}}
    first, last = t.draw(one_of(LEAVES))
    return benefit, {"sp_id": t.draw(one_of(t.persons[:2])), "for": {"from": first, "until": last}}


LOST_WAGES = Theme(
    (MATERNITY, SICKNESS, INJURY),
    (everybody_enrolled, everybody_contributed, unfit, delivery),
    (*[contribution] * 3, *[incapacity] * 2, *[delivery] * 2, enrolment),
    ask,
    ("2023-06-09", "2023-06-12", "2023-09-08"),
    {MATERNITY: "2100000", SICKNESS: "116666", INJURY: "116666"},
    schemes=("nssf.worker",),
)
