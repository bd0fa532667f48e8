from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.scenarios.field import Field
from pipeline.scenarios.figures.households import (
    COVID_2020_06,
    COVID_2023_03,
    FLOOD_2022,
    INFLATION_1,
    HouseholdFigures,
    parts_of,
)
from pipeline.scenarios.roster import Roster
from pipeline.scenarios.script import Script
from pipeline.scenarios.sinks import Kept
from pipeline.scenarios.urn import Urn, sizes

if TYPE_CHECKING:
    from pipeline.scenarios.roster import Household

FIGURES = (COVID_2020_06, COVID_2023_03, FLOOD_2022, INFLATION_1)


def _age(member: dict[str, object], day: date) -> int:
    born = date.fromisoformat(str(member["birth_date"]))
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


@given(st.integers(1, 5_000), st.integers(0, 20_000))
def test_household_sizes_sum_to_their_members(households: int, more: int) -> None:
    found = sizes(households, households + more)
    assert sum(found.values()) == households
    assert sum(size * count for size, count in found.items()) == households + more
    assert min(found) >= 1
    assert min(found.values()) > 0


@given(st.integers(0, 10**9), st.lists(st.integers(0, 1_000), min_size=1, max_size=9).filter(any))
def test_parts_sum_to_the_whole_and_are_within_one_of_their_share(number: int, weights: list[int]) -> None:
    parts = parts_of(number, weights)
    assert sum(parts) == number
    assert all(abs(part * sum(weights) - number * w) < sum(weights) for part, w in zip(parts, weights, strict=True))


def test_an_urn_gives_exactly_what_it_holds_and_then_nothing() -> None:
    urn = Urn(Script("urn", Kept()).rng, {"a": 3, "b": 0, "c": 5})
    assert Counter(urn.draw() for _ in range(8)) == {"a": 3, "c": 5}
    with pytest.raises(IndexError):
        urn.draw()


@pytest.mark.parametrize("figures", FIGURES, ids=lambda figures: f"{figures.benefit} {figures.months[0]}")
def test_the_roster_has_every_number_exactly(figures: HouseholdFigures) -> None:
    day = date.fromisoformat(f"{figures.months[0]}-01")
    last = date.fromisoformat(f"{figures.months[-1]}-01")
    found: list[Household] = list(Roster(Field(Script("roster", Kept()), 0.01), figures, day).households(1_000))
    cells = figures.cells(1_000)
    assert Counter(one.place for one in found) == {cell.place: cell.households for cell in cells}
    members = [member for one in found for member in one.members]
    assert len(members) == sum(cell.members for cell in cells)
    for on in (day, last):
        assert sum(_age(member, on) <= figures.child_age_max for member in members) == sum(
            cell.children for cell in cells
        )
        assert sum(_age(member, on) >= 60 for member in members) == sum(cell.elderly for cell in cells)
    traits = Counter(trait for member in members for trait in member["traits"])  # type: ignore[attr-defined]  # a list of codes
    assert traits["disability"] == sum(cell.disabled for cell in cells)
    assert traits["chronic_care"] == sum(cell.chronic for cell in cells)
    assert sum(one.extras for one in found) == sum(cell.extras for cell in cells)
    assert all(_age(one.members[0], day) >= 18 for one in found)


def test_the_flood_rule_comes_to_the_known_total() -> None:
    assert 3 * FLOOD_2022.riel(99_169) == 3 * (99_169 * 80_000 + 372_859 * 16_000 + 106_317 * 16_000) == 46_801_008_000
