"""What the certifier of a benefit says about submitted lines (`sp.certification.v1`)."""

from __future__ import annotations

from events.money import Money
from events.payment import check_totals
from events.shapes import Checkpoint, Code, Count, LineId, OpaqueId, Shape


class LineCertified(Shape, frozen=True):
    """A submitted line is certified for at most its frozen amount; `reason` says why for less."""

    line_id: LineId
    batch_id: OpaqueId
    amount: Money
    certificate_id: OpaqueId
    reason: Code | None = None


class LineRefused(Shape, frozen=True):
    """A submitted line is refused for good; its claim is released."""

    line_id: LineId
    batch_id: OpaqueId
    reason: Code


class LineQueried(Shape, frozen=True):
    """The certifier asks about a line before it decides."""

    line_id: LineId
    batch_id: OpaqueId
    query_id: OpaqueId
    reason: Code


class FindingRecorded(Shape, frozen=True):
    """What a field sample found about a line, and how much it disallows."""

    line_id: LineId
    sample_id: OpaqueId
    finding: Code
    disallowed: Money


class BatchCertified(Shape, frozen=True):
    """A certificate over a batch, bound to the ledger's checkpoint it was made on."""

    batch_id: OpaqueId
    certificate_id: OpaqueId
    count: Count
    totals: tuple[Money, ...]
    checkpoint: Checkpoint

    def __post_init__(self) -> None:
        """Refuse two totals of one currency."""
        check_totals(self.totals)


class CertificateSuperseded(Shape, frozen=True):
    """A certificate is replaced by another."""

    certificate_id: OpaqueId
    by: OpaqueId
