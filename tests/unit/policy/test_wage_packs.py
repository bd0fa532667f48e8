"""The packs that replace a wage say what the sources say, and say where they do not."""

from datetime import date

import pytest

from pipeline.policy_files import load
from processors.amounts.wage import Terms, share_of_wages
from processors.policy.model import Figure, ForShape, LifeEvent, Status, Wage, WageFigure

POLICY = load()
ALLOWANCES = ("nssf.maternity_allowance", "nssf.sickness_allowance", "nssf.injury_allowance")
MATERNITY, SICKNESS, INJURY = ALLOWANCES
DAY = date(2023, 9, 10)


def wage(benefit: str) -> Wage:
    found = POLICY.packs[benefit].amount.wage
    assert found is not None
    return found


def figure(benefit: str, name: WageFigure, day: date = DAY) -> Figure:
    found = wage(benefit).on(name, day)
    assert found is not None
    return found


def value(benefit: str, name: WageFigure, day: date = DAY) -> int:
    found = figure(benefit, name, day).value
    assert found is not None
    return found


def test_the_maternity_allowance_at_the_ceiling_is_2_520_000() -> None:
    ceiling = value(MATERNITY, WageFigure.CEILING)
    names = (WageFigure.SHARE, WageFigure.MONTH_DAYS, WageFigure.ROUNDING)
    terms = Terms(*(value(MATERNITY, name) for name in names))
    months = value(MATERNITY, WageFigure.MONTHS)
    assert (ceiling, months, terms) == (1_200_000, 6, Terms(70, 30, 1))
    assert share_of_wages([ceiling] * months, value(MATERNITY, WageFigure.DAYS), terms) == 2_520_000


def test_the_ceiling_was_one_million_in_2017() -> None:
    told = [figure(MATERNITY, WageFigure.CEILING, date(year, 12, 31)) for year in (2017, 2018)]
    assert [(each.value, each.unit, each.status) for each in told] == [
        (1_000_000, "KHR/month", Status.CONFIRMED),
        (1_200_000, "KHR/month", Status.CONFIRMED),
    ]
    assert wage(MATERNITY).on(WageFigure.CEILING, date(2016, 12, 31)) is None


@pytest.mark.parametrize("benefit", [SICKNESS, INJURY])
def test_which_days_are_paid_is_not_known_so_nothing_is(benefit: str) -> None:
    told = figure(benefit, WageFigure.FIRST_PAID_DAY)
    assert (told.value, told.status) == (None, Status.UNSET)
    assert wage(benefit).on(WageFigure.DAYS, DAY) is None
    assert (value(benefit, WageFigure.SHARE), figure(benefit, WageFigure.SHARE).status) == (70, Status.CONFIRMED)


@pytest.mark.parametrize(("benefit", "step"), [(SICKNESS, "sickness"), (INJURY, "injury")])
def test_180_days_in_twelve_months_are_the_most(benefit: str, step: str) -> None:
    maxima = POLICY.packs[benefit].entitlement.maximum
    assert maxima is not None
    told = maxima.on(DAY)
    assert told is not None
    assert (told.steps, told.count, told.months, told.basis.status) == ((step,), 180, 12, Status.CONFIRMED)


@pytest.mark.parametrize("benefit", ALLOWANCES)
def test_a_rule_of_rounding_was_not_found(benefit: str) -> None:
    assert figure(benefit, WageFigure.ROUNDING).status is Status.ASSUMPTION


def test_each_allowance_is_of_its_branch() -> None:
    assert [wage(benefit).branch for benefit in ALLOWANCES] == ["health_care", "health_care", "occupational_risk"]
    assert {wage(benefit).schemes for benefit in ALLOWANCES} == {frozenset({"nssf.worker"})}


def test_what_was_averaged_before_the_prakas_of_2023_is_an_assumption() -> None:
    for name in (WageFigure.MONTHS, WageFigure.MONTH_DAYS):
        before, after = (figure(MATERNITY, name, day) for day in (date(2023, 3, 19), date(2023, 3, 20)))
        assert (before.status, after.status) == (Status.ASSUMPTION, Status.CONFIRMED)
        assert before.value == after.value


def test_nine_months_are_in_a_row_and_the_conflict_of_sources_is_told() -> None:
    rules = POLICY.packs[MATERNITY].rules.on(DAY)
    assert rules is not None
    (rule,) = (rule for rule in rules if rule.name == "contributed_months")
    assert dict(rule.parameters) == {
        "schemes": ("nssf.worker",),
        "branch": "health_care",
        "count": 9,
        "within": 9,
        "consecutive": "yes",
    }
    assert rule.basis is not None
    assert rule.basis.note is not None
    assert "Sources conflict" in rule.basis.note
    assert len(rule.basis.references) == 2


def test_the_wage_of_a_day_is_replaced_once_by_our_assumption() -> None:
    rows = [row for benefit in ALLOWANCES for row in POLICY.packs[benefit].entitlement.exclusivity]
    assert [(row.group, row.side, row.basis) for row in rows] == [
        ("wage_replacement", side, "assumption") for side in ("maternity", "sickness", "injury")
    ]
    assert {row.per for row in rows} == {LifeEvent.LEAVE}


def test_maternity_is_asked_for_by_its_day_and_the_others_by_theirs() -> None:
    shapes = [POLICY.packs[benefit].shape for benefit in ALLOWANCES]
    assert shapes == [ForShape.ON, ForShape.PERIOD, ForShape.PERIOD]
