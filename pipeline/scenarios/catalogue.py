"""The scenarios there are, and how a size is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.scenarios.births import LEAST_MOTHERS, Births
from pipeline.scenarios.figures import BIRTHS_2018, BIRTHS_2022, SMALL_MOTHERS

if TYPE_CHECKING:
    from pipeline.scenarios.script import Script

DEFAULT_SEED = 1


class ScenarioError(Exception):
    """A scenario or size that does not exist; the message says which there are."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario: `code` begins its ids."""

    name: str
    code: str
    title: str
    births: Births

    def mothers(self, size: str) -> int:
        """How many mothers are paid at a size: `small`, `full` or a number; ScenarioError otherwise."""
        if size == "small":
            return SMALL_MOTHERS
        if size == "full":
            return self.births.figures.mothers
        if not size.isdecimal() or int(size) < LEAST_MOTHERS:
            raise ScenarioError(f"size {size!r}: expected small, full or a number of mothers from {LEAST_MOTHERS} on")
        return int(size)

    def token(self, size: str, seed: int) -> str:
        """Begins every id: the same size told in another way has the same token."""
        return f"{self.code}.{self.mothers(size)}.{seed}"

    def script(self, size: str, seed: int) -> Script:
        """Tell the scenario; the same size and seed give the same script on every machine."""
        return self.births.script(self.token(size, seed), self.mothers(size))


SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            name="births-2018",
            code="b18",
            title="NSSF birth cash, January to August 2018",
            births=Births(BIRTHS_2018, two_schemes=False, begins_programme=True),
        ),
        Scenario(
            name="births-2022",
            code="b22",
            title="NSSF birth cash, 2022",
            births=Births(BIRTHS_2022, two_schemes=True, begins_programme=False),
        ),
    )
}


def scenario(name: str) -> Scenario:
    """The scenario of this name; ScenarioError names those there are."""
    found = SCENARIOS.get(name)
    if found is None:
        raise ScenarioError(f"there is no scenario {name!r}: choose one of {', '.join(SCENARIOS)}")
    return found
