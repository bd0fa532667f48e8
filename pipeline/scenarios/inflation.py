"""Inflation cash, payment 1: at-risk households that are paid, and those that flood cash has paid and that are not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from pipeline.scenarios import country
from pipeline.scenarios.cash import ASKED_UNTIL, LEAST_HOUSEHOLDS, Cash, Desk
from pipeline.scenarios.figures import Published, share_of
from pipeline.scenarios.figures.households import FLOOD_2022, INFLATION_1, HouseholdFigures

if TYPE_CHECKING:
    from pipeline.scenarios.field import Field
    from pipeline.scenarios.roster import Household

FLOOD_DECEMBER = replace(
    FLOOD_2022,
    months=FLOOD_2022.months[:1],
    published_riel=None,
    status="not published",
    note="December 2022 alone, which is a third of the three months by the rule; published are the three together.",
    difference=0,
)


@dataclass(frozen=True, slots=True)
class Inflation:
    """Payment 1. Every household that flood cash pays in the same month is asked for too, and refused."""

    figures: HouseholdFigures = INFLATION_1
    flood: HouseholdFigures = FLOOD_DECEMBER
    unit: str = "households"
    least: int = LEAST_HOUSEHOLDS

    @property
    def full(self) -> int:
        """As many households as were paid."""
        return self.figures.households

    def published(self, size: int) -> tuple[Published, ...]:
        """The figures of both programmes beside those of a size."""
        return (*self.figures.published(size), *self.flood.published(self._flooded(size)))

    def tell(self, field: Field, size: int) -> None:
        """Tell of this many households that are paid, and of flood households in proportion that are not."""
        Cash(self.figures).tell(field, size)
        desk = Desk(field, self.figures)

        month = self.flood.months[0]
        after = date.fromisoformat(f"{month}-{ASKED_UNTIL + 2}")

        def ask_too(household: Household, plain: bool) -> None:  # noqa: FBT001 - one of two things it hears of
            if plain:
                desk.ask(household, month, at=country.office_hour(field.rng, after))
                desk.refused("exclusive_benefit")

        Cash(self.flood).tell_each(field, self._flooded(size), ask_too)

    def _flooded(self, size: int) -> int:
        return share_of(self.flood.households, size, self.full, LEAST_HOUSEHOLDS)
