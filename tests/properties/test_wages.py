"""The arithmetic of wages: the same as in fractions, whatever the order, and never less for a higher wage."""

from bisect import bisect_left
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from random import Random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from events.envelope import Event
from events.verification import ConditionVerified, ContributionRecorded
from pipeline.policy_files import load
from processors import contributions, entities, spells
from processors.amounts.wage import Terms, share_of_wages
from processors.calendar import months_before
from processors.day_count import later, most_in
from processors.facts import EntityState, fold
from processors.view import View
from tests.properties.profiles import tried

COMMONS = load().commons
WORKER = "0000000001"
PERSON = entities.person(WORKER)
SCHEMES = frozenset({"nssf.worker"})

WAGES = st.lists(st.integers(min_value=1, max_value=2_000_000), min_size=1, max_size=6)
DAYS = st.integers(min_value=1, max_value=180)
TERMS = st.builds(
    Terms,
    share_percent=st.integers(min_value=1, max_value=100),
    month_days=st.integers(min_value=1, max_value=31),
    rounding=st.sampled_from([1, 50, 100]),
)


@tried(100)
@given(wages=WAGES, days=DAYS, terms=TERMS)
def test_the_amount_is_that_of_fractions_rounded_down(wages: list[int], days: int, terms: Terms) -> None:
    average = Fraction(sum(wages), len(wages))
    exact = average / terms.month_days * Fraction(terms.share_percent, 100) * days
    assert share_of_wages(wages, days, terms) == exact // terms.rounding * terms.rounding


@tried(100)
@given(wages=WAGES, days=DAYS, terms=TERMS, more=st.integers(min_value=0, max_value=500_000), at=st.integers(0, 5))
def test_a_higher_wage_or_a_longer_leave_is_never_worth_less(
    wages: list[int], days: int, terms: Terms, more: int, at: int
) -> None:
    amount = share_of_wages(wages, days, terms)
    higher = [wage + more if place == at % len(wages) else wage for place, wage in enumerate(wages)]
    assert share_of_wages(higher, days, terms) >= amount
    assert share_of_wages(wages, days + 1, terms) >= amount


@tried(100)
@given(wage=st.integers(min_value=1, max_value=2_000_000), months=st.integers(min_value=1, max_value=6))
def test_the_average_of_one_wage_is_this_wage(wage: int, months: int) -> None:
    assert share_of_wages([wage] * months, 90, Terms(70, 30, 1)) == wage * 21 // 10


CONTRIBUTIONS: st.SearchStrategy[list[dict[str, object]]] = st.lists(
    st.builds(
        dict,
        month=st.sampled_from(["2023-05", "2023-06"]),
        employer_id=st.sampled_from(["factory", "shop", None]),
        branch=st.sampled_from(["health_care", "pension", None]),
        status=st.sampled_from(["paid", "credited"]),
        wage=st.integers(min_value=0, max_value=900_000),
        at=st.integers(min_value=0, max_value=5),
    ),
    max_size=12,
)


def view_of(told: list[dict[str, object]], order: list[int]) -> View:
    state = EntityState()
    for place in order:
        fields = dict(told[place])
        time_us = int(str(fields.pop("at"))) * 1_000_000
        money = {"amount": str(fields.pop("wage")), "currency": "KHR"}
        data = msgspec.convert(
            {**fields, "sp_id": WORKER, "scheme": "nssf.worker", "contributory_wage": money, "paid_on": "2023-07-01"},
            ContributionRecorded,
        )
        fold(PERSON, state, Event("nssf", f"e{place:02}", "contribution.recorded", time_us, data))
    return View({PERSON: state}, COMMONS, None)


@tried(100)
@given(told=CONTRIBUTIONS, seed=st.integers(min_value=0, max_value=9))
def test_a_month_does_not_depend_on_the_order_of_its_contributions(told: list[dict[str, object]], seed: int) -> None:
    order = list(range(len(told)))
    shuffled = Random(seed).sample(order, len(order))  # noqa: S311 - an order, no secret

    def wages(of: list[int]) -> dict[str, tuple[bool, int | None]]:
        known = contributions.months(view_of(told, of), PERSON, SCHEMES, "health_care")
        return {
            first.isoformat(): (month.contributed, month.wage_minor("KHR", 1_200_000)) for first, month in known.items()
        }

    assert wages(shuffled) == wages([*order, *shuffled]) == wages(order)


