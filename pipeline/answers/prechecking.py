"""What would be decided now: the file's events folded onto the recorded states and adjudicated, and nothing kept.

One step of the decider over everything at once: the file's events, and what is recorded and not decided yet of the
entities they touch. A case reads the facts of its neighbours and never their decisions, so one step is enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from events.payment import PaymentRequested
from events.reasons import Reason
from events.states import LineState
from ledger.model.kinds import Cause
from ledger.statements.batches import lines_of
from ledger.statements.history import decisions_on
from ledger.store import books
from pipeline.answers.casefile import Other
from pipeline.answers.explaining import sentence_of
from pipeline.answers.lines import money
from pipeline.answers.telling import asked_for
from pipeline.decide.shelf import DatabaseShelf
from pipeline.decide.taking import read_events
from processors import entities
from processors.batches import BatchMismatch, Group, compare, declaration
from processors.desk import Mark
from processors.policy.terms import Language
from processors.ruling import subject_of_event

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from events.envelope import Event
    from pipeline.answers.judging import Judged, Line
    from pipeline.readonly import ReadOnlyWorld
    from processors.desk import Plan
    from processors.outcome import Decision, History
    from processors.policy.model import Policy

APPROVED = frozenset(
    {LineState.APPROVED, LineState.SUBMITTED, LineState.CERTIFIED, LineState.INSTRUCTED, LineState.SETTLED}
)
"""States in which a request has what it asked for, or is on its way to it."""
UNDECIDED = "undecided"


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what is told."""


class Answer(Told, frozen=True, kw_only=True):
    """What would be decided on one request of the file; `new` is False for one that is recorded already."""

    line: int
    source: str
    request_id: str
    benefit: str
    asked_for: str
    recipient: str
    new: bool
    state: str
    reasons: list[dict[str, str]]
    amount: dict[str, str] | None
    won_by: Other | None


class Change(Told, frozen=True, kw_only=True):
    """A request recorded already, of a case the file touches, that would be decided otherwise than it is."""

    source: str
    request_id: str
    before: str
    after: str


class Batch(Told, frozen=True, kw_only=True):
    """A batch as it would stand: known and declared requests, and whether it would be complete."""

    source: str
    batch_id: str
    known: int
    declared: int | None
    complete: bool


class Precheck(Told, frozen=True, kw_only=True):
    """The whole answer."""

    answers: list[Answer]
    changes: list[Change]
    batches: list[Batch]
    undecided: int

    @property
    def approved(self) -> int:
        """How many requests of the file would have what they ask for."""
        return sum(1 for answer in self.answers if answer.state in APPROVED)


def precheck(world: ReadOnlyWorld, policy: Policy, judged: Judged) -> Precheck:
    """What would become of a judged file."""
    plan, waiting = _decide(world, policy, [line.event for line in judged.new])
    lines = sorted((*judged.new, *judged.known), key=lambda line: line.number)
    new = {line.number for line in judged.new}
    return Precheck(
        answers=_answers(world, plan, lines, new),
        changes=_changes(plan, lines),
        batches=[_batch(world, policy, plan, *name) for name in sorted(plan.batches)],
        undecided=waiting,
    )


# -- deciding ---------------------------------------------------------------------------------------------------------


def _decide(world: ReadOnlyWorld, policy: Policy, events: Sequence[Event]) -> tuple[Plan, int]:
    """The plan for these events and all undecided ones of what they touch; and how many those are."""
    undecided: dict[int, Event] = {}
    while True:
        marks, by_position = _marks([*events, *undecided.values()])
        plan = world.decide(policy, marks, by_position)
        found = _undecided(world, list(world.cache.states))
        if found.keys() <= undecided.keys():
            return plan, len(undecided)
        undecided |= found
        world.forget()


def _marks(events: Iterable[Event]) -> tuple[list[Mark], dict[int, Event]]:
    """Marks as recording makes them, at positions of their own."""
    by_position = dict(enumerate(events))
    named = [(key, position) for position, event in by_position.items() for key in entities.homes(event)]
    marks = [Mark(-1 - at, key, position, int(Cause.FACT), None) for at, (key, position) in enumerate(named)]
    return marks, by_position


def _undecided(world: ReadOnlyWorld, keys: Sequence[bytes]) -> dict[int, Event]:
    """Events that are recorded and not decided yet of these entities, by their position in the inbox."""
    rows = [row for row in books.read_marks(world.cursor, keys) if row[2] is not None]
    return read_events(world.cursor, rows)


