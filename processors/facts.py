"""Facts and the state of an entity: the set of its own facts with all versions, links, and what was retracted.

Folding is a union of sets, so order, duplication and batching cannot matter. The state is encoded as
compact versioned bytes and can always be folded again from the inbox.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from events.catalogue import TYPES
from events.enrolment import HouseholdIdentified, PersonMerged
from events.envelope import Event
from events.payment import PaymentRequested
from events.retraction import EventRetracted
from events.verification import ConditionVerified
from processors import entities

STATE_VERSION = 1
"""First item of encoded state; a reader refuses a version it does not know and the state is folded anew."""

Identity = tuple[str, str]
"""An event's identity for ever: (source, id)."""


class EntityState:
    """What is known of one entity.

    `facts` by identity, `links` to entities of its kin or households, `retracted` identities with the earliest instant
    of retraction (microseconds). The rest follows from these: `keys` are the natural keys of facts that have one,
    `kinds` the types of data, `requests` the payment requests, `near` what `processors.case` derived of links.
    """

    __slots__ = ("facts", "keys", "kinds", "links", "near", "requests", "retracted")

    def __init__(self) -> None:
        self.facts: dict[Identity, Event] = {}
        self.links: set[bytes] = set()
        self.retracted: dict[Identity, int] = {}
        self.keys: dict[Identity, tuple[str, ...]] = {}
        self.kinds: set[type] = set()
        self.requests: list[Event] = []
        self.near: frozenset[bytes] | None = None

    def add(self, event: Event) -> None:
        """Take a fact in; the same fact again changes nothing."""
        identity = (event.source, event.id)
        if identity in self.facts:
            return
        self.facts[identity] = event
        self.near = None
        data = event.data
        self.kinds.add(type(data))
        natural_key = TYPES[event.type].natural_key
        if natural_key is not None:
            self.keys[identity] = natural_key(event.source, data)
        if type(data) is PaymentRequested:
            self.requests.append(event)
            self.requests.sort(key=lambda request: (request.source, request.id))

    def link(self, *keys: bytes) -> None:
        """Note links to other entities."""
        self.links.update(keys)
        self.near = None

    def retract(self, identity: Identity, time_us: int) -> None:
        """Note that a fact was retracted at `time_us`; the earliest retraction counts."""
        known = self.retracted.get(identity)
        if known is None or time_us < known:
            self.retracted[identity] = time_us


def fold(key: bytes, state: EntityState, event: Event) -> None:
    """Fold `event` into the state of one of its homes: the fact itself, or only the link it makes."""
    data = event.data
    kind = key[:1]
    if isinstance(data, HouseholdIdentified):
        home = entities.household(data.household_id)
        if key == home:
            state.add(event)
            state.link(*(entities.household(other) for other in data.replaces or ()))
        else:
            state.link(home)
    elif isinstance(data, ConditionVerified):
        mother = entities.person(data.sp_id)
        if key == mother:
            state.add(event)
        if data.child_sp_id is not None:
            state.link(entities.person(data.child_sp_id) if key == mother else mother)
    elif isinstance(data, PersonMerged):
        state.add(event)
        state.link(*({entities.person(data.sp_id), entities.person(data.into)} - {key}))
    elif isinstance(data, EventRetracted) and kind != b"E":
        state.retract((data.event.source, data.event.id), event.time_us)
    else:
        state.add(event)


class _Row(NamedTuple):
    type_number: int
    source: str
    event_id: str
    time_us: int
    data: msgspec.Raw


_BY_NUMBER = {kind.number: kind for kind in TYPES.values()}
_DECODERS = {number: msgspec.msgpack.Decoder(kind.struct) for number, kind in _BY_NUMBER.items()}
_ENCODER = msgspec.msgpack.Encoder()
_STATE = msgspec.msgpack.Decoder(tuple[int, list[_Row], list[bytes], list[tuple[str, str, int]]])


class UnknownStateVersionError(Exception):
    """Stored state was written by a version of the program this one does not know; fold it anew from the inbox."""


def encode_state(state: EntityState) -> bytes:
    """Canonical bytes of a state: the same set of facts gives the same bytes."""
    rows = [
        (TYPES[event.type].number, event.source, event.id, event.time_us, event.data)
        for _, event in sorted(state.facts.items())
    ]
    retracted = [(source, event_id, time_us) for (source, event_id), time_us in sorted(state.retracted.items())]
    return _ENCODER.encode((STATE_VERSION, rows, sorted(state.links), retracted))


def decode_state(encoded: bytes) -> EntityState:
    """The state that `encode_state` wrote; raises UnknownStateVersionError for a version not known here."""
    version, rows, links, retracted = _STATE.decode(encoded)
    if version != STATE_VERSION:
        message = f"entity state has version {version}, this program reads {STATE_VERSION}: fold it anew from the inbox"
        raise UnknownStateVersionError(message)
    state = EntityState()
    for row in rows:
        kind = _BY_NUMBER[row.type_number]
        data = _DECODERS[row.type_number].decode(row.data)
        state.add(Event(row.source, row.event_id, kind.name, row.time_us, data))
    state.link(*links)
    state.retracted.update({(source, event_id): time_us for source, event_id, time_us in retracted})
    return state
