"""One decide step: fold the facts that marks name, assemble the cases they touch, adjudicate, say what changes.

A function of the marks, the events they name and what a `Shelf` answers; it writes nothing. Everything it says is
written in one transaction together with the deletion of exactly these marks (invariant 1).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from events.catalogue import TYPES
from events.money import to_minor
from events.payment import PaymentRequested
from events.retraction import EventRetracted
from events.states import LineState
from events.topics import ENROLMENT, VERIFICATION
from ledger.model.kinds import Cause
from processors import entities
from processors.adjudicate import adjudicate
from processors.case import Case, assemble, links_to_keep, near, readers_told, request_cycle
from processors.facts import EntityState, fold
from processors.filing import keeper
from processors.lifecycle import instruction_keys
from processors.outcome import Alarm
from processors.ruling import subject_of_recovery
from processors.suspense import suspended

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from events.envelope import Event
    from processors.facts import Identity
    from processors.outcome import CaseOutcome, Claim, Decision, History
    from processors.policy.model import Policy

RETRACTABLE = frozenset({ENROLMENT.name, VERIFICATION.name})
"""Only facts of these topics can be retracted; a request is withdrawn."""


class Mark(NamedTuple):
    """One mark as it was taken. `position` names the fact, `ref` the submission of a freeze order."""

    mark_id: int
    entity: bytes
    position: int | None
    cause: int
    ref: int | None


class Shelf(Protocol):
    """What a step may ask. Answers come from the transaction that will write the step."""

    def states(self, keys: Collection[bytes]) -> dict[bytes, EntityState]:
        """The own-fact state of each key; an empty state where nothing is known."""

    def is_new(self, key: bytes) -> bool:
        """Whether nothing was known of an entity before this step."""

    def retractions(self, identities: Collection[Identity]) -> dict[Identity, int]:
        """The instants (microseconds) at which any of these events were retracted, as folded so far."""

    def recorded(self, identities: Collection[Identity]) -> list[Event]:
        """Those of these events that are accepted and recorded."""

    def history(self, subjects: Collection[bytes]) -> dict[bytes, History]:
        """The latest decision on each subject that has one."""

    def readers(self, keys: Collection[bytes]) -> dict[bytes, set[bytes]]:
        """The readers kept for each of these entities."""

    def submitted(self, submission_nos: Collection[int]) -> dict[int, tuple[str, str]]:
        """The source and batch of each of these submissions."""

    def outstanding(self, keys: Collection[bytes]) -> set[bytes]:
        """Which of these entities have marks, other than freeze orders, that are visible and not taken by this step."""


class LineRow(NamedTuple):
    """Where a line belongs: what batches, cycles and explanations find it by."""

    line_id: bytes
    home: bytes
    source: str
    benefit: str
    cycle: str
    batch_id: str
    amount_minor: int
    currency: str | None


def line_row(event: Event, request: PaymentRequested) -> LineRow:
    """Where the line of a request belongs; a request without an amount counts 0 in its batch's totals."""
    return LineRow(
        line_id=entities.line(event.source, request.request_id)[1:],
        home=entities.request_home(request),
        source=event.source,
        benefit=request.benefit,
        cycle=request_cycle(event, request),
        batch_id=request.batch_id,
        amount_minor=to_minor(request.amount) if request.amount is not None else 0,
        currency=request.amount.currency if request.amount is not None else None,
    )


@dataclass(slots=True)
class Plan:
    """What a step changes. Decisions are only those that differ; `releases` are freeze orders carried out or void.

    `spread` are the entities whose readers must look again; the members of the cases `decided` have looked already.
    """

    states: dict[bytes, EntityState] = field(default_factory=dict)
    retractions: list[tuple[Identity, int, int]] = field(default_factory=list)
    lines: list[LineRow] = field(default_factory=list)
    links: set[tuple[bytes, bytes]] = field(default_factory=set)
    spread: set[bytes] = field(default_factory=set)
    decisions: list[tuple[Decision, History | None]] = field(default_factory=list)
    holders: set[bytes] = field(default_factory=set)
    claims: list[tuple[bytes, Claim]] = field(default_factory=list)
    doubles: list[tuple[bytes, Claim, bytes]] = field(default_factory=list)
    alarms: list[tuple[Alarm, bytes]] = field(default_factory=list)
    releases: list[tuple[int, bytes, bool]] = field(default_factory=list)
    requeued: list[tuple[bytes, int]] = field(default_factory=list)
    late: list[tuple[bytes, str, str]] = field(default_factory=list)
    batches: set[tuple[str, str]] = field(default_factory=set)
    decided: set[bytes] = field(default_factory=set)
    cases: int = 0