# -- what is told -----------------------------------------------------------------------------------------------------


def _answers(world: ReadOnlyWorld, plan: Plan, lines: Sequence[Line], new: set[int]) -> list[Answer]:
    decided = {(item.subject, item.event.id): item for item, _ in plan.decisions}
    asked = [(line, line.event.data) for line in lines if isinstance(line.event.data, PaymentRequested)]
    subjects = {subject for line, data in asked for subject in _subjects(line.event, data)}
    last = DatabaseShelf(world.cursor, world.cache).history(subjects)
    winners = {item.won_by for item, _ in plan.decisions} | {item.won_by for item in last.values()}
    names = _names(world, plan, {line_id for line_id in winners if line_id is not None})
    return [
        _answer(line, data, _found(line.event, data, decided, last), names, new=line.number in new)
        for line, data in asked
    ]


def _subjects(event: Event, request: PaymentRequested) -> tuple[bytes, bytes]:
    return entities.line(event.source, request.request_id)[1:], subject_of_event(event.source, event.id)


def _found(
    event: Event,
    request: PaymentRequested,
    decided: Mapping[tuple[bytes, str], Decision],
    last: Mapping[bytes, History],
) -> Decision | History | None:
    """What would be, else what is, decided on this very request."""
    subjects = _subjects(event, request)
    would = next((decided[(subject, event.id)] for subject in subjects if (subject, event.id) in decided), None)
    return would or next((last[each] for each in subjects if each in last and last[each].event_id == event.id), None)


def _answer(
    line: Line, request: PaymentRequested, found: Decision | History | None, names: Mapping[bytes, Other], *, new: bool
) -> Answer:
    reasons: tuple[Reason, ...] = () if found is None else found.reasons
    return Answer(
        line=line.number,
        source=line.event.source,
        request_id=request.request_id,
        benefit=request.benefit,
        asked_for=asked_for(request, Language.ENGLISH).removeprefix("for "),
        recipient=request.sp_id or request.household_id or "",
        new=new,
        state=UNDECIDED if found is None else found.state.value,
        reasons=[{"reason": each.value, "sentence": sentence_of(each, Language.ENGLISH)} for each in reasons],
        amount=None if found is None else money(found.amount_minor, found.currency),
        won_by=None if found is None or found.won_by is None else names.get(found.won_by),
    )


def _names(world: ReadOnlyWorld, plan: Plan, winners: set[bytes]) -> dict[bytes, Other]:
    """The requests of these lines, recorded or only in the file."""
    rows = decisions_on(world.cursor, winners) if winners else []
    found = {
        row.subject: Other(line_id=row.subject.hex(), source=row.source, request_id=row.request_id) for row in rows
    }
    return found | {
        item.subject: Other(line_id=item.subject.hex(), source=item.event.source, request_id=item.request_id)
        for item, _ in plan.decisions
        if item.subject in winners
    }


def _changes(plan: Plan, lines: Iterable[Line]) -> list[Change]:
    own = {(line.event.source, line.event.id) for line in lines}
    return [
        Change(
            source=item.event.source,
            request_id=item.request_id,
            before=UNDECIDED if before is None else before.state.value,
            after=item.state.value if item.subject == item.line_id else item.kind.name.lower(),
        )
        for item, before in plan.decisions
        if (item.event.source, item.event.id) not in own and item.line_id is not None
    ]


def _batch(world: ReadOnlyWorld, policy: Policy, plan: Plan, source: str, batch_id: str) -> Batch:
    lines = {
        row.line_id: (row.benefit, f"{row.cycle // 100:04d}-{row.cycle % 100:02d}", row.currency, row.amount_minor)
        for row in lines_of(world.cursor, source, batch_id)
    }
    for row in plan.lines:
        lines.pop(row.line_id, None)
        if (row.source, row.batch_id) == (source, batch_id):
            lines[row.line_id] = (row.benefit, row.cycle, row.currency, row.amount_minor)
    key = entities.batch(source, batch_id)
    told = declaration(DatabaseShelf(world.cursor, world.cache).states([key])[key], policy.commons)
    groups = [Group(benefit, cycle, currency, 1, amount) for benefit, cycle, currency, amount in lines.values()]
    mismatch: BatchMismatch | None = compare(told, groups) if told is not None else None
    return Batch(
        source=source,
        batch_id=batch_id,
        known=len(lines),
        declared=None if told is None else told.count,
        complete=told is not None and mismatch is None,
    )
