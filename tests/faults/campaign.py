"""Many schedules on one server: which seeds fail, and how small a failing one gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.faults import schedule, simulation
from tests.faults.checks import check
from tests.faults.shrink import shrink

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.faults.schedule import Schedule
    from tests.faults.server import Server
    from tests.faults.variants import Variant


class Campaign:
    """Runs schedules one after the other."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def wrong(self, told: Schedule, variant: Variant) -> list[str]:
        """What is wrong after a schedule; nothing when all is well."""
        return simulation.run(self.server, told, check, variant)[0]

    def traced(self, told: Schedule, variant: Variant) -> tuple[list[str], list[str]]:
        """What is wrong, and every statement in the order sent."""
        return simulation.run(self.server, told, check, variant, tracing=True)

    def caught(self, seeds: Iterable[int], variant: Variant) -> tuple[int, list[str]] | None:
        """The first seed whose schedule fails, and why; None when none does."""
        for seed in seeds:
            if wrong := self.wrong(schedule.draw(seed), variant):
                return seed, wrong
        return None

    def shrunk(self, told: Schedule, variant: Variant) -> Schedule:
        """The smallest schedule found that still fails."""
        return shrink(told, lambda candidate: bool(self.wrong(candidate, variant)))
