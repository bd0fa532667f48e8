"""How a scenario ends: operators declare their batches and close their cycles, and some records come changed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipeline.scenarios import country, rates
from pipeline.scenarios.script import Wave, money

if TYPE_CHECKING:
    from pipeline.scenarios.script import Script

REDECLARED_ONE_IN = 50
"""Every so many batches one is declared with a request too many first and then anew; at least two: an assumption."""


def close(script: Script) -> None:
    """Tell the end of everything that was told so far."""
    declare_batches(script)
    close_cycles(script)
    change_some(script)


def declare_batches(script: Script) -> None:
    """Each operator declares each batch with its own count and sum; some count wrongly first."""
    opening = [batch for batch in script.batches.values() if batch.wave is Wave.DECLARED]
    for number, batch in enumerate((*opening, *(b for b in script.batches.values() if b.wave is not Wave.DECLARED))):
        data = {
            "batch_id": batch.batch_id,
            "benefit": batch.benefit,
            "cycle": batch.cycle,
            "count": batch.count,
            "totals": [money(batch.total_riel)] if batch.total_riel else [],
        }
        at = country.declared_at(batch.cycle)
        if number < 2 or number % REDECLARED_ONE_IN == 0:
            wrong = {**data, "count": batch.count + 1}
            script.tell(batch.source, "batch.declared", at - timedelta(hours=6), wrong, batch.wave)
        script.tell(batch.source, "batch.declared", at, data, batch.wave)


def close_cycles(script: Script) -> None:
    """Each operator closes each cycle in which it asked for a benefit, but those it leaves open."""
    cycles = {(batch.source, batch.benefit, batch.cycle) for batch in script.batches.values()}
    for source, benefit, cycle in sorted(cycles - script.left_open):
        data = {"benefit": benefit, "cycle": cycle}
        script.tell(source, "cycle.closed", country.closed_at(cycle), data, Wave.CLOSED)


def change_some(script: Script) -> None:
    """Some identities come a second time with other bytes: conflicts."""
    wanted = rates.CONFLICTING.of(script.outcomes.total())
    for change, kept in script.candidates.items():
        for line in script.rng.sample(kept.lines, min(wanted, len(kept.lines))):
            script.conflict(line, change)
