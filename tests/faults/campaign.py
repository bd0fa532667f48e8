"""Many schedules on one server: which seeds fail, and how small a failing one gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.faults import schedule, simulation
from tests.faults.checks import Wrong, check
from tests.faults.shrink import shrink

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.faults.schedule import Schedule
    from tests.faults.server import Server
    from tests.faults.variants import Variant

SCHEDULES, SCHEDULES_IN_TESTS = 1_000, 50
"""How many `make test-faults` runs, and `make test`."""


class Campaign:
    """Runs schedules one after the other."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def wrong(self, told: Schedule, variant: Variant, trace: list[str] | None = None) -> list[Wrong]:
        """What is wrong after a schedule, also what kept it from ending; every statement sent is added to `trace`."""
        try:
            return simulation.run(self.server, told, check, variant, trace)
        except Exception as error:  # noqa: BLE001 - the seed must be told and the others go on, whatever it was
            return [Wrong.by(error, "the schedule broke off")]

    def caught(self, seeds: Iterable[int], variant: Variant) -> tuple[int, Wrong] | None:
        """The first seed whose schedule fails as the variant must, and how; None when none does."""
        for seed in seeds:
            for wrong in self.wrong(schedule.draw(seed), variant):
                if wrong.kind == variant.kind:
                    return seed, wrong
        return None

    def shrunk(self, told: Schedule, variant: Variant, kind: str) -> Schedule:
        """The smallest schedule found that still fails in this way."""
        return shrink(told, lambda candidate: any(wrong.kind == kind for wrong in self.wrong(candidate, variant)))
