"""A round: one of the payments the pack dates, to a person or household, tested on the day of the round."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from processors import households, succession
from processors.occasions.occasion import Occasion

if TYPE_CHECKING:
    from events.payment import PaymentRequested
    from processors.inquiry import Inquiry
    from processors.outcome import Claim
    from processors.policy.model import Pack
    from processors.view import View


def recognise(view: View, pack: Pack, request: PaymentRequested, subject: bytes) -> Occasion:
    """The asked round; one that the pack does not date is on no day, so nothing is in force for it."""
    number = request.for_.round or 0
    dated = pack.entitlement.rounds.get(number)
    day = dated.day if dated is not None else date.min
    return Occasion(day, day, households.holder(view, subject, day), (), None, name=str(number))


def claims(inquiry: Inquiry) -> list[Claim]:
    """The round, for this benefit."""
    group = f"round:{inquiry.pack.benefit}"
    occasion = inquiry.occasion
    return succession.whole(inquiry.view, occasion.holder, group, occasion.key, occasion.day)
