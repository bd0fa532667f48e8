"""A schedule: what is published and who does what when, and what befalls whom. Data, drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from tests.faults.broker import BROKER_FAULTS
from tests.faults.connection import CUT_AFTER, STATEMENT_FAULTS
from tests.faults.story import Publication, draw_publications, draw_story
from tests.faults.turns import LIMITLESS

RECORDERS, DECIDERS, RELAYS = ("record-a", "record-b"), ("decide-1", "decide-2"), ("relay-1", "relay-2")
PROCESSES = (*RECORDERS, *DECIDERS, *RELAYS)
KAFKA, EVERYBODY = "kafka", "everybody"

PUBLISH, HOLD_BACK, END, REBALANCE = "publish", "publish all but", "come to the end", "rebalance"
FORGET, PASS_OVER = "forget", "pass over"
SETTLE = "settle"
KILL, FREEZE, THAW, CUT_IDLE = "kill", "freeze", "thaw", "cut-idle"
DEAF, HEAR, REWIND, SKIP = "deaf", "hear", "rewind", "skip"
TO_ANY = (KILL, KILL, FREEZE, THAW, CUT_IDLE)
TO_RECORDERS = (*TO_ANY, DEAF, DEAF, HEAR, REWIND, SKIP)


AT = {
    "record": ("commit", "commit", "update consumer_offset", "copy inbox", "copy mark", "insert into inbox", "Kafka"),
    "decide": (
        "commit",
        "commit",
        "delete from mark",
        "copy decision",
        "copy block",
        "update entity",
        "copy entity",
        "insert into mark (entity, cause, ref)",
    ),
    "relay": ("send", "acknowledged", "delete from outbox", "commit"),
}
"""The statements of each kind of process at which faults matter most, by words of them."""


class Move(NamedTuple):
    """One move: `who` goes on for `many` statements, and `what` befalls the last of them; "" when nothing does.

    With `at` it befalls the next statement that has these words; with nothing to befall it, that one is not sent yet.
    For kafka `what` is done with `many`: records to publish, or the bits that say which recorder gets which partition.
    """

    who: str
    what: str
    many: int
    at: str = ""

    def __str__(self) -> str:
        count = "until idle" if self.many >= LIMITLESS else f"{self.many}"
        return f"{self.who} {self.what or 'goes on'} {f'at {self.at!r}' if self.at else count}"


@dataclass(frozen=True)
class Schedule:
    """Everything that is not production code. `marks_at_once` and `fetched` are the sizes of steps and batches.

    Of `end` nothing is published before a move comes to it. `lag` is how many pieces of work the decider's own threads
    are behind at most.
    """

    seed: int
    published: tuple[Publication, ...]
    end: tuple[Publication, ...]
    moves: tuple[Move, ...]
    marks_at_once: int
    fetched: int
    lag: int

    def lines(self) -> list[str]:
        """The schedule for a person."""
        sizes = f"{self.marks_at_once} marks a step, {self.fetched} records a batch, threads {self.lag} behind"
        return [
            f"seed {self.seed}: {sizes}",
            *("published:", *map(str, self.published)),
            *("the end:", *map(str, self.end)),
            *("moves:", *(f"  {move}" for move in self.moves)),
        ]


def _goes_on(who: str, at: str = "") -> Move:
    return Move(who, "", LIMITLESS, at)


def _published(random: Random) -> Move:
    return Move(KAFKA, PUBLISH, random.choice((1, 2, 2, 3, 5)))


def _one_identity_at_once(random: Random) -> list[Move]:
    """Both recorders stand before writing what they have looked up, then write one after the other."""
    first, second = random.sample(RECORDERS, 2)
    at = "inbox (position"
    return [_published(random), _goes_on(first, at), _goes_on(second, at), _goes_on(second), _goes_on(first)]


def _relay_fails(random: Random) -> list[Move]:
    """There is something to relay, and the relay or its brokers fail at it."""
    relay = random.choice(RELAYS)
    fails = Move(relay, random.choice((*BROKER_FAULTS, CUT_AFTER)), LIMITLESS, random.choice(AT["relay"]))
    return [_published(random), *map(_goes_on, (*RECORDERS, *DECIDERS)), fails]


def _owner_wakes_up(random: Random) -> list[Move]:
    """A recorder stands within its transaction or after it while its partitions are given away, and goes on."""
    first, second = random.sample(RECORDERS, 2)
    rebalance = Move(KAFKA, REBALANCE, random.choice((0b0101010101, 0b1010101010, 0, 0b1111111111)))
    stands = [_published(random), Move(first, DEAF, 1), _goes_on(first, random.choice(AT["record"]))]
    return [*stands, rebalance, _published(random), _goes_on(second), _published(random), _goes_on(first)]


def _two_leaders(random: Random) -> list[Move]:
    """A leader loses a session, or is ended as it says nothing, and does not know; both go on in turns."""
    first, second = random.sample(DECIDERS, 2)
    loses = random.choice((Move(first, CUT_IDLE, random.choice((0, 0, 1, 2, 3))), Move(first, FREEZE, 1)))
    moves = [_published(random), *map(_goes_on, RECORDERS), _goes_on(first, random.choice(("", *AT["decide"]))), loses]
    turns = [second, first] * random.randrange(1, 4)
    for decider in turns:
        moves += [Move(KAFKA, PUBLISH, random.choice((1, 2))), *map(_goes_on, RECORDERS), _goes_on(decider)]
    return [*moves, Move(first, THAW, 1), _goes_on(first)]


def _told_while_deciding(random: Random) -> list[Move]:
    """More is recorded while a set is decided or written."""
    decider = random.choice(DECIDERS)
    moves = [_published(random), *map(_goes_on, RECORDERS)]
    for _ in range(random.randrange(1, 4)):
        moves += [_goes_on(decider, random.choice(AT["decide"])), _published(random), *map(_goes_on, RECORDERS)]
    return [*moves, _goes_on(decider)]


def _told_while_freezing(random: Random) -> list[Move]:
    """The end of the story is recorded after the orders to freeze are given and before they are carried out."""
    decider, held_back = random.choice(DECIDERS), random.choice((1, 1, 2))
    begins = [Move(KAFKA, HOLD_BACK, held_back), *map(_goes_on, RECORDERS)]
    orders = [
        _goes_on(decider, "insert into mark (entity, cause, ref)"),
        _goes_on(decider, "commit"),
        Move(decider, "", 1),
    ]
    return [*begins, *orders, Move(KAFKA, PUBLISH, held_back), *map(_goes_on, RECORDERS), _goes_on(decider)]


GAMBITS: tuple[Callable[[Random], list[Move]], ...] = (
    _one_identity_at_once,
    _relay_fails,
    _owner_wakes_up,
    _two_leaders,
    _told_while_deciding,
    _told_while_freezing,
)
"""Runs of moves that bring about what moves drawn one by one seldom do."""


def draw(seed: int) -> Schedule:
    """The schedule of a seed."""
    random = Random(seed)  # noqa: S311 - a repeatable draw
    published, end = draw_publications(random, *draw_story(random))
    calm, settles = random.choice((0.1, 0.3, 0.6)), random.choice((0.0, 0.0, 0.05))
    moves = [Move(EVERYBODY, SETTLE, 0)] if random.random() < 0.8 else []
    moves += random.choice(GAMBITS)(random) if random.random() < 0.5 else []
    for _ in range(random.choice((20, 40, 80))):
        chance = random.random()
        if chance < settles:
            moves.append(Move(EVERYBODY, SETTLE, 0))
        elif chance < 0.87:
            moves.append(_draw_move(random, calm))
        else:
            moves += random.choice(GAMBITS)(random)
    if end:
        at = random.randrange(len(moves) // 3, len(moves) + 1)
        moves[at:at] = [Move(KAFKA, HOLD_BACK, 0), Move(EVERYBODY, SETTLE, 0), Move(KAFKA, END, 0)]
    return Schedule(
        seed=seed,
        published=tuple(published),
        end=tuple(end),
        moves=tuple(moves),
        marks_at_once=random.choice((1, 3, 10, 1_000)),
        fetched=random.choice((1, 2, 5, 100)),
        lag=random.choice((0, 3, 12, 1_000)),
    )


def _draw_move(random: Random, calm: float) -> Move:
    chance = random.random()
    if chance < 0.16:
        return Move(KAFKA, PUBLISH, random.choice((1, 2, 4, 8)))
    if chance < 0.20:
        return Move(KAFKA, REBALANCE, random.getrandbits(10))
    if chance < 0.21:
        return Move(KAFKA, FORGET if chance < 0.203 else PASS_OVER, 0)
    who = random.choice((*RECORDERS, *RECORDERS, *DECIDERS, *DECIDERS, *RELAYS))
    if random.random() < calm:
        return Move(who, "", random.choice((1, 3, 13, LIMITLESS, LIMITLESS)))
    if random.random() < 0.25:
        return Move(who, random.choice(TO_RECORDERS if who in RECORDERS else TO_ANY), random.randrange(1, 4))
    faults = ("", *BROKER_FAULTS, *STATEMENT_FAULTS) if who in RELAYS else ("", "", *STATEMENT_FAULTS)
    at = random.choice(AT[who.partition("-")[0]]) if random.random() < 0.7 else ""
    return Move(who, random.choice(faults), LIMITLESS if at else random.choice((1, 1, 2, 3, 5, 8, 13)), at)
