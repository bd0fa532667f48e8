"""A household whose members all count elsewhere: refused for its amount only where members make a difference."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipeline.scenarios.figures.households import FLOOD_2022, INFLATION_1, HouseholdFigures
from pipeline.scenarios.household_stories import _refused_empty


@pytest.mark.parametrize(
    ("figures", "members", "reasons"),
    [
        (INFLATION_1, 1, ["card_not_valid"]),
        (INFLATION_1, 2, ["card_not_valid", "amount_mismatch"]),
        (FLOOD_2022, 1, ["card_not_valid", "amount_mismatch"]),
    ],
)
def test_the_amount_is_wrong_where_members_were_counted(
    figures: HouseholdFigures, members: int, reasons: list[str]
) -> None:
    told: list[str] = []
    desk = cast("Any", SimpleNamespace(figures=figures, refused=lambda *found: told.extend(found)))
    place = next(iter(figures.rates.member))
    household = cast("Any", SimpleNamespace(place=place))
    _refused_empty(desk, household, figures.rates.riel(place, 1, members, 0))
    assert told == reasons
