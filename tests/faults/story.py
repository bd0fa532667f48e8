"""What is published in one schedule: a small story of births, visits or scholarships, spoilt as the field spoils it.

Each event is placed on a partition; some come twice, some under the same id with other bytes, some side by side on two
partitions, and some records are no events at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis.internal.conjecture.data import ConjectureData
from msgspec import structs

from events.catalogue import TYPES
from events.envelope import Event, encode
from events.keys import Key, KeyRegistry
from events.signing import Signer
from events.sources import SOURCES
from events.topics import HEADER_KEY_ID, HEADER_SIGNATURE, INPUT_TOPICS
from tests.faults.plots import PLOTS
from tests.properties.stories import stories

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.faults.broker import Place

PARTITIONS = 2
PLACES: list[Place] = [(topic.name, partition) for topic in INPUT_TOPICS for partition in range(PARTITIONS)]
BANKS = ("bank.wing", "bank.aba")


@dataclass(frozen=True, slots=True)
class Publication:
    """One record to be published, on one partition. `headers` carry the signature."""

    place: Place
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    told: str
    """What it is, for the person who reads the schedule."""

    def __str__(self) -> str:
        return f"  {self.place[0]}/{self.place[1]} {self.told}"


LATE = ("line.", "payment.settled", "payment.returned", "instruction.", "person.merged")
"""Types of events that are often told after submission."""


def draw_story(random: Random) -> tuple[list[Event], list[Event]]:
    """The events of a story and those of its end, which comes when all before is decided and submitted."""
    if random.random() < 0.45:
        return random.choice(PLOTS)(random)
    data = ConjectureData(random=random)  # the strategies of the properties, without their engine: one draw from a seed
    told = data.draw(stories(declarations=random.choice((0, 2, 2)), rulings=random.choice((0, 4))))
    if random.random() < 0.5:
        return told, []
    return [one for one in told if not one.type.startswith(LATE)], [one for one in told if one.type.startswith(LATE)]


def draw_publications(
    random: Random, events: Sequence[Event], end: Sequence[Event]
) -> tuple[list[Publication], list[Publication]]:
    """The records of a story and of its end, in the order they are published."""
    parts = []
    for part in (list(events), list(end)):
        if random.random() < 0.4:
            random.shuffle(part)
        records = [record for event in part for record in _spoilt(random, event)]
        for record in random.sample(records, k=min(len(records), random.choice((0, 1, 3)))):
            records.insert(random.randrange(len(records) + 1), replace(record, told=f"{record.told}, again"))
        parts.append(records)
    return parts[0], parts[1]


def _spoilt(random: Random, event: Event) -> Iterator[Publication]:
    """The record of one event, now and then with company."""
    place = _place(random, event)
    yield _record(event, place)
    chance = random.random()
    if chance < 0.20:
        yield _record(_other(event), _beside(place), "other bytes")
    elif chance < 0.30:
        yield _record(event, _beside(place), "the same")
    elif chance < 0.34:
        yield _record(_other(event), place, "other bytes")
    elif chance < 0.37:
        yield Publication(place, b"no event", (), "not JSON")
    elif chance < 0.40:
        told = _record(event, place)
        yield Publication(place, told.value + b" ", told.headers, f"{told.told}, forged")


def _place(random: Random, event: Event) -> Place:
    return (TYPES[event.type].topic.name, random.randrange(PARTITIONS))


def _beside(place: Place) -> Place:
    return (place[0], 1 - place[1])


def _other(event: Event) -> Event:
    """The same identity told a second later: other bytes."""
    return structs.replace(event, time_us=event.time_us + 1_000_000)


def _record(event: Event, place: Place, how: str = "") -> Publication:
    value = encode(event)
    signer = _signer(event.source)
    headers = ((HEADER_SIGNATURE, signer.sign_one(value)), (HEADER_KEY_ID, signer.key_id.encode()))
    told = f"{event.source}/{event.id} {event.type}"
    return Publication(place, value, headers, f"{told}, {how}" if how else told)


@lru_cache(maxsize=64)
def _private(source: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(sha256(source.encode()).digest())


@lru_cache(maxsize=64)
def _signer(source: str) -> Signer:
    return Signer(f"{source}-key", _private(source))


@lru_cache(maxsize=1)
def registry() -> KeyRegistry:
    """A key of every source that may tell everything: stories are about what happens after admission."""
    return KeyRegistry(
        [
            Key(f"{source}-key", source, _private(source).public_key(), frozenset(TYPES), None, 0, None)
            for source in (*SOURCES, *BANKS)
        ]
    )
