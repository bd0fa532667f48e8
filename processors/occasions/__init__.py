"""Events in life, one module a kind: how each is recognised from evidence, and what a request for it claims."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from processors.occasions import birth, episode, leave, month, visit
from processors.occasions import round as payment_round
from processors.policy.model import LifeEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from events.payment import PaymentRequested
    from processors.inquiry import Inquiry
    from processors.occasions.occasion import Occasion
    from processors.outcome import Claim
    from processors.policy.model import Pack
    from processors.view import View


class Kind(NamedTuple):
    """How one kind of event in life is recognised, and what a request for it claims."""

    recognise: Callable[[View, Pack, PaymentRequested, bytes], Occasion]
    claims: Callable[[Inquiry], list[Claim]]


KINDS: Mapping[LifeEvent, Kind] = {
    LifeEvent.BIRTH: Kind(birth.recognise, birth.claims),
    LifeEvent.VISIT: Kind(visit.recognise, visit.claims),
    LifeEvent.MONTH: Kind(month.recognise, month.claims),
    LifeEvent.ROUND: Kind(payment_round.recognise, payment_round.claims),
    LifeEvent.EPISODE: Kind(episode.recognise, episode.claims),
    LifeEvent.LEAVE: Kind(leave.recognise, leave.claims),
}
"""The one catalogue of kinds; a pack names one by `entitlement.event`."""
