"""What the system publishes: decisions, submitted batches, posted blocks, quarantined records.

The envelope is the same; `source` is `urn:sp:operator:spp`, `id` is stable, so that a repetition is recognised.
Readers ignore fields they do not know. Digests and hashes are hexadecimal, bytes base64, `source` the urn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Raw, field

from events.envelope import format_time
from events.money import Money
from events.reasons import Reason
from events.shapes import EventId, LineId, Month, OpaqueId
from events.sources import SYSTEM, to_urn
from events.states import LineState
from events.topics import DECISION, LEDGER, QUARANTINE

Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z", description="SHA-256, hexadecimal")]
Urn = Annotated[str, Meta(pattern=r"^urn:sp:operator:[a-z0-9_.]{1,40}\Z")]


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Base of what we publish: frozen, and open to fields of later versions."""


class PaymentDecided(Outcome, frozen=True):
    """A line's decision. `version` rises with each; a reader passes over one that is not above the last it saw.

    Without `line_id` it says of event `event_id` that its request id was taken (`request_id_reused`).
    """

    event_id: EventId
    source: Urn
    request_id: OpaqueId
    batch_id: OpaqueId
    version: int
    state: LineState
    reasons: tuple[Reason, ...]
    policy_digest: Digest
    inputs_digest: Digest
    evidence: tuple[str, ...]
    line_id: LineId | None = None
    amount: Money | None = None
    won_by: LineId | None = None


class RecoveryProposed(Outcome, frozen=True):
    """Facts that came after submission speak against a line; no money moves until a person orders it."""

    line_id: LineId
    event_id: EventId
    source: Urn
    request_id: OpaqueId
    batch_id: OpaqueId
    version: int
    reasons: tuple[Reason, ...]
    policy_digest: Digest
    inputs_digest: Digest
    evidence: tuple[str, ...]
    amount: Money | None = None
    won_by: LineId | None = None


class SubmittedLine(Outcome, frozen=True):
    """A frozen line: its decision, where that stands in the ledger, and what it was decided on."""

    line_id: LineId
    event_id: EventId
    request_id: OpaqueId
    version: int
    amount: Money
    leaf_no: int
    policy_digest: Digest
    inputs_digest: Digest
    inputs: dict[str, Any] = field(default_factory=dict)


class BatchSubmitted(Outcome, frozen=True):
    """Submission `number` of a batch: 0 is the batch, 1 and up are supplements. Long ones come in `parts`.

    `count` and `totals` are of the whole submission, `lines` of this part.
    """

    source: Urn
    batch_id: OpaqueId
    number: int
    benefit: str
    cycle: Month
    count: int
    totals: tuple[Money, ...]
    block_no: int
    part: int
    parts: int
    lines: tuple[SubmittedLine, ...]


class PostedLeaf(Outcome, frozen=True):
    """A leaf's fixed binary encoding; SHA-256(0x00 || body) is its hash in the tree."""

    leaf_no: int
    kind: str
    body: bytes


class BlockPosted(Outcome, frozen=True):
    """A block of the one chain and all its leaves, in `parts` below 512 KiB; the header is in each part."""

    version: int
    block_no: int
    hash: Digest
    prev_hash: Digest
    root: Digest
    first_leaf: int
    leaf_count: int
    totals: str
    policy_digest: Digest
    recorded_at: str
    writer: str
    journal: bytes
    part: int
    parts: int
    leaves: tuple[PostedLeaf, ...]


class QuarantinedHeader(Outcome, frozen=True):
    """One header of the record as it came."""

    name: str
    value: bytes | None


class RecordQuarantined(Outcome, frozen=True):
    """A record that was not accepted: where it stands, why, and its original bytes. `source` only if it signed."""

    quarantine_no: int
    topic: str
    partition: int
    offset: int
    received_at: str
    reason: Reason
    field: str
    detail: str
    headers: tuple[QuarantinedHeader, ...]
    key: bytes | None
    value: bytes | None
    source: Urn | None = None
    event_id: EventId | None = None


@dataclass(frozen=True, slots=True, eq=False)
class OutcomeType:
    """One type that we publish."""

    name: str
    topic: str
    struct: type[Outcome]

    @property
    def type(self) -> str:
        """The type as in the envelope."""
        return f"kh.sp.{self.name}.v1"


_ROWS: Final = (
    OutcomeType("payment.decided", DECISION.name, PaymentDecided),
    OutcomeType("recovery.proposed", DECISION.name, RecoveryProposed),
    OutcomeType("batch.submitted", DECISION.name, BatchSubmitted),
    OutcomeType("block.posted", LEDGER.name, BlockPosted),
    OutcomeType("record.quarantined", QUARANTINE.name, RecordQuarantined),
)
OUTCOMES: Final[dict[str, OutcomeType]] = {row.name: row for row in _ROWS}
_BY_STRUCT: Final = {row.struct: row for row in _ROWS}
_BY_TYPE: Final = {row.type: row for row in _ROWS}


class Published(msgspec.Struct, frozen=True, gc=False):
    """One of our events as a reader sees it; `time` is when the system recorded it."""

    id: str
    type: str
    time: str
    data: Outcome


class _Envelope(msgspec.Struct):
    id: str
    source: str
    type: str
    time: str
    data: Raw


def encode_outcome(event_id: str, time_us: int, data: Outcome) -> bytes:
    """The value of one event of ours, in the same canonical form as `events.envelope.encode`."""
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": event_id,
            "source": to_urn(SYSTEM),
            "type": _BY_STRUCT[type(data)].type,
            "time": format_time(time_us),
            "data": data,
        }
    )


def decode_outcome(value: bytes) -> Published:
    """One of our events; raises ValueError for a type that is not of ours, msgspec's errors for other shapes."""
    envelope = msgspec.json.decode(value, type=_Envelope)
    found = _BY_TYPE.get(envelope.type)
    if found is None:
        raise ValueError(f"{envelope.type} is no type that the system publishes")
    return Published(envelope.id, found.name, envelope.time, msgspec.json.decode(envelope.data, type=found.struct))
