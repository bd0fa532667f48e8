"""The packs of household and person transfers say what the published sources say."""

from datetime import date, timedelta
from itertools import product

import pytest

from pipeline.policy_files import load
from processors.policy.model import Dimension, Figure, Status, Table, Times

POLICY = load()
AREAS = ("phnom_penh", "other_urban", "rural")
LEVELS = ("poor_1", "poor_2")
FLOOD_MONTHS = [date(2022, 12, 1), date(2023, 1, 1), date(2023, 2, 1)]


def table(benefit: str, part: str, day: date) -> Table:
    found = next(item for item in POLICY.packs[benefit].amount.parts if item.name == part).tables.on(day)
    assert found is not None
    return found


def figure(benefit: str, part: str, day: date, *row: str) -> Figure:
    return table(benefit, part, day).figures[row]


def riel(benefit: str, part: str, day: date, *row: str) -> int:
    value = figure(benefit, part, day, *row).value
    assert value is not None
    return value


def in_force(benefit: str) -> list[date]:
    """The first days of the months in which a benefit is in force, 2018 to 2026."""
    months = [date(year, month, 1) for year, month in product(range(2018, 2027), range(1, 13))]
    pack = POLICY.packs[benefit]
    return [month for month in months if pack.rules.on(month) is not None and pack.amount.in_force(month)]


def test_the_flood_total_by_rule_is_46_801_008_000_and_0_004_percent_above_the_published_one() -> None:
    assert in_force("flood.cash") == FLOOD_MONTHS
    total = sum(
        99_169 * riel("flood.cash", "household", month)
        + 372_859 * riel("flood.cash", "member", month)
        + 106_317 * riel("flood.cash", "vulnerable_member", month)
        for month in FLOOD_MONTHS
    )
    assert total == 46_801_008_000
    assert total - 46_799_088_000 == 40 * 3 * 16_000


def test_covid_cash_is_in_force_for_46_months() -> None:
    months = in_force("covid.cash")
    assert (len(months), months[0], months[-1]) == (46, date(2020, 6, 1), date(2024, 3, 1))


@pytest.mark.parametrize(
    ("area", "level", "household", "member", "extra"),
    [
        ("phnom_penh", "poor_1", 120_000, 52_000, 40_000),
        ("phnom_penh", "poor_2", 120_000, 36_000, 28_000),
        ("other_urban", "poor_1", 120_000, 40_000, 40_000),
        ("other_urban", "poor_2", 120_000, 28_000, 28_000),
        ("rural", "poor_1", 80_000, 24_000, 24_000),
        ("rural", "poor_2", 80_000, 16_000, 16_000),
    ],
)
def test_covid_cash_by_area_and_level(area: str, level: str, household: int, member: int, extra: int) -> None:
    for day in (date(2020, 6, 1), date(2023, 12, 1), date(2024, 1, 1), date(2024, 3, 1)):
        assert riel("covid.cash", "household", day, area) == household
        assert riel("covid.cash", "member", day, area, level) == member
        assert riel("covid.cash", "vulnerable_member", day, area, level) == extra


def test_what_the_sources_of_covid_cash_leave_open_travels_with_the_figures() -> None:
    told = {
        (area, level): figure("covid.cash", "vulnerable_member", date(2021, 1, 1), area, level).status
        for area, level in product(AREAS, LEVELS)
    }
    confirmed = {row for row, status in told.items() if status is Status.CONFIRMED}
    assert confirmed == {("phnom_penh", "poor_1"), ("rural", "poor_1")}
    assert set(told.values()) == {Status.CONFIRMED, Status.UNVERIFIED}
    for area, level in product(AREAS, LEVELS):
        dropped = figure("covid.cash", "member", date(2024, 1, 1), area, level)
        assert dropped.status is Status.UNVERIFIED
        assert dropped.note is not None


def test_the_age_of_a_child_is_carried_as_each_decree_is_reported() -> None:
    def below(benefit: str, day: date) -> int | None:
        part = next(item for item in POLICY.packs[benefit].amount.parts if item.who is not None)
        tests = part.who.on(day) if part.who is not None else None
        return next(test.years for test in tests or () if test.name == "age_below")

    assert below("covid.cash", date(2023, 12, 1)) == 5
    assert below("covid.cash", date(2024, 1, 1)) == 6
    assert below("flood.cash", date(2022, 12, 1)) == 6


