"""An episode of care: one patient, facility, service and start date, found by the encounter a request names.

An encounter id is sought among the patient's encounters of any source, under every id of the patient; where several
sources tell the same one, the strongest counts. Encounters of two ids that agree are one episode.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from events.reasons import Reason
from events.verification import EncounterRecorded
from processors import entities
from processors.occasions.occasion import Occasion
from processors.outcome import Claim, ClaimKind

if TYPE_CHECKING:
    from events.enrolment import FacilityRegistered
    from events.envelope import Event
    from events.payment import PaymentRequested
    from processors.inquiry import Inquiry
    from processors.policy.model import Pack
    from processors.view import View


def recognise(view: View, _pack: Pack, request: PaymentRequested, subject: bytes) -> Occasion:
    """The episode of the encounter asked for; without it there is no day on which anything could be tested."""
    encounter_id = request.for_.encounter_id or ""
    found = _encounter(view, subject, encounter_id)
    if found is None:
        name = f"encounter {encounter_id}"
        return Occasion(date.min, date.min, subject, (), None, name=name, missing=Reason.ENCOUNTER_MISSING)
    told = found[1]
    name = f"{told.started_on} {told.service} {told.facility_id}"
    return Occasion(told.started_on, told.started_on, subject, (), None, encounter=found, name=name)


def _encounter(view: View, subject: bytes, encounter_id: str) -> tuple[Event, EncounterRecorded] | None:
    told = [fact for fact in view.facts(subject, EncounterRecorded) if fact[1].encounter_id == encounter_id]
    return max(told, key=lambda fact: view.rank(fact[0]), default=None)


def claims(inquiry: Inquiry) -> list[Claim]:
    """The episode, for this benefit; who else may not be paid for it is told by the pack's exclusivity."""
    occasion = inquiry.occasion
    return [Claim(ClaimKind.KEY, occasion.holder, f"episode:{inquiry.pack.benefit}", occasion.key)]


def facility_of(inquiry: Inquiry) -> tuple[Event, FacilityRegistered] | None:
    """The registration of the episode's facility in force on the day it began, or None."""
    told = inquiry.occasion.encounter
    if told is None:
        return None
    return inquiry.view.facility_on(entities.facility(told[1].facility_id), inquiry.occasion.day)
