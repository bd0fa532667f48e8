"""All facts decided again in another order and in other sets; what was submitted comes in as it was recorded.

Submission is the barrier: what it fixed of a line is not found again but told, as a decision the books begin with.
Everything else, certifications and movements of money included, is a fact among the others.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, NamedTuple

from ledger.model.kinds import Cause
from ledger.model.rows import DecisionKind
from ledger.store import connect, copy
from pipeline import active_policy
from pipeline.decide.observing import Observer
from pipeline.decide.shelf import DatabaseShelf
from pipeline.decide.steps import Steps
from pipeline.decide.submitting import Submissions
from pipeline.decide.taking import restored
from pipeline.metrics import Metrics
from pipeline.rebuild.submitted import standing_recoveries, submitted
from pipeline.rebuild.target import RebuildError
from processors import entities
from processors.desk import Plan
from processors.facts import EntityState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.store.connection import LedgerConnection, LedgerCursor
    from pipeline.decide.flight import Flying
    from pipeline.decide.submitting import Asked
    from pipeline.rebuild.replay import Advance
    from processors.outcome import Decision
    from processors.policy.model import Policy

MOST_AT_ONCE = 4_000
"""At most so many facts are told between two sets, and of a small ledger a tenth; drawn anew each time."""
MARKS_AT_ONCE = (20, 1_500)
"""So many marks are taken for a set, drawn likewise."""
SEEDED_AT_ONCE = 2_000


class Decided(NamedTuple):
    """How much was decided again."""

    events: int
    sets: int


class _AsRecorded(Submissions):
    """Submits nothing: what was submitted is told, and nothing else was. Budgets are kept, and hold nothing back."""

    def submit(self, cursor: LedgerCursor, asked: Asked) -> None:
        self.budgets.told(cursor, asked.budgets)


class _Nobody(Observer):
    """Alarms were told when the books were made."""

    def landed(self, flying: Flying) -> None:
        """Tell nothing."""


class _Steps(Steps):
    """The decider's steps by one policy, with submissions as they were recorded."""

    def reload(self) -> None:
        super().reload()
        self.ledger.submissions = _AsRecorded(self.ledger.head.next_submission)

    def _adopt(self) -> None:
        """A policy that was not in force is not in force here."""


def require_decided(original: LedgerConnection) -> None:
    """RebuildError when marks are left: what is not decided to the end cannot be compared."""
    row = original.execute("select (select count(*) from mark), (select count(*) from parked_mark)").fetchone()
    marks, parked = row if row is not None else (0, 0)
    if marks:
        raise RebuildError(
            f"{marks:,} marks are not decided yet, so decisions are not final: `spp drain` waits for them"
        )
    if parked:
        raise RebuildError(
            f"{parked:,} marks are parked, so their facts are in no decision: repair what `spp parked list` shows, and "
            "`spp parked retry`"
        )


def decide_again(original: LedgerConnection, target: str, seed: int, advance: Advance) -> Decided:
    """Decide all facts in the target's inbox, in the order and the sets that `seed` draws."""
    draw = Random(seed)  # noqa: S311 - an order that anybody can draw again, no secret
    with connect(target, "writer") as connection, connect(target, "writer") as telling:
        connection.execute("set synchronous_commit = off")
        connection.commit()
        telling.autocommit = True
        positions = [position for (position,) in telling.execute("select position from inbox order by 1")]
        draw.shuffle(positions)
        with _Steps(_policy, _Nobody(Metrics()), connection, target) as steps:
            _submit(original, telling, steps)
            steps.reload()
            return Decided(len(positions), _decide(telling, steps, positions, draw, advance))


def _policy(connection: LedgerConnection) -> Policy:
    return active_policy.current(connection)


def _decide(telling: LedgerConnection, steps: Steps, positions: Sequence[int], draw: Random, advance: Advance) -> int:
    sets, told = 0, 0
    most = min(MOST_AT_ONCE, len(positions) // 10 + 1)
    while told < len(positions):
        more = positions[told : told + draw.randint(1, most)]
        with telling.transaction(), telling.cursor(binary=True) as cursor:
            events = restored(cursor, more)
            rows = [
                (key, at, int(Cause.FACT), None) for at in more for key in _shuffled(entities.homes(events[at]), draw)
            ]
            copy.copy_rows(cursor, copy.MARK, rows)
        told += len(more)
        for _ in range(draw.randint(0, 4)):
            sets += 1
            steps.step(draw.randint(*MARKS_AT_ONCE))
        advance(told, len(positions), "facts told")
    while steps.step(draw.randint(*MARKS_AT_ONCE)):
        sets += 1
    return sets


def _shuffled(keys: tuple[bytes, ...], draw: Random) -> list[bytes]:
    return draw.sample(keys, len(keys))


def _submit(original: LedgerConnection, telling: LedgerConnection, steps: Steps) -> None:
    """Begin the books with what was submitted, and with proposals that no policy in force would find again."""
    with telling.transaction(), telling.cursor(binary=True) as cursor:
        for decisions in submitted(original, cursor, steps.policy, SEEDED_AT_ONCE):
            _write(cursor, steps, decisions)
        for decisions in standing_recoveries(original, cursor, steps.policy, SEEDED_AT_ONCE):
            _write(cursor, steps, decisions)


def _write(cursor: LedgerCursor, steps: Steps, decisions: Sequence[Decision]) -> None:
    plan = Plan(decisions=[(decision, None) for decision in decisions])
    for decision in decisions:
        if decision.kind is DecisionKind.DECIDED and decision.frozen is not None:
            plan.states[b"L" + decision.subject] = EntityState()
            plan.releases.append((decision.frozen.submission_no, decision.subject, True))
    shelf = DatabaseShelf(cursor, steps.cache)
    steps.ledger.write(lambda work, *given: work(cursor, *given), shelf, plan, [], {})
