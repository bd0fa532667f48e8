"""Playing events through a world in memory, and what two plays that should agree are compared by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hypothesis import strategies as st

from events.envelope import Event
from ledger.model.rows import DecisionKind
from ledger.model.step import Position
from processors.desk import LineRow
from processors.memory import World
from processors.outcome import Claim
from tests.properties.cast import often
from tests.properties.policy import tried_policy

POLICY = tried_policy()

Told = tuple[object, ...]


class Result(NamedTuple):
    """What a world has come to, without how it came to it."""

    decisions: dict[bytes, Told]
    claims: set[tuple[bytes, Claim]]
    balances: dict[str, int]
    posted: dict[bytes, Position]
    lines: dict[bytes, LineRow]
    states: dict[bytes, bytes]


def result(world: World) -> Result:
    """The latest decision on each subject, the claims held, the balances, and what is known.

    What was proposed or put into suspense once and taken back since is as if it never had been.
    """
    latest = {
        subject: entry
        for subject, entry in world.latest().items()
        if entry.decision.kind is DecisionKind.DECIDED or entry.decision.amount_minor or entry.posted
    }
    return Result(
        decisions={subject: _told(world, subject) for subject in latest},
        claims=world.live_claims(),
        balances=world.balances(),
        posted={subject: world.last[subject].stands for subject in latest},
        lines=world.lines,
        states=world.encoded,
    )


def _told(world: World, subject: bytes) -> Told:
    decision = world.latest()[subject].decision
    frozen = decision.frozen and (decision.frozen.event_id, decision.frozen.amount_minor)
    return (
        decision.kind,
        (decision.event.source, decision.event.id),
        decision.state,
        decision.reasons,
        decision.amount_minor,
        decision.currency,
        decision.won_by,
        frozen,
    )


def play(world: World, events: Iterable[Event], at_once: int = 1_000) -> World:
    """Publish all of these events, then decide until nothing is left."""
    for event in events:
        world.publish(event)
    world.decide(at_once)
    return world


def play_in_steps(world: World, events: Sequence[Event], steps: Sequence[int]) -> World:
    """Publish these events; after each of the first, take so many marks (0: none). Then decide what is left."""
    for at, event in enumerate(events):
        world.publish(event)
        if at < len(steps) and steps[at] and world.marks:
            world.step(steps[at])
    world.decide(at_once=3)
    return world


def paces(events: Sequence[Event]) -> st.SearchStrategy[list[int]]:
    """How many marks are taken after each event: nothing for a while, a few, or all of them."""
    return st.lists(st.sampled_from((0, 0, 0, 1, 2, 5, 1_000)), max_size=2 * len(events))


@st.composite
def orders(draw: st.DrawFn, events: Sequence[Event]) -> list[Event]:
    """These events in any order, some of them told again; in every other order one comes last, of whichever type.

    What comes last must find by itself whom it is about. Mostly it is what was told last, like a correction.
    """
    if not events:
        return []
    again = draw(st.lists(st.sampled_from(events), max_size=4))
    last: list[Event] = []
    if draw(st.booleans()):
        kind = draw(st.sampled_from(sorted({event.type for event in events})))
        last = [draw(often(*[event for event in reversed(events) if event.type == kind]))]
    return [*draw(st.permutations([event for event in [*events, *again] if event not in last])), *last]
