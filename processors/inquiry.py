"""What is asked about one request: which event in life it is for, for whom, on which day, with which evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from processors import entities
from processors.occasions import KINDS
from processors.policy.model import LifeEvent

if TYPE_CHECKING:
    from events.envelope import Event
    from events.payment import PaymentRequested
    from processors.occasions.occasion import Occasion
    from processors.policy.model import Pack
    from processors.view import View


@dataclass(slots=True)
class Inquiry:
    """One request with the view it is decided on; predicates and amounts read nothing else."""

    view: View
    pack: Pack
    event: Event
    request: PaymentRequested
    applicant: bytes
    subject: bytes
    occasion: Occasion


def inquire(view: View, pack: Pack, event: Event, request: PaymentRequested) -> Inquiry:
    """Recognise what a request is for. The unit of the benefit was checked when the request was admitted."""
    if request.sp_id is None:
        applicant = entities.household(request.household_id or "")
    else:
        applicant = view.root(entities.person(request.sp_id))
    subject = applicant
    if request.in_respect_of is not None and request.sp_id is not None:
        subject = view.root(entities.person(request.in_respect_of))
        if pack.entitlement.event is LifeEvent.EPISODE:
            applicant = subject  # care is covered by what the patient has, not by what whoever asks has
    occasion = KINDS[pack.entitlement.event].recognise(view, pack, request, subject)
    return Inquiry(view, pack, event, request, applicant, subject, occasion)
