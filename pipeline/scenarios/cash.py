"""Cash for households: those who are paid, whatever goes wrong on the way, and those who must not be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from pipeline.scenarios import country, household_stories, rates
from pipeline.scenarios.roster import Household, Roster
from pipeline.scenarios.script import Wave, money

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from pipeline.scenarios.field import Field
    from pipeline.scenarios.figures import Published
    from pipeline.scenarios.figures.households import HouseholdFigures
    from pipeline.scenarios.script import Script

LEAST_HOUSEHOLDS = 200
ASKED_FROM, ASKED_UNTIL = 12, 24
"""Days of a month on which households are asked for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was made."""

    request_id: str
    at: datetime
    cycle: str


class Desk:
    """Where households are asked for: NSAF's request for one month or round, at our figure unless told otherwise."""

    def __init__(self, field: Field, figures: HouseholdFigures) -> None:
        self.script: Script = field.script
        self.rng: random.Random = field.rng
        self.figures = figures
        self.benefit = figures.benefit
        self.tag = figures.benefit[:2]

    def riel(self, household: Household) -> int:
        """What the published rule gives for this household."""
        return self.figures.rates.riel(household.place, 1, len(household.members), household.extras)

    def asking_time(self, month: str) -> datetime:
        """Some working hour of the month's payment days."""
        return country.office_hour(self.rng, date.fromisoformat(f"{month}-{self.rng.randint(ASKED_FROM, ASKED_UNTIL)}"))

    def ask(
        self,
        household: Household,
        month: str,
        *,
        at: datetime | None = None,
        cycle: str | None = None,
        amount_riel: int | None = None,
        request_id: str | None = None,
        household_id: str | None = None,
        part: str = "",
        wave: Wave = Wave.OPENING,
    ) -> Asked:
        """A request for one month or round; one in twenty leaves the figure to the system."""
        at = at or self.asking_time(month)
        cycle = cycle or month
        silent = amount_riel is None and self.rng.random() < rates.NO_AMOUNT_TOLD.share
        told = 0 if silent else amount_riel or self.riel(household)
        declared = Wave.DECLARED if wave is Wave.OPENING else wave
        batch = self.script.batch("nsaf", self.benefit, cycle, f"{self.tag}{part or household.province}", declared)
        if request_id is None:
            batch.add(told)
            request_id = self.script.next_id()
        round_ = self.figures.round
        data: dict[str, object] = {
            "request_id": request_id,
            "batch_id": batch.batch_id,
            "benefit": self.benefit,
            "household_id": household_id or household.household_id,
            "for": {"month": month} if round_ is None else {"round": round_},
            "cycle": cycle,
            "payee": {
                "channel": "wallet",
                "provider": "wing",
                "account_ref": f"tok-{household.household_id}",
                "holder": household.head,
                "role": "household_head",
            },
        }
        if told:
            data["amount"] = money(told)
        self.script.tell("nsaf", "payment.requested", at, data, wave)
        return Asked(request_id, at, cycle)

    def paid(self, household: Household) -> None:
        """Expect the household's request to end submitted at the rule's figure."""
        self.script.expect_paid(self.benefit, self.riel(household))

    def refused(self, *reasons: str) -> None:
        """Expect a request to end rejected."""
        self.script.expect(self.benefit, "rejected", *reasons)


@dataclass(frozen=True, slots=True)
class Cash:
    """Cash for households in some months or one round."""

    figures: HouseholdFigures
    unit: str = "households"
    least: int = LEAST_HOUSEHOLDS

    @property
    def full(self) -> int:
        """As many households as were paid."""
        return self.figures.households

    def published(self, size: int) -> tuple[Published, ...]:
        """The figures of the programme beside those of a size."""
        return self.figures.published(size)

    def tell(self, field: Field, size: int) -> None:
        """Tell of this many households that are paid, and of those that must not be."""
        self.tell_each(field, size, lambda _household, _plain: None)

    def tell_each(self, field: Field, size: int, paid: Callable[[Household, bool], None]) -> None:
        """The same; `paid` hears of each household that is paid, and whether all about it was plain."""
        months = self.figures.months
        roster = Roster(field, self.figures, date.fromisoformat(f"{months[0]}-01"))
        desk = Desk(field, self.figures)
        households = roster.households(size)
        for story, rate in household_stories.DUE:
            for _ in range(rate.of(size)):
                household = next(households)
                story(roster, desk, household, months[0])
                self._go_on(desk, household)
                paid(household, False)
        for household in households:
            roster.identify(household)
            desk.ask(household, months[0])
            desk.paid(household)
            self._go_on(desk, household)
            paid(household, True)
        not_due = household_stories.NOT_DUE_AT_FIRST if self.figures.begins else household_stories.NOT_DUE
        for story, rate in not_due:
            for _ in range(rate.of(size)):
                story(roster, desk, roster.spare(), months[0])

    def _go_on(self, desk: Desk, household: Household) -> None:
        for month in self.figures.months[1:]:
            desk.ask(household, month)
            desk.paid(household)
