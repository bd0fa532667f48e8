"""A month of cash for households: facts recorded and folded, requests recorded, and then the decider alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from events.topics import PAYMENT
from infra.bench import deciding, prepare, recording
from infra.bench.deciding import Decided
from infra.bench.path import Written, reconciled, written
from infra.bench.world import World
from pipeline.scenarios.script import Line

SCENARIO = "covid-2020-06"


@dataclass(frozen=True)
class Month:
    """How the facts were folded and the requests decided, and what the books hold then."""

    facts: int
    folded: Decided
    decided: Decided
    books: Written

    @property
    def per_second(self) -> float:
        """Requests decided a second."""
        return self.books.requests / self.decided.seconds


def told(world: World, households: int) -> list[Line]:
    """About one card and one request a household."""
    with world.steps.step(f"Preparing {households:,} households"):
        return prepare.lines(SCENARIO, households)


def measure(world: World, lines: list[Line], change: Callable[[bytes], bytes] = bytes) -> Month:
    """On a fresh ledger; `change` alters the text of lines."""
    records = prepare.signed(lines, world.keys, change=change)
    facts = [record for record in records if record.topic != PAYMENT.name]
    requests = [record for record in records if record.topic == PAYMENT.name]
    del records
    with world.ledger() as settings, world.steps.step(f"Deciding {len(requests):,} requests with {len(facts):,} facts"):
        done = recording.record(settings, facts)
        folded = deciding.decide(settings)
        recording.record(settings, requests, done)
        decided = deciding.decide(settings)
        reconciled(settings, left_out="unrelayed")  # nobody relays here
        return Month(len(facts), folded, decided, written(settings))
