"""The scenarios there are, and how a size is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.scenarios import allowances, care, closing, pupils, trainees, visits
from pipeline.scenarios.births import Births
from pipeline.scenarios.cash import Cash
from pipeline.scenarios.family import Package
from pipeline.scenarios.field import Field
from pipeline.scenarios.figures import COUNTRY_MONTH, CURRENCY, Published
from pipeline.scenarios.figures.births import BIRTHS_2018, BIRTHS_2022, BIRTHS_2023_08
from pipeline.scenarios.figures.households import COVID_2020_06, FLOOD_2022
from pipeline.scenarios.figures.persons import (
    ALLOWANCES_MONTH,
    CARD_MOTHERS_2023_08,
    HEF_MONTH,
    NSSF_MONTH,
    SCHOLARSHIP_2024_12,
    TVET_MONTH,
    VISITS_2023_08,
)
from pipeline.scenarios.inflation import Inflation
from pipeline.scenarios.persons import Persons
from pipeline.scenarios.script import Script
from pipeline.scenarios.together import Together

if TYPE_CHECKING:
    from pipeline.scenarios.field import Programme
    from pipeline.scenarios.sinks import Sink

DEFAULT_SEED = 1


class ScenarioError(Exception):
    """A scenario or size that does not exist; the message says which there are."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario: `code` begins its ids, `small` and `medium` are sizes in the unit of its programme.

    `usual` is the size it has unless one is asked for; `about` says what a reader must know of it as a whole.
    """

    name: str
    code: str
    title: str
    programme: Programme
    small: int
    medium: int
    usual: str = "full"
    about: str = ""

    def quantity(self, size: str) -> int:
        """How many of the programme's units a size is: `small`, `medium`, `full` or a number; else ScenarioError."""
        named = {"small": self.small, "medium": self.medium, "full": self.programme.full, "": self.quantity_usual}
        if size in named:
            return named[size]
        unit, least = self.programme.unit, self.programme.least
        if not size.isdecimal() or int(size) < least:
            raise ScenarioError(f"size {size!r}: expected small, medium, full or a number of {unit} from {least} on")
        return int(size)

    @property
    def quantity_usual(self) -> int:
        """How many units it has unless a size is asked for."""
        return {"small": self.small, "medium": self.medium}.get(self.usual, self.programme.full)

    def token(self, size: str, seed: int) -> str:
        """Begins every id: the same size told in another way has the same token."""
        return f"{self.code}.{self.quantity(size)}.{seed}"

    def tell(self, size: str, seed: int, sink: Sink) -> Script:
        """Tell the scenario; the same size and seed tell the same on every machine."""
        quantity = self.quantity(size)
        script = Script(self.token(size, seed), sink)
        self.programme.tell(Field(script, quantity / self.programme.full), quantity)
        closing.close(script)
        return script


_NSSF_MOTHERS = Published(
    name="NSSF cash for mothers, births and visits",
    unit=CURRENCY,
    measure="amount",
    benefits=("nssf.maternal.delivery", "nssf.maternal.anc", "nssf.maternal.pnc", "nssf.maternal.vaccination"),
    rule=0,
    published=2_000_000_000,
    status="confirmed",
    source=VISITS_2023_08.source,
    note="Published as two billion riel. The numbers published with it come to 1,664,720,000 by the rule; a rounded "
    "figure, or one that counts more than it says, would explain the rest.",
    difference=-335_280_000,
)
MATERNAL = Together(
    (
        Births(BIRTHS_2023_08, two_schemes=True, begins_programme=False),
        Persons("visits", VISITS_2023_08, visits.members, visits.telling),
        Persons("payments", CARD_MOTHERS_2023_08, visits.card_holders, visits.telling),
    ),
    (_NSSF_MOTHERS,),
)
SCHOLARSHIPS = Persons("pupils", SCHOLARSHIP_2024_12, pupils.due, pupils.telling)
HEALTH_EQUITY_FUND = Persons("encounters", HEF_MONTH, care.hef, care.telling)
NSSF_CARE = Persons("facility visits", NSSF_MONTH, care.nssf, care.telling)
STIPENDS = Persons("trainees", TVET_MONTH, trainees.due, trainees.telling)
ALLOWANCES = Persons("leaves", ALLOWANCES_MONTH, allowances.due, allowances.telling)
COUNTRY = Together(
    (Package(), Inflation(), MATERNAL, SCHOLARSHIPS, HEALTH_EQUITY_FUND, NSSF_CARE, STIPENDS, ALLOWANCES)
)

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            name="births-2018",
            code="b18",
            title="NSSF birth cash, January to August 2018",
            programme=Births(BIRTHS_2018, two_schemes=False, begins_programme=True),
            small=1_000,
            medium=10_000,
        ),
        Scenario(
            name="births-2022",
            code="b22",
            title="NSSF birth cash, 2022",
            programme=Births(BIRTHS_2022, two_schemes=True, begins_programme=False),
            small=1_000,
            medium=10_000,
        ),
        Scenario(
            name="flood-2022",
            code="fl22",
            title="Flood cash, December 2022 to February 2023",
            programme=Cash(FLOOD_2022),
            small=400,
            medium=10_000,
        ),
        Scenario(
            name="inflation-2022",
            code="in22",
            title="Inflation cash, payment 1 of December 2022, with the households that flood cash paid",
            programme=Inflation(),
            small=400,
            medium=10_000,
        ),
        Scenario(
            name="covid-2020-06",
            code="co20",
            title="COVID-19 cash, first month, June 2020",
            programme=Cash(COVID_2020_06),
            small=400,
            medium=10_000,
        ),
        Scenario(
            name="scholarship",
            code="sch",
            title="Scholarships, December 2024",
            programme=SCHOLARSHIPS,
            small=400,
            medium=10_000,
        ),
        Scenario(
            name="hef-month",
            code="hef",
            title="Health Equity Fund, one month",
            programme=HEALTH_EQUITY_FUND,
            small=400,
            medium=10_000,
        ),
        Scenario(
            name="nssf-month",
            code="nsf",
            title="NSSF health care, one month",
            programme=NSSF_CARE,
            small=400,
            medium=10_000,
        ),
        Scenario(
            name="tvet",
            code="tvt",
            title="Stipends of trainees, December 2024",
            programme=STIPENDS,
            small=400,
            medium=2_000,
        ),
        Scenario(
            name="maternal",
            code="mat",
            title="Cash for mothers, 1 to 21 August 2023",
            programme=MATERNAL,
            small=200,
            medium=1_000,
        ),
        Scenario(
            name="country-month",
            code="cm",
            title="A month of the country, every programme at the size published for one of its months",
            programme=COUNTRY,
            small=705,
            medium=7_055,
            usual="medium",
            about=COUNTRY_MONTH,
        ),
    )
}


def scenario(name: str) -> Scenario:
    """The scenario of this name; ScenarioError names those there are."""
    found = SCENARIOS.get(name)
    if found is None:
        raise ScenarioError(f"there is no scenario {name!r}: choose one of {', '.join(SCENARIOS)}")
    return found
