"""The reference: what the books must be, worked out in plain Python from what was published, without a database.

Which of two records under one identity came first is the one thing only the ledger can tell; which lines were
submitted, and for what, is the other. Everything else follows from the set of events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from events.envelope import Event, decode_data, decode_head
from events.reasons import Reason
from events.topics import TOPICS
from ledger.model.inbox import inbox_position
from ledger.model.kinds import Cause
from ledger.model.rows import DecisionKind
from ledger.store.records import Admitted
from processors.desk import LineRow, line_row
from processors.facts import decode_state
from processors.filing import keeper
from processors.memory import World
from tests.faults import processes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from events.payment import PaymentRequested
    from processors.outcome import Decision, History
    from tests.faults.broker import Broker

Spot = tuple[int, int, int]
"""Topic number, partition, offset of a record."""


@dataclass
class Intake:
    """What must have become of every record: an identity's first owner is one of its `candidates`, others conflict."""

    candidates: dict[tuple[str, str], list[tuple[Spot, bytes]]] = field(default_factory=dict)
    refused: dict[Spot, Reason] = field(default_factory=dict)


def judge(broker: Broker) -> Intake:
    """Judge every record that was published."""
    intake, admission = Intake(), processes.admission()
    for (name, partition), log in sorted(broker.logs.items()):
        topic = TOPICS[name]
        for told in admission.admit_all(topic, partition, log):
            for one in told:
                if isinstance(one, Admitted):
                    spot = (topic.number, partition, _offset(topic.number, partition, one.position))
                    intake.candidates.setdefault((one.source, one.event_id), []).append((spot, one.value))
                else:
                    intake.refused[one.topic_no, one.partition, one.offset] = one.reason
    return intake


def _offset(topic_no: int, partition: int, position: int) -> int:
    return position - inbox_position(topic_no, partition, 0)


def first_ones(intake: Intake, owners: Mapping[tuple[str, str], Spot]) -> tuple[list[str], dict[Spot, Reason]]:
    """What is wrong with who owns which identity, and the quarantine that follows from it."""
    wrong = [f"event {'/'.join(identity)} is not in the inbox" for identity in intake.candidates.keys() - owners.keys()]
    wrong += [
        f"event {'/'.join(identity)} was never published" for identity in owners.keys() - intake.candidates.keys()
    ]
    quarantined = dict(intake.refused)
    for identity, spot in owners.items():
        told = intake.candidates.get(identity, [])
        values = dict(told)
        if spot not in values:
            wrong.append(f"event {'/'.join(identity)} is recorded at {spot}, where it was not published")
            continue
        if any(other[:2] == spot[:2] and other[2] < spot[2] for other in values):
            wrong.append(f"event {'/'.join(identity)} is recorded at {spot}, though it came earlier in that partition")
        quarantined |= {other: Reason.CONFLICT for other, value in told if value != values[spot]}
    return wrong, quarantined


def read(value: bytes) -> Event:
    """A recorded event."""
    return decode_data(decode_head(value))


@dataclass
class Books:
    """What decisions, claims and states must be. `frozen` are the subjects whose last decision must stand as it is."""

    world: World
    lines: dict[bytes, LineRow]
    frozen: set[bytes]
    news: dict[bytes, Decision]

    @property
    def decisions(self) -> dict[bytes, Decision]:
        """The decision on each subject that is not frozen, without what was proposed or suspended and taken back."""
        return {
            subject: decision
            for subject, decision in self.news.items()
            if subject not in self.frozen
            and says_something(decision.kind, decision.amount_minor, posted=bool(decision.position))
        }


def says_something(kind: DecisionKind, amount_minor: int | None, *, posted: bool) -> bool:
    """Whether a decision is more than the taking back of an earlier one."""
    return kind is DecisionKind.DECIDED or bool(amount_minor) or posted


def books(events: Iterable[Event], frozen: Mapping[bytes, History], submissions: list[tuple[str, str]]) -> Books:
    """Decide everything anew on all events at once, with these lines frozen and these batches submitted."""
    told = World(processes.policy())
    for event in events:
        told.publish(event)
    told.decide()
    world = World(processes.policy())
    world.inbox, world.by_position = told.inbox, told.by_position
    world.encoded, world.links, world.retracted = told.encoded, told.links, told.retracted
    world.last, world.submissions = dict(frozen), list(submissions)
    world.lines = _lines(told, frozen)
    for key in sorted(world.encoded):
        world._mark(key, None, Cause.POLICY, None)
    world.decide()
    news = {subject: entry.decision for subject, entry in world.latest().items()}
    return Books(world, world.lines, set(frozen), news)


def _lines(told: World, frozen: Mapping[bytes, History]) -> dict[bytes, LineRow]:
    """Where each line belongs: with the request that keeps its id."""
    states = {key: decode_state(encoded) for key, encoded in told.encoded.items() if key[:1] == b"L"}
    lines: dict[bytes, LineRow] = {}
    for key, state in states.items():
        if state.requests:
            event = keeper(key, states, frozen.get(key[1:]))
            request: PaymentRequested = event.data  # type: ignore[assignment]  # only requests keep a line
            lines[key[1:]] = line_row(event, request)
    return lines