_HOLDING = frozenset(
    {
        LineState.APPROVED,
        LineState.SUBMITTED,
        LineState.CERTIFIED,
        LineState.INSTRUCTED,
        LineState.SETTLED,
        LineState.RETURNED,
    }
)
"""States in which a line may hold claims."""


class Step:
    """One step in the making. Use `run`."""

    def __init__(self, policy: Policy, shelf: Shelf) -> None:
        self.policy, self.shelf = policy, shelf
        self.states: dict[bytes, EntityState] = {}
        self.plan = Plan()
        self.changed: set[bytes] = set()
        self.looking: set[bytes] = set()
        self.instructed: dict[bytes, tuple[str, str]] = {}

    def run(self, marks: Sequence[Mark], events: Mapping[int, Event]) -> Plan:
        """The plan for these marks; `events` holds the event of every position they name."""
        self._load({mark.entity for mark in marks})
        self._fold(marks, events)
        self.looking = {mark.entity for mark in marks if mark.cause == Cause.NEIGHBOUR}
        orders = [(mark.entity[1:], mark.ref) for mark in marks if mark.cause == Cause.FREEZE and mark.ref is not None]
        cases = self._cases(self._seeds(marks))
        ready = self._ready(cases, orders)
        self._adjudicate(cases, self._still_meant(ready))
        self._release(ready)
        self._suspend(marks, cases)
        self.plan.states = {key: self.states[key] for key in sorted(self.changed)}
        self.plan.spread = {key for key in self.changed if key[:1] != b"L"}
        return self.plan

    def _load(self, keys: set[bytes]) -> None:
        wanted = keys - self.states.keys()
        if wanted:
            self.states.update(self.shelf.states(wanted))

    # -- folding ----------------------------------------------------------------------------------------------------

    def _fold(self, marks: Sequence[Mark], events: Mapping[int, Event]) -> None:
        facts = [(mark.entity, events[mark.position]) for mark in marks if mark.position is not None]
        self._fold_retractions(
            [
                (mark.position, events[mark.position])
                for mark in marks
                if mark.entity[:1] == b"E" and mark.position is not None
            ]
        )
        told = self.shelf.retractions(
            {(event.source, event.id) for _, event in facts if TYPES[event.type].topic.name in RETRACTABLE}
        )
        for identity, time_us, _ in self.plan.retractions:
            told[identity] = min(time_us, told.get(identity, time_us))
        for key, event in facts:
            if key[:1] == b"E":
                continue
            state = self.states[key]
            fold(key, state, event)
            identity = (event.source, event.id)
            if identity in told:
                state.retract(identity, told[identity])
            self.changed.add(key)
            if isinstance(event.data, PaymentRequested):
                self._file(event, event.data, key)
            elif key[:1] == b"B":
                self.plan.batches.add(_batch_of(key))

    def _fold_retractions(self, retractions: list[tuple[int, Event]]) -> None:
        """A retraction reaches the facts it names wherever they belong; it may come before them."""
        by_target: dict[Identity, int] = {}
        for position, event in retractions:
            if isinstance(event.data, EventRetracted) and event.data.event.source == event.source:
                target = (event.data.event.source, event.data.event.id)
                by_target[target] = min(event.time_us, by_target.get(target, event.time_us))
                self.plan.retractions.append((target, event.time_us, position))
        for fact in self.shelf.recorded(by_target.keys()) if by_target else []:
            if TYPES[fact.type].topic.name not in RETRACTABLE or isinstance(fact.data, EventRetracted):
                continue
            homes = entities.homes(fact)
            self._load(set(homes))
            for key in homes:
                self.states[key].retract((fact.source, fact.id), by_target[(fact.source, fact.id)])
                self.changed.add(key)

    def _file(self, event: Event, request: PaymentRequested, key: bytes) -> None:
        if key[:1] == b"L":
            last = self.shelf.history([key[1:]]) if len(self.states[key].facts) > 1 else {}
            if keeper(key, self.states, last.get(key[1:])).id == event.id:
                self.plan.lines.append(line_row(event, request))
            # A request that takes the id over leaves the batch of the one that had it.
            told = (other.data for other in self.states[key].requests if isinstance(other.data, PaymentRequested))
            self.plan.batches.update((event.source, other.batch_id) for other in told)

    # -- cases ------------------------------------------------------------------------------------------------------

    def _seeds(self, marks: Sequence[Mark]) -> set[bytes]:
        touched = self.changed | {mark.entity for mark in marks if mark.cause != Cause.FACT}
        seeds: set[bytes] = set()
        for key in touched:
            if key[:1] in {b"P", b"H"}:
                seeds.add(key)
            if key[:1] in {b"L", b"H", b"N"}:
                seeds |= readers_told(key, self.states[key])
        return seeds

    def _cases(self, seeds: set[bytes]) -> list[Case]:
        """The whole cases of these seeds that have requests, each once; loads until nothing is missing."""
        whole: dict[bytes, Case] = {}
        waiting = set(seeds)
        while waiting:
            self._load(waiting)
            self._load(
                {link for seed in waiting if self.states[seed].requests for link in near(seed, self.states[seed])}
            )
            missing: set[bytes] = set()
            partial: set[bytes] = set()
            for seed in sorted(waiting):
                if seed in whole:
                    continue
                case = assemble(seed, self.states)
                if case.missing:
                    missing |= case.missing
                    partial.add(seed)
                else:
                    whole.update(dict.fromkeys(case.members, case))
            self._load(missing)
            waiting = partial
        return list({min(case.members): case for case in whole.values() if case.requests}.values())

    def _ready(self, cases: list[Case], orders: list[tuple[bytes, int]]) -> list[tuple[bytes, int]]:
        """The freeze orders that may be carried out: no other mark on the case or on what it reads.

        Several cases read one line when its id was used for several persons.
        """
        if not orders:
            return []
        of_line: dict[bytes, set[bytes]] = {line_id: set() for line_id, _ in orders}
        for case in cases:
            for key in case.reads:
                if key[:1] == b"L" and key[1:] in of_line:
                    of_line[key[1:]] |= case.members | case.reads
        busy = self.shelf.outstanding(set().union(*of_line.values()))
        ready = []
        for line_id, submission_no in orders:
            if of_line[line_id] and busy.isdisjoint(of_line[line_id]):
                ready.append((line_id, submission_no))
            else:
                self.plan.requeued.append((b"L" + line_id, submission_no))
        return ready

    def _still_meant(self, ready: list[tuple[bytes, int]]) -> dict[bytes, int]:
        """The orders to carry out, by line; an order is void when the line has left the batch since it was given."""
        freeze, doubtful = {}, []
        for line_id, submission_no in ready:
            if len(self.states[b"L" + line_id].requests) > 1:
                doubtful.append((line_id, submission_no))
            else:
                freeze[line_id] = submission_no
        if doubtful:
            last = self.shelf.history([line_id for line_id, _ in doubtful])
            batches = self.shelf.submitted({submission_no for _, submission_no in doubtful})
            for line_id, submission_no in doubtful:
                event = keeper(b"L" + line_id, self.states, last.get(line_id))
                if batches[submission_no] == (event.source, getattr(event.data, "batch_id", "")):
                    freeze[line_id] = submission_no
        return freeze

    # -- decisions --------------------------------------------------------------------------------------------------

    def _adjudicate(self, cases: list[Case], freeze: dict[bytes, int]) -> None:
        lines = {key for case in cases for key in case.reads if key[:1] == b"L"}
        history = self.shelf.history([key[1:] for key in lines if not self.shelf.is_new(key)])
        frozen = [subject_of_recovery(line_id) for line_id, last in history.items() if last.frozen is not None]
        if frozen:
            history |= self.shelf.history(frozen)
        for case in cases:
            outcome = self._outcome(case, history, freeze)
            reused = [decision.subject for decision in outcome.decisions if decision.line_id is None]
            if reused:
                history |= self.shelf.history(reused)
            self.plan.alarms.extend(alarm for alarm in outcome.alarms if self._is_news(case, alarm[1], freeze))
            written = [item for item in outcome.decisions if item.differs(history.get(item.subject))]
            self.plan.decisions.extend((item, history.get(item.subject)) for item in written)
            self._claim(case, outcome.claims, history)
            proposed = {item.line_id for item in written if item.subject != item.line_id}
            self.plan.doubles.extend(double for double in outcome.doubles if double[0] in proposed)
            self.plan.late.extend(outcome.late)
            self.instructed.update(outcome.instructed)
            self.plan.links |= links_to_keep(case, self.states)
        self.plan.cases = len(cases)
        self.plan.decided.update(*(case.members for case in cases))

    def _outcome(self, case: Case, history: Mapping[bytes, History], freeze: dict[bytes, int]) -> CaseOutcome:
        """What a case comes to. A line is frozen as it stood approved before this step, else its order waits.

        So what it is approved for can be held against its budget before it is frozen.
        """
        while True:
            outcome = adjudicate(case, self.states, self.policy, history, freeze)
            new = [
                decision.subject
                for decision in outcome.decisions
                if decision.subject in freeze
                and decision.frozen is not None
                and not ((last := history.get(decision.subject)) and last.stood(decision.frozen))
            ]
            if not new:
                return outcome
            self.plan.requeued.extend((b"L" + line_id, freeze.pop(line_id)) for line_id in new)

    def _is_news(self, case: Case, line_id: bytes, freeze: Mapping[bytes, int]) -> bool:
        """Whether an alarm can be of this step: something was told of the line or its money, or it may be frozen now.

        What is told of the money of a line marks the line's case as its reader.
        """
        line = b"L" + line_id
        told = (line, *instruction_keys(line_id, self.states[line]))
        return line_id in freeze or not self.changed.isdisjoint(told) or not self.looking.isdisjoint(case.members)

    def _claim(self, case: Case, claims: list[tuple[bytes, Claim]], history: Mapping[bytes, History]) -> None:
        held = any(history[key[1:]].state in _HOLDING for key in case.reads if key[:1] == b"L" and key[1:] in history)
        if held or claims:
            self.plan.holders |= case.members
            self.plan.claims.extend(claims)

    def _release(self, ready: list[tuple[bytes, int]]) -> None:
        frozen = {
            (decision.line_id, decision.frozen.submission_no)
            for decision, _ in self.plan.decisions
            if decision.frozen is not None
        }
        waiting = set(self.plan.requeued)
        for line_id, submission_no in ready:
            if (b"L" + line_id, submission_no) in waiting:
                continue
            self.plan.releases.append((submission_no, line_id, (line_id, submission_no) in frozen))

    def _suspend(self, marks: Sequence[Mark], cases: list[Case]) -> None:
        """Money no line waits for goes to suspense, and out of it when a line turns out to have it.

        An instruction that a case of another step reads is left to that case, which is marked to be decided again.
        """
        touched = {mark.entity for mark in marks if mark.entity[:1] == b"I"}
        read = {key for case in cases for key in case.reads if key[:1] == b"I"}
        elsewhere = self.shelf.readers(touched - read) if touched - read else {}
        for key in sorted(touched | read):
            if key in elsewhere or not self.states[key].facts:
                continue
            for decision in suspended(key, self.states[key], self.instructed.get(key)):
                last = self.shelf.history([decision.subject]).get(decision.subject)
                if (last is not None or decision.position) and decision.differs(last):
                    self.plan.decisions.append((decision, last))
                    if key not in self.instructed and decision.position:
                        self.plan.alarms.append((Alarm.SETTLED_UNKNOWN_INSTRUCTION, key[1:]))


def _batch_of(key: bytes) -> tuple[str, str]:
    source, batch_id = key[1:].decode().split("\0")
    return source, batch_id
