"""The published figures a scenario must meet to the riel, and how they shrink to a smaller size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

CURRENCY = "KHR"
BIRTH_CASH_RIEL = 400_000
"""Paid for each baby born from 2018-01-01 to 2023-07-31 (nssf.gov.kh, 15 August 2018)."""

SMALL_MOTHERS = 1_000


@dataclass(frozen=True, slots=True)
class BirthFigures:
    """Mothers paid in one period, how many of them had twins and triplets, and who published it."""

    first_day: date
    last_day: date
    mothers: int
    twins: int
    triplets: int
    source: str
    note: str

    @property
    def babies(self) -> int:
        """Each mother has one baby, a mother of twins one more, a mother of triplets two more."""
        return self.mothers + self.twins + 2 * self.triplets

    @property
    def amount_riel(self) -> int:
        """What is due for all babies together, in whole riel."""
        return self.babies * BIRTH_CASH_RIEL

    def scaled(self, mothers: int) -> BirthFigures:
        """The same programme for fewer or more mothers: multiple births in proportion, at least one of each kind."""
        if mothers == self.mothers:
            return self
        return replace(
            self,
            mothers=mothers,
            twins=max(1, round(self.twins * mothers / self.mothers)),
            triplets=max(1, round(self.triplets * mothers / self.mothers)),
            note=f"{self.mothers:,} mothers of the published figure in proportion to {mothers:,}",
        )


BIRTHS_2018 = BirthFigures(
    first_day=date(2018, 1, 1),
    last_day=date(2018, 8, 31),
    mothers=38_997,
    twins=287,
    triplets=4,
    source="http://www.nssf.gov.kh/2018/10/22/national-social-security-fund-distributed-additional-allowance-of-the-"
    "royal-government-amounted-to-approximately-1765-million-riels/",
    note="The page prints 39,292 babies of 38,997 mothers and 15,716,800,000 riel, which agree, beside 288 twins and "
    "4 triplets, which would make 39,293 babies: one of its figures is off by one. 287 twins meet babies and money.",
)

BIRTHS_2022 = BirthFigures(
    first_day=date(2022, 1, 1),
    last_day=date(2022, 12, 31),
    mothers=55_770,
    twins=393,
    triplets=5,
    source="https://phnompenhpost.com/national/nssf-paid-out-5m-working-mothers",
    note="56,173 babies as published (55,770 + 393 + 2 x 5); the money was published only as roughly 5.48 million "
    "dollars, which 22,469,200,000 riel are at about 4,100 riel a dollar.",
)