FIRST = date(2023, 1, 1)
SPANS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 15), st.booleans(), st.integers(0, 5)), min_size=1, max_size=8
)


def day_of(number: int) -> date:
    return FIRST + timedelta(days=number)


def unfit(told: list[tuple[int, int, bool, int]]) -> View:
    """A worker of whom this is told: first day, how many more, whether unfit, and when it was told."""
    state = EntityState()
    for place, (first, more, met, at) in enumerate(told):
        data = ConditionVerified(
            WORKER, "incapacity", "met" if met else "not_met", from_=day_of(first), until=day_of(first + more)
        )
        fold(PERSON, state, Event("pmrs", f"e{place}", "condition.verified", at * 1_000_000, data))
    return View({PERSON: state}, COMMONS, None)


def day_by_day(view: View) -> dict[date, bool]:
    """What the strongest fact says of each day, found by looking at every fact for every day."""
    strongest: dict[date, tuple[tuple[int, int, str], bool]] = {}
    for event, data in view.facts(PERSON, ConditionVerified):
        first, last = spells.dates(data)
        for day in (first + timedelta(days=more) for more in range((last - first).days + 1)):
            mine = (view.rank(event), data.outcome == "met")
            strongest[day] = max(strongest.get(day, mine), mine)
    return {day: met for day, (_, met) in strongest.items()}


@tried(100)
@given(told=SPANS)
def test_each_day_is_told_by_its_strongest_fact(told: list[tuple[int, int, bool, int]]) -> None:
    view = unfit(told)
    spans = spells.spans(view, PERSON, "incapacity")
    found = [
        (span.since + timedelta(days=more), span.met)
        for span in spans
        for more in range((span.until - span.since).days + 1)
    ]
    assert found == sorted(day_by_day(view).items())


@tried(100)
@given(told=SPANS, since=st.integers(0, 40), more=st.integers(0, 15))
def test_a_spell_is_the_longest_run_around_a_day(told: list[tuple[int, int, bool, int]], since: int, more: int) -> None:
    view = unfit(told)
    spans, days = spells.spans(view, PERSON, "incapacity"), day_by_day(view)
    first = day_of(since)
    asked = [first + timedelta(days=number) for number in range(more + 1)]
    assert spells.cover(spans, asked[0], asked[-1]) == all(day in days for day in asked)
    spell = spells.spell_on(spans, first)
    assert (spell is not None) == days.get(first, False)
    if spell is not None:
        assert all(days[spell.since + timedelta(days=number)] for number in range(spell.days))
        assert not days.get(spell.since - timedelta(days=1), False)
        assert not days.get(spell.until + timedelta(days=1), False)


@tried(100)
@given(lengths=st.lists(st.tuples(st.integers(1, 200), st.integers(1, 120)), min_size=1, max_size=6), data=st.data())
def test_the_fullest_twelve_months_are_found(lengths: list[tuple[int, int]], data: st.DataObject) -> None:
    """Windows apart from each other, one of them the asked one, against every twelve months that touch it."""
    windows: list[tuple[date, date]] = []
    for gap, length in lengths:
        since = (windows[-1][1] if windows else FIRST) + timedelta(days=gap)
        windows.append((since, since + timedelta(days=length)))
    asked = data.draw(st.sampled_from(windows))
    others = [window for window in windows if window != asked]
    days = [since + timedelta(days=n) for since, until in windows for n in range((until - since).days)]
    starts = [asked[0] + timedelta(days=n) for n in range(-366, (asked[1] - asked[0]).days)]
    touching = [(start, later(start, 12)) for start in starts if later(start, 12) > asked[0]]
    assert most_in(others, asked, 12) == max(
        bisect_left(days, end) - bisect_left(days, start) for start, end in touching
    )


@tried(100)
@given(first=st.dates(date(1900, 1, 1), date(2199, 12, 31)), count=st.integers(1, 24))
def test_months_before_a_day_are_whole_and_follow_each_other(first: date, count: int) -> None:
    window = months_before(first, count)
    assert len(window) == count
    assert all(later(month, 1) == following for month, following in pairwise([*window, first.replace(day=1)]))
