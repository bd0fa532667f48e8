"""A source takes back one of its own enrolment or verification events; it may arrive before its target."""

from __future__ import annotations

from typing import Literal

from msgspec import structs

from events.shapes import EventId, Shape, SourceName
from events.sources import bare, to_urn


class RetractedEvent(Shape, frozen=True):
    """The identity of the event taken back. `source` is the code, as inside the program; on the wire it is the urn.

    The wire's bare code is read too, since the contract does not say which of the two it means.
    """

    source: SourceName
    id: EventId

    def __post_init__(self) -> None:
        """Keep the code only."""
        structs.force_setattr(self, "source", bare(self.source))


class EventRetracted(Shape, frozen=True):
    """The event never should have been told."""

    event: RetractedEvent
    reason: Literal["error", "duplicate", "wrong_person"]

    def wire(self) -> dict[str, object]:
        """`data` as published, the source written as its urn."""
        return {"event": {"source": to_urn(self.event.source), "id": self.event.id}, "reason": self.reason}
