from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pipeline.policy_files import load
from pipeline.scenarios import files
from processors.memory import World
from tests.unit.scenarios.reading import first_told

if TYPE_CHECKING:
    from pathlib import Path


def test_the_rules_decide_the_stories_as_they_are_told(written: Path) -> None:
    world = World(load())
    by_wave: dict[int, list[str]] = {}
    for line in first_told(written):
        if line.wave not in by_wave:
            world.decide()
            by_wave[line.wave] = []
        world.publish(line.event())
    world.decide()
    decided = Counter[tuple[str, str, tuple[str, ...]]]()
    posted = Counter[str]()
    for entry in world.latest().values():
        decision = entry.decision
        reasons = tuple(sorted(reason.value for reason in decision.reasons))
        decided[decision.benefit, decision.state.value, reasons] += 1
        posted[decision.benefit] += decision.amount_minor or 0
    expected = files.read_expected(written)
    assert decided == {(row.benefit, row.state, row.reasons): row.count for row in expected.decisions}
    assert {benefit: str(amount) for benefit, amount in posted.items() if amount} == {
        row.benefit: row.amount for row in expected.posted
    }
    assert not world.alarms
