"""Households of one month of COVID-19 cash, and what the Family Package owes the same households later.

The two never paid in the same month: COVID-19 cash ended in March 2024, the Family Package began in April.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pipeline.scenarios import country
from pipeline.scenarios.cash import LEAST_HOUSEHOLDS, Cash
from pipeline.scenarios.figures import CURRENCY, Published, Source, share_of
from pipeline.scenarios.figures.households import COVID_2023_03, HouseholdFigures
from pipeline.scenarios.script import money

if TYPE_CHECKING:
    from pipeline.scenarios.field import Field
    from pipeline.scenarios.roster import Household
    from pipeline.scenarios.script import Script

MONTH = "2025-01"
CHRONIC_CARE, CHRONIC_CARE_RIEL = "family.chronic_care", 28_000
WAITING = ("family.base", "family.elderly", "family.disability")
"""Benefits whose amounts no source gives."""
REGISTERED_HOUSEHOLDS = 570_000

_CAMPAIGN = Source(
    "Phnom Penh Post, Campaign boosts enrollment for social assistance",
    "https://www.phnompenhpost.com/national/campaign-boosts-enrollment-for-social-assistance",
)
_CHRONIC = Source(
    "Cambodianess, Cash aid boost for poor and vulnerable, December 2023",
    "https://www.cambodianess.com/article/cash-aid-boost-for-poor-and-vulnerable",
)


@dataclass(frozen=True, slots=True)
class Package:
    """A month of COVID-19 cash for every household, and a month of the Family Package for those that registered."""

    figures: HouseholdFigures = COVID_2023_03
    unit: str = "households"
    least: int = LEAST_HOUSEHOLDS

    @property
    def full(self) -> int:
        """As many households as were paid."""
        return self.figures.households

    def published(self, size: int) -> tuple[Published, ...]:
        """The figures of both programmes beside those of a size."""
        chronic = sum(cell.chronic for cell in self.figures.cells(size))
        return (
            *self.figures.published(size),
            Published(
                "Family Package, persons in chronic care", CURRENCY, "amount", (CHRONIC_CARE,),
                chronic * CHRONIC_CARE_RIEL, None, "not published", _CHRONIC,
                "Told for the members in chronic care of March 2023.",
            ),
            Published(
                "Family Package, registered households", "households", "told", ("family.base",), self._registered(size),
                REGISTERED_HOUSEHOLDS, "confirmed", _CAMPAIGN,
                "April to June 2024. The amounts for households, elderly and disabled members were not found: these "
                "requests wait as amount_not_set.",
            ),
        )  # fmt: skip

    def tell(self, field: Field, size: int) -> None:
        """Tell of this many households in both programmes."""
        left = self._registered(size)
        script = field.script
        for benefit in WAITING:
            script.leave_open("nsaf", benefit, MONTH)

        def ask_too(household: Household, _plain: bool) -> None:  # noqa: FBT001 - one of two things it hears of
            nonlocal left
            if left:
                left -= 1
                _ask(script, household, "family.base", None)
            for sp_id in household.chronic:
                _ask(script, household, CHRONIC_CARE, sp_id)
            for sp_id in household.elderly:
                _ask(script, household, "family.elderly", sp_id)
            for sp_id in household.disabled:
                _ask(script, household, "family.disability", sp_id)

        Cash(self.figures).tell_each(field, size, ask_too)

    def _registered(self, size: int) -> int:
        return share_of(REGISTERED_HOUSEHOLDS, size, self.full)


def _ask(script: Script, household: Household, benefit: str, sp_id: str | None) -> None:
    """Ask for the household, or for the member named."""
    part = benefit.partition(".")[2]
    batch = script.batch("nsaf", benefit, MONTH, f"f{part[0]}{household.province}")
    at = country.office_hour(script.rng, date.fromisoformat(f"{MONTH}-{script.rng.randint(12, 24)}"))
    data: dict[str, object] = {
        "request_id": script.next_id(),
        "batch_id": batch.batch_id,
        "benefit": benefit,
        "for": {"month": MONTH},
        "cycle": MONTH,
        "payee": {
            "channel": "wallet",
            "provider": "wing",
            "account_ref": f"tok-{household.household_id}",
            "holder": household.head,
            "role": "household_head",
        },
    }
    data |= {"household_id": household.household_id} if sp_id is None else {"sp_id": sp_id}
    if benefit == CHRONIC_CARE:
        data["amount"] = money(CHRONIC_CARE_RIEL)
        batch.add(CHRONIC_CARE_RIEL)
        script.expect_paid(benefit, CHRONIC_CARE_RIEL)
    else:
        batch.add(0)
        script.expect(benefit, "pended", "amount_not_set")
    script.tell("nsaf", "payment.requested", at, data)
