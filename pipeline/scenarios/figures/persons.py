"""Benefits of persons: what a month of a programme came to, and what is assumed where nothing is published."""

from __future__ import annotations

import msgspec

from pipeline.scenarios.figures import CURRENCY, PRESS_RIEL_A_DOLLAR, Published, Source, Status, share_of


class Kind(msgspec.Struct, frozen=True):
    """One kind of payment: the benefit, how many are told at full size, the rule's riel (None: no source), where."""

    benefit: str
    full: int
    riel: int | None
    at: str = ""


class PersonFigures(msgspec.Struct, frozen=True):
    """The payments of one programme in one month, by kind; `counted` names what the number of all of them counts.

    `difference` and `count_difference` are what the rule gives above the published money and number at full size.
    """

    name: str
    kinds: tuple[Kind, ...]
    counted: str
    published: int | None
    count_status: Status
    published_riel: int | None
    riel_status: Status
    source: Source
    note: str
    riel_source: Source | None = None
    riel_note: str = ""
    difference: int = 0
    count_difference: int = 0

    @property
    def full(self) -> int:
        """All payments of the month."""
        return sum(kind.full for kind in self.kinds)

    def counts(self, size: int) -> list[int]:
        """How many of each kind are told at a size; at least two, so that a small run shows every kind."""
        return [share_of(kind.full, size, self.full, min(2, kind.full)) for kind in self.kinds]

    def rows(self, size: int) -> tuple[Published, ...]:
        """The figures of the programme beside those of a size."""
        told = self.counts(size)
        known = tuple(dict.fromkeys(kind.benefit for kind in self.kinds if kind.riel is not None))
        riel = sum(count * (kind.riel or 0) for kind, count in zip(self.kinds, told, strict=True))
        source = self.riel_source or self.source
        rows = [
            Published(
                f"{self.name}: {self.counted}", self.counted, "told", (), sum(told), self.published,
                self.count_status, self.source, self.note, self.count_difference,
            ),
        ]  # fmt: skip
        if known:
            money = Published(
                self.name, CURRENCY, "amount", known, riel, self.published_riel, self.riel_status, source,
                self.riel_note or self.note, self.difference,
            )  # fmt: skip
            rows.insert(0, money)
        return tuple(rows)


_PUPILS_SOURCE = Source(
    "Phnom Penh Post, Cash payments aim to keep kids in school",
    "https://m.phnompenhpost.com/national/cash-payments-aim-to-keep-kids-in-school",
)

SCHOLARSHIP_2024_12 = PersonFigures(
    name="scholarships",
    kinds=(
        Kind("scholarship.primary", 150_000, 20_000),
        Kind("scholarship.lower_secondary", 80_000, 20_000),
        Kind("scholarship.upper_secondary", 30_000, 30_000),
    ),
    counted="pupils",
    published=260_000,
    count_status="confirmed",
    published_riel=None,
    riel_status="not published",
    source=_PUPILS_SOURCE,
    note="Over 260,000 students in late 2024; how many of each grade is not published: 150,000 in primary, 80,000 in "
    "lower and 30,000 in upper secondary school are assumed. Registered from 1 December 2024, first paid on 30 January "
    "2025: the month told is December 2024, paid in the cycle of January 2025.",
)

VISITS_2023_08 = PersonFigures(
    name="NSSF visits before and after birth",
    kinds=(
        Kind("nssf.maternal.anc", 2_750, 80_000),
        Kind("nssf.maternal.pnc", 1_100, 80_000),
        Kind("nssf.maternal.vaccination", 754, 80_000),
    ),
    counted="visits",
    published=4_604,
    count_status="confirmed",
    published_riel=None,
    riel_status="not published",
    source=Source(
        "Phnom Penh Post, 40,000 mothers receive $4 million cash support through NSSF",
        "https://phnompenhpost.com/national/40000-mothers-receive-4-million-cash-support-through-nssf",
    ),
    note="1 to 21 August 2023: 2,750 antenatal, 1,100 postnatal and 754 vaccination visits beside 3,241 newborns. The "
    "money was told for all together, as two billion riel; by the rule it is 1,664,720,000.",
)

CARD_MOTHERS_2023_08 = PersonFigures(
    name="NSAF cash for mothers with equity cards",
    kinds=(
        Kind("maternal.anc", 5_093, 80_000),
        Kind("maternal.pnc", 2_037, 80_000),
        Kind("maternal.vaccination", 1_397, 80_000),
        Kind("maternal.delivery", 6_003, 400_000),
    ),
    counted="payments",
    published=None,
    count_status="not published",
    published_riel=3_083_333_333,
    riel_status="derived",
    source=Source(
        "Cambodia News Service, 53,797 pregnant women and under-two children received cash support in 2023",
        "https://cambodianewsservice.com/53797-pregnant-women-and-u-2-children-received-cash-support-in-2023/",
    ),
    note="53,797 women and children were paid nearly 37 billion riel in 2023; shown is a twelfth. How many "
    "payments of which step is not published: the mix of NSSF in August 2023 is taken, and 14,530 payments of it come "
    "near a twelfth.",
    difference=26_667,
)

