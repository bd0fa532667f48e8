"""Birth cash: mothers paid in one period, how many had twins and triplets, and who published it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from pipeline.scenarios.figures import CURRENCY, Published, Source, Status, share_of

BIRTH_CASH = "nssf.maternal.delivery"
BIRTH_CASH_RIEL = 400_000
"""Paid for each baby since 2018-01-01 (nssf.gov.kh, 15 August 2018), and again from 2023-08-01 (AKP, 4 July 2023)."""


@dataclass(frozen=True, slots=True)
class BirthFigures:
    """Mothers paid in one period, how many of them had twins and triplets, and who published it.

    `published_riel` is the money as printed; `difference` what the rule gives above it; `counted` says how well the
    number of mothers is known. `card_riel` is what NSAF paid for a delivery in the period, since
    August 2023 for each baby (`card_by_baby`).
    """

    first_day: date
    last_day: date
    mothers: int
    twins: int
    triplets: int
    published_riel: int | None
    status: Status
    card_riel: int
    source: Source
    note: str
    difference: int = 0
    counted: Status = "confirmed"
    card_by_baby: bool = False

    def card_delivery_riel(self, babies: int) -> int:
        """What NSAF pays in the period for a delivery of so many babies."""
        return self.card_riel * babies if self.card_by_baby else self.card_riel

    @property
    def babies(self) -> int:
        """Each mother has one baby, a mother of twins one more, a mother of triplets two more."""
        return self.mothers + self.twins + 2 * self.triplets

    @property
    def amount_riel(self) -> int:
        """What is due for all babies together, in whole riel."""
        return self.babies * BIRTH_CASH_RIEL

    def scaled(self, mothers: int) -> BirthFigures:
        """The same programme for fewer or more mothers: multiple births in proportion, at least one of a kind told."""
        if mothers == self.mothers:
            return self
        return replace(
            self,
            mothers=mothers,
            twins=share_of(self.twins, mothers, self.mothers, 1),
            triplets=share_of(self.triplets, mothers, self.mothers, 1) if self.triplets else 0,
        )

    def published(self, mothers: int) -> tuple[Published, ...]:
        """The figures of this period beside those of a size."""
        told, paid, source = self.scaled(mothers), (BIRTH_CASH,), self.source
        riel, difference = self.published_riel, self.difference
        note = self.note if self.counted != "confirmed" else ""
        return (
            Published(
                "birth cash",
                CURRENCY,
                "amount",
                paid,
                told.amount_riel,
                riel,
                self.status,
                source,
                self.note,
                difference,
            ),
            Published("mothers paid", "mothers", "lines", paid, told.mothers, self.mothers, self.counted, source, note),
            Published("babies", "babies", "told", paid, told.babies, self.babies, "confirmed", source),
        )


BIRTHS_2018 = BirthFigures(
    first_day=date(2018, 1, 1),
    last_day=date(2018, 8, 31),
    mothers=38_997,
    twins=287,
    triplets=4,
    published_riel=15_716_800_000,
    status="confirmed",
    card_riel=0,
    source=Source(
        "National Social Security Fund, 22 October 2018",
        "http://www.nssf.gov.kh/2018/10/22/national-social-security-fund-distributed-additional-allowance-of-the-"
        "royal-government-amounted-to-approximately-1765-million-riels/",
    ),
    note="The page prints 39,292 babies of 38,997 mothers and 15,716,800,000 riel, which agree, beside 288 twins and "
    "4 triplets, which would make 39,293 babies: one of its figures is off by one. 287 twins meet babies and money.",
)

BIRTHS_2022 = BirthFigures(
    first_day=date(2022, 1, 1),
    last_day=date(2022, 12, 31),
    mothers=55_770,
    twins=393,
    triplets=5,
    published_riel=21_920_000_000,
    status="derived",
    card_riel=200_000,
    source=Source(
        "Phnom Penh Post, NSSF paid out $5m to working mothers",
        "https://phnompenhpost.com/national/nssf-paid-out-5m-working-mothers",
    ),
    note="56,173 babies as published (55,770 + 393 + 2 x 5). The money was published only as roughly 5.48 million "
    "dollars, shown here at the flat 4,000 riel of the press; 22,469,200,000 riel are that at about 4,100.",
    difference=549_200_000,
)

BIRTHS_2023_08 = BirthFigures(
    first_day=date(2023, 8, 1),
    last_day=date(2023, 8, 21),
    mothers=3_218,
    twins=23,
    triplets=0,
    published_riel=None,
    status="not published",
    card_riel=400_000,
    source=Source(
        "Phnom Penh Post, 40,000 mothers receive $4 million cash support through NSSF",
        "https://phnompenhpost.com/national/40000-mothers-receive-4-million-cash-support-through-nssf",
    ),
    note="3,241 newborns from 1 to 21 August 2023. How many mothers is not published: 23 twins are assumed, in "
    "proportion to 2022. The money was told together with that of visits.",
    counted="assumption",
    card_by_baby=True,
)
