"""The receipt of one decision: what a citizen or operator can keep, and hold against the published ledger later.

Its JSON has one canonical form (RFC 8785: keys sorted, no white space, UTF-8), so the same decision always gives the
same bytes. It names no person: who asked is behind the request id.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from events.money import Money
from events.outcomes import Digest, Outcome, Urn
from events.reasons import Reason
from events.shapes import EventId, LineId, OpaqueId
from events.states import LineState

RECEIPT_TYPE: Final = "kh.sp.decision.receipt.v1"


class ReceiptTitle(Outcome, frozen=True):
    """The benefit's title."""

    english: str
    khmer: str


class ReceiptReason(Outcome, frozen=True):
    """A reason with its sentences."""

    reason: Reason
    english: str
    khmer: str


class ReceiptFigure(Outcome, frozen=True):
    """A figure the decision rests on, in minor units, how often it counts and how well it is known."""

    name: str
    unit: str
    status: str
    reference: str
    times: int
    value: int | None = None


class ReceiptEvidence(Outcome, frozen=True):
    """One event that was used."""

    source: Urn
    id: EventId


class Receipt(Outcome, frozen=True):
    """One decision and where it stands: leaf `leaf_no` of block `block_no`.

    `leaf_hash` is the SHA-256 of 0x00 and the leaf's body, as `block.posted` publishes it; `block_hash` the block's.
    `policy_digest` is that of the benefit's pack, `kind` says whether it decides a request or proposes a recovery.
    """

    type: Literal["kh.sp.decision.receipt.v1"]
    kind: Literal["decided", "recovery_proposed"]
    source: Urn
    request_id: OpaqueId
    event_id: EventId
    batch_id: OpaqueId
    benefit: str
    title: ReceiptTitle
    version: int
    state: LineState
    reasons: tuple[ReceiptReason, ...]
    figures: tuple[ReceiptFigure, ...]
    evidence: tuple[ReceiptEvidence, ...]
    policy_digest: Digest
    inputs_digest: Digest
    decided_at: str
    block_no: int
    block_hash: Digest
    leaf_no: int
    leaf_hash: Digest
    line_id: LineId | None = None
    amount: Money | None = None
    won_by: LineId | None = None


def canonical(receipt: Receipt) -> bytes:
    """The one form of a receipt's JSON."""
    return msgspec.json.encode(receipt, order="sorted")
