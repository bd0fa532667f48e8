"""The event in life a request is for, as it was recognised."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date

    from events.envelope import Event
    from events.reasons import Reason
    from events.verification import EncounterRecorded
    from processors.episodes import Birth, Evidence


class Occasion(NamedTuple):
    """The event in life a request is for. `anchor` names the birth, pregnancy, month, round, episode or leave.

    `day` is the day eligibility and amount are tested on: that of the evidence where there is some, else the asked one.
    `holder` is the person or household whose claims compete. `until` is the last day of a leave; `encounter` what an
    episode of care was recognised from. `name` is what a claim is named by where a day alone does not tell.
    With `missing` it was not recognised: nothing can be tested, and the request waits for that reason.
    """

    day: date
    anchor: date
    holder: bytes
    evidence: tuple[Evidence, ...]
    birth: Birth | None
    until: date | None = None
    encounter: tuple[Event, EncounterRecorded] | None = None
    name: str = ""
    missing: Reason | None = None

    @property
    def key(self) -> str:
        """What claims on this occasion are named by."""
        return self.name or self.anchor.isoformat()
