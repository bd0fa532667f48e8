"""Which overlays of a pack hold for one request: those of the day that cover the place of its household."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from processors import households

if TYPE_CHECKING:
    from events.enrolment import HouseholdIdentified
    from events.envelope import Event
    from processors.inquiry import Inquiry
    from processors.policy.overlay import Overlay


class Applied(NamedTuple):
    """An overlay that holds, and the fact that says the household lives where it does."""

    overlay: Overlay
    evidence: tuple[Event, ...]


def applied(inquiry: Inquiry) -> tuple[Applied, ...]:
    """The overlays that hold, in the order of the pack; one that is for some places needs a household known there."""
    day = inquiry.occasion.day
    in_time = [overlay for overlay in inquiry.pack.overlays if overlay.since <= day <= overlay.until]
    home = households.asked(inquiry) if any(overlay.areas for overlay in in_time) else None
    found: list[Applied] = []
    for overlay in in_time:
        if not overlay.areas:
            found.append(Applied(overlay, ()))
        elif home is not None and _covers(overlay, home.household):
            found.append(Applied(overlay, (home.event,)))
    return tuple(found)


def _covers(overlay: Overlay, household: HouseholdIdentified) -> bool:
    """Whether a household lives in one of the areas, or in a commune whose code begins as one of the places does."""
    return any(place == household.area or household.commune.startswith(place) for place in overlay.areas)
