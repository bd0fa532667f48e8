"""A source takes back one of its own enrolment or verification events; it may arrive before its target."""

from __future__ import annotations

from typing import Literal

from events.shapes import EventId, Shape, SourceName
from events.sources import bare


class RetractedEvent(Shape, frozen=True):
    """The identity of the event taken back; `source` as in its envelope (the bare code is read too)."""

    source: SourceName
    id: EventId

    @property
    def source_code(self) -> str:
        """The source as the rest of the program names it: its code."""
        return bare(self.source)


class EventRetracted(Shape, frozen=True):
    """The event never should have been told."""

    event: RetractedEvent
    reason: Literal["error", "duplicate", "wrong_person"]
