"""What a scenario publishes and what must come of it, gathered while its stories are told."""

from __future__ import annotations

import random
import zlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Literal

import msgspec

from pipeline.scenarios import rates
from pipeline.scenarios.figures import CURRENCY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.scenarios.sinks import Sink

CAMBODIA = timezone(timedelta(hours=7))

State = Literal["submitted", "pended", "rejected", "expired", "withdrawn"]
Change = tuple[bytes, bytes]

CHANGES: tuple[Change, ...] = (
    (b'"amount":{"amount":"', b'"amount":{"amount":"9'),
    (b'"outcome":"met"', b'"outcome":"not_met"'),
)
"""What the bytes of a line have and a conflicting copy has in their stead."""

BATCH_REQUESTS_MAX = 5_000
"""A branch declares its requests in parts of this size: an assumption, no source tells how large batches are."""

RESERVOIR_LINES = 500
SPACE = 1_000_000
_SPREAD = 387_421
"""Odd and no multiple of five: spreads running numbers over six digits without a collision."""

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
    "person.withdrawn": "enrolment",
    "person.registered": "enrolment",
    "person.merged": "enrolment",
    "person.died": "enrolment",
    "household.identified": "enrolment",
    "household.revoked": "enrolment",
    "facility.registered": "enrolment",
    "condition.verified": "verification",
    "contribution.recorded": "verification",
    "encounter.recorded": "verification",
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
    """The operator's own count of one batch: requests, and the sum of the figures it told."""

    source: str
    batch_id: str
    benefit: str
    cycle: str
    wave: Wave
    count: int = 0
    total_riel: int = 0

    def add(self, told_riel: int) -> None:
        """One more request, with the operator's figure (0 when it told none)."""
        self.count += 1
        self.total_riel += told_riel


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
    """Hands every line to a sink, and counts: control totals by batch, expectations by outcome.

    `token` names this scenario, size and seed; it begins every id, so that scenarios of all sizes share one ledger.
    What is kept does not grow with the lines but for one small record a batch.
    """

    def __init__(self, token: str, sink: Sink) -> None:
        self.token = token
        self.rng = random.Random(token)  # noqa: S311 - the same files for everybody, not a secret
        self.sink = sink
        self.raw: list[RawRecord] = []
        self.batches: dict[tuple[str, str], Batch] = {}
        self.left_open: set[tuple[str, str, str]] = set()
        self.outcomes: Counter[Outcome] = Counter()
        self.posted: dict[str, list[int]] = {}
        self.accepted: Counter[str] = Counter()
        self.replayed = 0
        self.conflicting = 0
        self.candidates = {change: Reservoir(self.rng) for change in CHANGES}
        self._space = space_of(token)
        self._ids = 0
        self._persons = 0
        self._parts: Counter[tuple[str, str, str, str]] = Counter()

    def next_id(self) -> str:
        """An id nobody had before: the token and a running number."""
        self._ids += 1
        return f"{self.token}.{self._ids:07d}"

    def sp_id(self) -> str:
        """Ten digits nobody has: the scenario's four, and six spread over its persons; a million to each four."""
        self._persons += 1
        space = (self._space + self._persons // SPACE) % 10_000
        return f"{space:04d}{self._persons * _SPREAD % SPACE:06d}"

    def tell(self, source: str, kind: str, at: datetime, data: Mapping[str, object], wave: Wave = Wave.OPENING) -> str:
        """Publish one event of `source` in `wave`; returns its id. Now and then an opening line comes twice."""
        line = self._line(source, TOPIC_OF[kind], self.next_id(), kind, at, data)
        self.sink.put(wave, line)
        self.accepted[kind] += 1
        if wave is Wave.OPENING:
            if self.rng.random() < rates.REPLAYED.share:
                self._replay(line)
            for change, kept in self.candidates.items():
                if change[0] in line.text:
                    kept.offer(line)
        return line.event_id

    def retract(self, source: str, topic: str, event_id: str, at: datetime, reason: str) -> None:
        """Take back one of the source's own facts, on the topic it was published on."""
        data = {"event": {"source": f"urn:sp:operator:{source}", "id": event_id}, "reason": reason}
        self.sink.put(Wave.OPENING, self._line(source, topic, self.next_id(), "event.retracted", at, data))
        self.accepted["event.retracted"] += 1

    def _line(
        self, source: str, topic: str, event_id: str, kind: str, at: datetime, data: Mapping[str, object]
    ) -> Line:
        record = {"type": f"kh.sp.{kind}.v1", "id": event_id, "time": at.isoformat(), "data": data}
        return Line(source, topic, event_id, _ENCODER.encode(record))

    def batch(self, source: str, benefit: str, cycle: str, part: str, wave: Wave = Wave.DECLARED) -> Batch:
        """The batch of a source's branch (or other `part`) in a payment cycle; a full one is followed by another."""
        part_key = (source, benefit, cycle, part)
        batch = self._numbered(part_key, wave)
        if batch.count >= BATCH_REQUESTS_MAX:
            self._parts[part_key] += 1
            batch = self._numbered(part_key, wave)
        return batch

    def _numbered(self, part_key: tuple[str, str, str, str], wave: Wave) -> Batch:
        source, benefit, cycle, part = part_key
        number = self._parts[part_key]
        batch_id = f"{self.token}/{cycle}/{part}" + (f".{number}" if number else "")
        if (source, batch_id) not in self.batches:
            self.batches[source, batch_id] = Batch(source, batch_id, benefit, cycle, wave)
        return self.batches[source, batch_id]

    def leave_open(self, source: str, benefit: str, cycle: str) -> None:
        """Do not close a cycle: what waits in it goes on waiting."""
        self.left_open.add((source, benefit, cycle))

    def expect(self, benefit: str, state: State, *reasons: str) -> None:
        """One more request that must end in `state` for these reasons."""
        self.outcomes[Outcome(benefit, state, tuple(sorted(reasons)))] += 1

    def expect_paid(self, benefit: str, amount_riel: int) -> None:
        """One more request that must end submitted with this amount posted."""
        self.outcomes[Outcome(benefit, "submitted")] += 1
        lines_amount = self.posted.setdefault(benefit, [0, 0])
        lines_amount[0] += 1
        lines_amount[1] += amount_riel

    def _replay(self, line: Line) -> None:
        """Publish a line once more, byte for byte: a replay without effect."""
        self.sink.put(self.rng.choice((Wave.OPENING, Wave.CLOSED)), line)
        self.replayed += 1

    def conflict(self, line: Line, change: Change) -> None:
        """Publish a line's identity with other bytes, later than the line: the first recorded stays."""
        old, new = change
        changed = line.text.replace(old, new)
        if changed == line.text:
            message = f"event {line.event_id} has no {old!r} to change into a conflict"
            raise ValueError(message)
        self.sink.put(Wave.AFTERWARDS, Line(line.source, line.topic, line.event_id, changed))
        self.conflicting += 1


class Reservoir:
    """A fair sample of lines of unknown number, of bounded size."""

    def __init__(self, rng: random.Random) -> None:
        self._rng, self.lines, self._offered = rng, list[Line](), 0

    def offer(self, line: Line) -> None:
        """Keep this line, or not."""
        self._offered += 1
        if len(self.lines) < RESERVOIR_LINES:
            self.lines.append(line)
        elif (at := int(self._rng.random() * self._offered)) < RESERVOIR_LINES:
            self.lines[at] = line


def space_of(token: str) -> int:
    """The first four digits of the SP-IDs of a scenario, so that scenarios and sizes do not share persons."""
    return zlib.crc32(token.encode()) % 10_000


def money(amount_riel: int) -> dict[str, str]:
    """The contract's money object in whole riel."""
    return {"amount": str(amount_riel), "currency": CURRENCY}
