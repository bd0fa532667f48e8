"""Watches the decider while it runs, for what cannot be told from the books afterwards."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ledger.model.kinds import Cause
from pipeline.decide.flight import Flight
from processors.desk import Step
from tests.faults.turns import CURRENT

if TYPE_CHECKING:
    import psycopg

    from events.envelope import Event
    from processors.desk import Mark, Plan
    from tests.faults.connection import Simulated

TAKES_MARKS = "delete from mark"
_MARKS = f"select mark_id from mark where cause <> {int(Cause.FREEZE)}"
_FROZEN_TOO_EARLY = f"""
select distinct encode(frozen.line_id, 'hex') from submission_line frozen
join decision on leaf_no = decision_leaf join line on line.line_id = frozen.line_id
join mark on mark.entity = line.entity or mark.entity = 'L'::bytea || frozen.line_id
where decision.block_no = (select max(block_no) from block) and decision.block_no > %s
and mark.cause <> {int(Cause.FREEZE)} and mark_id = any(%s)
"""


@dataclass
class Witness:
    """A line may be frozen only when no mark on its case is left that was there when its set began to be decided."""

    observer: psycopg.Connection[Any]
    seen: list[str] = field(default_factory=list)
    decided: dict[str, deque[list[int]]] = field(default_factory=dict)
    """The marks there were when each set on its way began to be decided, by process."""
    last_block: int = 0

    def connected(self, connection: Simulated) -> None:
        """A process that connects has nothing on its way."""
        self.forget(connection.process.name)

    def forget(self, name: str) -> None:
        """What was on its way is dropped."""
        self.decided[name] = deque()

    def begins(self, name: str) -> None:
        """A set begins to be decided."""
        self.decided[name].append([mark_id for (mark_id,) in self.observer.execute(_MARKS)])

    def after_commit(self, connection: Simulated) -> None:
        """After the COMMIT of a set: no line was frozen too early."""
        decided = self.decided.get(connection.process.name)
        if connection.took_marks and decided:
            for (line,) in self.observer.execute(_FROZEN_TOO_EARLY, (self.last_block, decided.popleft())):
                self.seen.append(f"line {line} was frozen with a mark outstanding on its case")
            self.last_block = self.observer.execute("select coalesce(max(block_no), 0) from block").fetchall()[0][0]


class WatchedStep(Step):
    """Production's step, watched."""

    def run(self, marks: Sequence[Mark], events: Mapping[int, Event]) -> Plan:
        process = CURRENT.get()
        if process is not None:
            process.turns.begins(process.name)
        return super().run(marks, events)


class WatchedFlight(Flight):
    """Production's flight, watched."""

    def drop(self) -> None:
        process = CURRENT.get()
        if process is not None:
            process.turns.forget(process.name)
        super().drop()
