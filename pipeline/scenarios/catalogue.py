"""The scenarios there are, and how a size is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.scenarios import closing
from pipeline.scenarios.births import Births
from pipeline.scenarios.field import Field
from pipeline.scenarios.figures.births import BIRTHS_2018, BIRTHS_2022
from pipeline.scenarios.script import Script

if TYPE_CHECKING:
    from pipeline.scenarios.field import Programme
    from pipeline.scenarios.sinks import Sink

DEFAULT_SEED = 1


class ScenarioError(Exception):
    """A scenario or size that does not exist; the message says which there are."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario: `code` begins its ids, `small` and `medium` are sizes in the unit of its programme.

    `usual` is the size it has unless one is asked for.
    """

    name: str
    code: str
    title: str
    programme: Programme
    small: int
    medium: int
    usual: str = "full"

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
    )
}


def scenario(name: str) -> Scenario:
    """The scenario of this name; ScenarioError names those there are."""
    found = SCENARIOS.get(name)
    if found is None:
        raise ScenarioError(f"there is no scenario {name!r}: choose one of {', '.join(SCENARIOS)}")
    return found
