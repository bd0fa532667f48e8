"""A birth: the delivery that verified evidence tells nearest to the asked day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from processors import episodes
from processors.episodes import MET
from processors.occasions.family import mother_of, strongest
from processors.occasions.occasion import Occasion
from processors.outcome import Claim, ClaimKind

if TYPE_CHECKING:
    from events.payment import PaymentRequested
    from processors.inquiry import Inquiry
    from processors.policy.model import Pack
    from processors.view import View


def recognise(view: View, pack: Pack, request: PaymentRequested, subject: bytes) -> Occasion:
    """The birth of this mother, or of this child's mother; the asked day where nothing tells of one."""
    mother = mother_of(view, subject)
    asked = request.for_.on or date.min
    birth = episodes.nearest_birth(episodes.births(view, mother), asked, view.commons)
    if birth is not None:
        return Occasion(birth.anchor, birth.anchor, mother, strongest(view, list(birth.evidence)), birth)
    window = view.commons.birth_window_days.at(asked)
    contrary = [
        item
        for item in episodes.conditions(view, (mother,), pack.entitlement.evidence or "")
        if item.condition.outcome != MET
        and item.condition.on is not None
        and abs((item.condition.on - asked).days) <= window
    ]
    return Occasion(asked, asked, mother, strongest(view, contrary), None)


def claims(inquiry: Inquiry) -> list[Claim]:
    """The window of the birth, for this step of it, and each child it names: a child is born once, of one mother.

    It is taken once, so a birth needs no count.
    """
    anchor, step = inquiry.occasion.anchor, inquiry.pack.entitlement.step
    until = anchor + timedelta(days=inquiry.view.commons.birth_window_days.at(anchor) + 1)
    key = anchor.isoformat()
    born = sorted(inquiry.occasion.birth.children) if inquiry.occasion.birth is not None else ()
    return [
        Claim(ClaimKind.WINDOW, inquiry.occasion.holder, f"birth:{step}", key, since=anchor, until=until),
        *(Claim(ClaimKind.KEY, child, f"born:{step}", "once") for child in born),
    ]