def test_inflation_cash_of_the_average_rural_household_of_the_flood_is_136_500() -> None:
    day = date(2022, 12, 10)
    assert [riel("inflation.cash", "household", day, area) for area in AREAS] == [99_900, 87_300, 81_300]
    assert [riel("inflation.cash", "further_member", day, area) for area in AREAS] == [28_000, 24_000, 20_000]
    average_hundredths = 376
    further = (average_hundredths - 100) * riel("inflation.cash", "further_member", day, "rural") // 100
    assert riel("inflation.cash", "household", day, "rural") + further == 136_500
    told = figure("inflation.cash", "further_member", day, "rural")
    assert (told.status, table("inflation.cash", "further_member", day).times) == (Status.DERIVED, Times.FURTHER_MEMBER)


def test_inflation_cash_has_three_dated_rounds_and_ends_with_the_third() -> None:
    pack = POLICY.packs["inflation.cash"]
    days = [dated.day for dated in pack.entitlement.rounds.values()]
    assert days == [date(2022, 12, 10), date(2023, 4, 10), date(2023, 7, 10)]
    assert all(pack.rules.on(day) is not None for day in days)
    assert pack.rules.on(days[-1] + timedelta(days=1)) is None


def test_flood_prevails_over_the_first_inflation_payment_by_published_rule() -> None:
    (flood,) = POLICY.packs["flood.cash"].entitlement.exclusivity
    (inflation,) = POLICY.packs["inflation.cash"].entitlement.exclusivity
    assert (flood.group, flood.round, flood.others) == (inflation.group, inflation.round, ("inflation",))
    assert (flood.prevails, inflation.prevails) == (True, False)
    assert flood.basis == inflation.basis == "law"
    day = date(2022, 12, 10)
    assert (POLICY.packs["flood.cash"].priority.on(day) or 0) > (POLICY.packs["inflation.cash"].priority.on(day) or 0)


@pytest.mark.parametrize("benefit", ["family.base", "family.elderly", "family.disability"])
def test_amounts_that_were_not_found_are_unset(benefit: str) -> None:
    ((_, begins, told),) = POLICY.packs[benefit].amount.figures
    assert (begins, told.status, told.value) == (date(2024, 4, 1), Status.UNSET, None)
    assert told.note is not None


def test_chronic_care_and_the_stipend_begin_on_their_days() -> None:
    ((_, begins, chronic),) = POLICY.packs["family.chronic_care"].amount.figures
    assert (begins, chronic.value, chronic.status) == (date(2024, 4, 1), 28_000, Status.CONFIRMED)
    ((_, begins, stipend),) = POLICY.packs["tvet.stipend"].amount.figures
    assert (begins, stipend.value, stipend.status) == (date(2023, 11, 14), 280_000, Status.CONFIRMED)
    assert in_force("tvet.stipend")[0] == date(2023, 12, 1)


def test_every_table_by_area_or_level_has_a_row_for_whoever_its_rules_let_in() -> None:
    for benefit, pack in POLICY.packs.items():
        for part in pack.amount.parts:
            for begins, told in part.tables.entries:
                rules = pack.rules.on(begins)
                if told is None or rules is None or not {Dimension.AREA, Dimension.LEVEL} & set(told.by):
                    continue
                levels = next(dict(rule.parameters)["levels"] for rule in rules if rule.name == "household_level_in")
                assert isinstance(levels, tuple)
                rows = {Dimension.AREA: AREAS, Dimension.LEVEL: levels}
                assert set(told.figures) == set(product(*(rows[dimension] for dimension in told.by))), benefit


def test_one_base_transfer_a_month_is_an_assumption_and_says_so() -> None:
    for benefit in ("family.base", "covid.cash"):
        (row,) = POLICY.packs[benefit].entitlement.exclusivity
        assert (row.group, row.basis) == ("base_transfer", "assumption")