_KOLESAR = Source(
    "Kolesar et al. 2022, Health Economics Review, Table 1: health-centre case rates of HEF and NSSF",
    "https://healtheconomicsreview.biomedcentral.com/articles/10.1186/s13561-021-00354-8/tables/7",
)

HEF_MONTH = PersonFigures(
    name="Health Equity Fund, health centres",
    kinds=(
        Kind("hef.opd", 141_667, 4_000, "hc"),
        Kind("hef.opd", 25_000, None, "hospital"),
        Kind("hef.delivery", 4_000, 80_000, "hc"),
        Kind("hef.delivery", 1_000, None, "hospital"),
        Kind("hef.emergency", 1_333, 20_000, "hc"),
        Kind("hef.emergency", 2_000, None, "hospital"),
    ),
    counted="encounters",
    published=175_000,
    count_status="derived",
    published_riel=None,
    riel_status="not published",
    source=Source(
        "World Bank, Better health for all Cambodians, 18 June 2019",
        "https://www.worldbank.org/en/news/feature/2019/06/18/better-health-for-all-cambodians-supporting-communities-"
        "and-health-centers",
    ),
    note="Over 2 million consultations and over 100,000 admissions a year are 175,000 a month. Levels and services are "
    "not published: 85 in a hundred consultations at health centres are assumed, and 5,000 deliveries and 3,333 "
    "emergencies for the admissions, since stays and surgery have no benefit yet.",
    riel_source=_KOLESAR,
    riel_note="Rates are known of health centres only. Hospital requests wait as amount_not_set and post nothing.",
)

NSSF_MONTH = PersonFigures(
    name="NSSF health care, health centres",
    kinds=(
        Kind("nssf.opd", 185_806, 6_000, "hc"),
        Kind("nssf.opd", 433_546, None, "hospital"),
        Kind("nssf.delivery", 1_394, 80_000, "hc"),
        Kind("nssf.delivery", 3_254, None, "hospital"),
        Kind("nssf.emergency", 7_800, 20_000, "hc"),
        Kind("nssf.emergency", 18_200, None, "hospital"),
    ),
    counted="facility visits",
    published=650_000,
    count_status="confirmed",
    published_riel=13_500_000 * PRESS_RIEL_A_DOLLAR,
    riel_status="derived",
    source=Source(
        "Phnom Penh Post, As NSSF membership increases, solutions needed for congested hospitals, March 2025",
        "https://m.phnompenhpost.com/post-in-depth/as-nssf-membership-increase-solutions-needed-for-congested-hospitals",
    ),
    note="About 650,000 visits a month in 2024. Levels and services are not published: 30 in a hundred at health "
    "centres, 4 in a hundred emergencies and 4,648 deliveries (55,770 births of 2022 in twelve parts) are assumed.",
    riel_note="Published are 13.5 million dollars a month, shown at the flat 4,000 riel of the press, for all levels. "
    "Rates are known of health centres only: hospital requests wait as amount_not_set, which is most of the "
    "difference.",
    difference=-52_617_644_000,
)

TVET_MONTH = PersonFigures(
    name="stipends of trainees",
    kinds=(Kind("tvet.stipend", 10_000, 280_000),),
    counted="trainees",
    published=None,
    count_status="not published",
    published_riel=None,
    riel_status="not published",
    source=Source(
        "UrduPoint, Cambodia to provide free vocational training to 1.5 million youth, November 2023",
        "https://www.urdupoint.com/en/world/cambodia-to-provide-free-vocational-training-1767638.html",
    ),
    note="1.5 million young people are the aim of the whole programme; how many train in one month is not published. "
    "10,000 are told so that there is a number.",
)

CONTRIBUTORY_WAGE = 475_000
"""The middle of a band, which every worker told has each month."""
MATERNITY_RIEL = CONTRIBUTORY_WAGE * 70 * 90 // (100 * 30)
"""70 % of the average contributory wage, a thirtieth of it a day, for 90 days."""

ALLOWANCES_MONTH = PersonFigures(
    name="NSSF maternity allowance",
    kinds=(
        Kind("nssf.maternity_allowance", 2_000, MATERNITY_RIEL),
        Kind("nssf.sickness_allowance", 500, None),
        Kind("nssf.injury_allowance", 500, None),
    ),
    counted="leaves",
    published=None,
    count_status="not published",
    published_riel=None,
    riel_status="not published",
    source=Source(
        "National Social Protection Policy Framework 2024-2035, sections 3.1.1 and 3.3.1; NSSF 2018",
        "http://www.nssf.gov.kh/2018/08/15/royal-government-provides-400000-riels-and-various-benefits-to-postnatal-"
        "female-workers",
    ),
    note="Neither numbers nor money of a month are published: 2,000 maternity leaves and 500 of sickness and injury "
    "each are told, at a contributory wage of 475,000. The waiting days of sickness were not found and the day rules "
    "of injuries conflict, so they wait as amount_not_set.",
)
