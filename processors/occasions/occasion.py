"""The event in life a request is for, as it was recognised."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date

    from events.envelope import Event
    from events.verification import EncounterRecorded
    from processors.episodes import Birth, Evidence


class Occasion(NamedTuple):
    """The event in life a request is for. `anchor` names the birth, pregnancy, month, round, episode or leave.

    `day` is the day eligibility and amount are tested on: that of the evidence where there is some, else the asked one.
    `holder` is the person or household whose claims compete. `until` is the last day of a leave; `encounter` what an
    episode of care was recognised from.
    """

    day: date
    anchor: date
    holder: bytes
    evidence: tuple[Evidence, ...]
    birth: Birth | None
    until: date | None = None
    encounter: tuple[Event, EncounterRecorded] | None = None
