"""A month of a person or household, tested on the pack's reference day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from processors import episodes, households, succession
from processors.occasions.family import strongest
from processors.occasions.occasion import Occasion

if TYPE_CHECKING:
    from events.payment import PaymentRequested
    from processors.inquiry import Inquiry
    from processors.outcome import Claim
    from processors.policy.model import Pack
    from processors.view import View


def recognise(view: View, pack: Pack, request: PaymentRequested, subject: bytes) -> Occasion:
    """The asked month, with the evidence of it where the benefit wants some."""
    text = request.for_.month or ""
    first = date.fromisoformat(f"{text}-01")
    day = first.replace(day=view.commons.month_reference_day.at(first))
    kind = pack.entitlement.evidence
    told = episodes.conditions(view, (subject,), kind) if kind is not None else []
    holder = households.holder(view, subject, day)
    return Occasion(day, first, holder, strongest(view, [item for item in told if item.condition.month == text]), None)


def claims(inquiry: Inquiry) -> list[Claim]:
    """The month, for this benefit."""
    group = f"month:{inquiry.pack.benefit}"
    occasion = inquiry.occasion
    return succession.whole(inquiry.view, occasion.holder, group, occasion.key, occasion.day)
