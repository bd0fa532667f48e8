"""A leave: days without a wage, after a delivery or for an incapacity that evidence tells.

A maternity leave is asked for by the delivery date: it is recognised as a birth is and lasts the pack's days from the
birth on. Any other is asked for by its days; where evidence tells of a longer spell around them, the spell anchors it,
so that one illness told in several slips has one beginning.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from processors import spells
from processors.occasions import birth
from processors.occasions.family import strongest
from processors.occasions.occasion import Occasion
from processors.policy.model import WageFigure

if TYPE_CHECKING:
    from events.payment import PaymentRequested
    from processors.inquiry import Inquiry
    from processors.outcome import Claim
    from processors.policy.model import Pack
    from processors.view import View

_DAY = timedelta(days=1)


def recognise(view: View, pack: Pack, request: PaymentRequested, subject: bytes) -> Occasion:
    """The leave of a birth where a day is asked for, else the asked days."""
    if request.for_.on is not None:
        return _after_birth(view, pack, request, subject)
    return _of_spell(view, pack, request, subject)


def _after_birth(view: View, pack: Pack, request: PaymentRequested, subject: bytes) -> Occasion:
    born = birth.recognise(view, pack, request, subject)
    days = pack.amount.wage.value(WageFigure.DAYS, born.day) if pack.amount.wage is not None else None
    return born._replace(until=born.anchor + timedelta(days=max(days or 1, 1) - 1))


def _of_spell(view: View, pack: Pack, request: PaymentRequested, subject: bytes) -> Occasion:
    """The asked days as far as the person lived: what came before a death is owed, what would come after is not."""
    since = request.for_.from_ or date.min
    until = max(request.for_.until or since, since)
    died = view.died(subject)
    if died is not None and since <= died[1]:
        until = min(until, died[1])
    told = spells.spans(view, subject, pack.entitlement.evidence or "")
    spell = spells.spell_on(told, since)
    found = dict.fromkeys(span.told_by for span in spells.within(told, since, until))
    return Occasion(
        since,
        spell.since if spell is not None else since,
        subject,
        strongest(view, list(found)),
        None,
        until,
    )


def claims(inquiry: Inquiry) -> list[Claim]:
    """The window of the birth, which has one leave; the days are claimed by the exclusivity group of the pack."""
    if inquiry.request.for_.on is None:
        return []
    return birth.claims(inquiry)


def days(inquiry: Inquiry) -> tuple[date, date]:
    """The first day of the leave and the day after its last: never empty."""
    occasion = inquiry.occasion
    return occasion.day, (occasion.until or occasion.day) + _DAY
