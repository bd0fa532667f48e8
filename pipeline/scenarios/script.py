"""What a scenario publishes and what must come of it, gathered while its stories are told."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Literal

import msgspec

from pipeline.scenarios.figures import CURRENCY

if TYPE_CHECKING:
    from collections.abc import Mapping

CAMBODIA = timezone(timedelta(hours=7))

State = Literal["submitted", "rejected", "expired", "withdrawn"]

_ENCODER = msgspec.json.Encoder()


class Signature(StrEnum):
    """How a record that must be refused is signed."""

    OWN = "own"
    """With the key of the source it is published as: only its bytes are wrong."""
    NONE = "none"
    TAMPERED = "tampered"
    """With the source's key, over other bytes."""
    IMPOSTOR = "impostor"
    """With a key of one's own, under the name of the source's."""
    STRANGER = "stranger"
    """With a key that is not registered."""
    RETIRED = "retired"
    """With a key of the source that is no longer valid."""
    BORROWED_HEF = "borrowed from hef"
    BORROWED_PMRS = "borrowed from pmrs"
    """With another source's key."""


class Wave(IntEnum):
    """What is published together in any order. A wave begins when everything before it is decided.

    Only two borders matter for the money: what changes an approved line must be known before its batch is declared
    (a submitted line is frozen), and a claim timed after a close must not be frozen before that close is known.
    """

    OPENING = 1
    DECLARED = 2
    CLOSED = 3
    AFTERWARDS = 4


TOPIC_OF = {
    "person.enrolled": "enrolment",
    "person.merged": "enrolment",
    "person.died": "enrolment",
    "household.identified": "enrolment",
    "facility.registered": "enrolment",
    "condition.verified": "verification",
    "payment.requested": "payment",
    "payment.withdrawn": "payment",
    "batch.declared": "payment",
    "cycle.closed": "payment",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an event file: the JSON `spp publish` reads, and the identity it takes."""

    source: str
    topic: str
    event_id: str
    text: bytes


@dataclass(slots=True)
class Batch:
    """The operator's own count of one batch; `requests` holds each request's figure (0 when it told none)."""

    source: str
    batch_id: str
    benefit: str
    cycle: str
    wave: Wave
    requests: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request must end."""

    benefit: str
    state: State
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A record published byte for byte, signed as `signature` says; it must be refused for `reason`."""

    source: str
    topic: str
    key: str
    value: bytes
    signature: Signature
    reason: str


class Script:
    """Collects lines by wave and file, control totals by batch and expectations by outcome.

    `token` names this scenario, size and seed; it begins every id, so that scenarios of all sizes share one ledger.
    """

    def __init__(self, token: str) -> None:
        self.token = token
        self.rng = random.Random(token)  # noqa: S311 - the same files for everybody, not a secret
        self.lines: dict[Wave, list[Line]] = {wave: [] for wave in Wave}
        self.raw: list[RawRecord] = []
        self.batches: dict[tuple[str, str], Batch] = {}
        self.outcomes: Counter[Outcome] = Counter()
        self.posted: dict[str, list[int]] = {}
        self.accepted: Counter[str] = Counter()
        self.replayed = 0
        self.conflicting = 0
        self._ids = 0

    def next_id(self) -> str:
        """An id nobody had before: the token and a running number."""
        self._ids += 1
        return f"{self.token}.{self._ids:07d}"

    def tell(self, source: str, kind: str, at: datetime, data: Mapping[str, object], wave: Wave = Wave.OPENING) -> str:
        """Publish one event of `source` in `wave`; returns its id."""
        topic = TOPIC_OF[kind]
        line = self._line(source, topic, self.next_id(), kind, at, data)
        self.lines[wave].append(line)
        self.accepted[kind] += 1
        return line.event_id

    def retract(self, source: str, topic: str, event_id: str, at: datetime, reason: str) -> None:
        """Take back one of the source's own facts, on the topic it was published on."""
        data = {"event": {"source": f"urn:sp:operator:{source}", "id": event_id}, "reason": reason}
        self.lines[Wave.OPENING].append(self._line(source, topic, self.next_id(), "event.retracted", at, data))
        self.accepted["event.retracted"] += 1

    def _line(
        self, source: str, topic: str, event_id: str, kind: str, at: datetime, data: Mapping[str, object]
    ) -> Line:
        record = {"type": f"kh.sp.{kind}.v1", "id": event_id, "time": at.isoformat(), "data": data}
        return Line(source, topic, event_id, _ENCODER.encode(record))

    def batch(self, source: str, benefit: str, cycle: str, part: str, wave: Wave = Wave.DECLARED) -> Batch:
        """The batch of a source's branch (or other `part`) in a payment cycle; made when first named."""
        batch_id = f"{self.token}/{cycle}/{part}"
        key = (source, batch_id)
        if key not in self.batches:
            self.batches[key] = Batch(source, batch_id, benefit, cycle, wave)
        return self.batches[key]

    def expect(self, benefit: str, state: State, *reasons: str) -> None:
        """One more request that must end in `state` for these reasons."""
        self.outcomes[Outcome(benefit, state, tuple(sorted(reasons)))] += 1

    def expect_paid(self, benefit: str, amount_riel: int) -> None:
        """One more request that must end submitted with this amount posted."""
        self.outcomes[Outcome(benefit, "submitted")] += 1
        lines_amount = self.posted.setdefault(benefit, [0, 0])
        lines_amount[0] += 1
        lines_amount[1] += amount_riel

    def replay(self, line: Line, wave: Wave) -> None:
        """Publish a line once more, byte for byte: a replay without effect."""
        self.lines[wave].append(line)
        self.replayed += 1

    def conflict(self, line: Line, old: bytes, new: bytes) -> None:
        """Publish a line's identity with other bytes, later than the line: the first recorded stays."""
        changed = line.text.replace(old, new)
        if changed == line.text:
            message = f"event {line.event_id} has no {old!r} to change into a conflict"
            raise ValueError(message)
        self.lines[Wave.AFTERWARDS].append(Line(line.source, line.topic, line.event_id, changed))
        self.conflicting += 1


def money(amount_riel: int) -> dict[str, str]:
    """The contract's money object in whole riel."""
    return {"amount": str(amount_riel), "currency": CURRENCY}
