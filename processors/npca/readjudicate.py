"""Adjudication done again by the agency: the rules of the packs on the frozen evidence, taken from who signed it.

What is applied is what the decider applies to one line: recognise, assess, bid. What the ledger concluded is no input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from events.payment import CycleClosed, PaymentRequested
from events.retraction import EventRetracted
from processors import entities
from processors.case import assemble, cycle_key
from processors.eligibility import Standing, assess
from processors.facts import EntityState, fold
from processors.inquiry import inquire
from processors.overlap import bid
from processors.ruling import inputs_digest
from processors.view import View

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from events.envelope import Event
    from events.reasons import Reason
    from processors.overlap import Bid
    from processors.policy.model import Policy


class Kin(Protocol):
    """Facts that relate entities, as the agency holds them itself."""

    def of(self, keys: Collection[bytes]) -> Iterable[Event]:
        """What joins these entities to others, ends their life, closes their cycle, or takes something of them back."""


class Horizon(NamedTuple):
    """The close that a line was decided at; None when its cycle was open and all that was known counted."""

    until_us: int | None


class Found(NamedTuple):
    """What the rules say of one line. `amount_minor` is None and `reasons` say why unless it is eligible."""

    amount_minor: int | None
    currency: str
    reasons: tuple[Reason, ...]
    bid: Bid


def readjudicate(
    request: Event, evidence: Sequence[Event], kin: Kin | None, until_us: int | None, policy: Policy
) -> Found:
    """The rules on this evidence, and on what is known to relate the entities, as far as it was timed until then.

    Without `kin` nothing is looked at but the evidence itself. Raises TypeError when `request` is none.
    """
    data = request.data
    if not isinstance(data, PaymentRequested):
        message = f"event {request.source}/{request.id} is no request but {request.type}"
        raise TypeError(message)
    pack = policy.packs[data.benefit]
    states = _states(request, data, evidence, kin)
    view = View(states, policy.commons, until_us)
    inquiry = inquire(view, pack, request, data)
    found = assess(inquiry)
    amount = found.amount_minor if found.standing is Standing.ELIGIBLE else None
    return Found(
        amount, pack.amount.currency, found.reasons, bid(inquiry, entities.line(request.source, data.request_id)[1:])
    )


def _states(
    request: Event, data: PaymentRequested, evidence: Sequence[Event], kin: Kin | None
) -> dict[bytes, EntityState]:
    """The case of a request with what it reads, folded from these facts alone."""
    states: dict[bytes, EntityState] = {}
    taken: set[bytes] = set()
    _fold(states, (request, *evidence), kin)
    home = entities.request_home(data)
    while True:
        case = assemble(home, states)
        for key in case.missing:
            states.setdefault(key, EntityState())
        fresh = {*case.members, *case.reads, *case.missing} - taken
        if not fresh:
            return {key: states[key] for key in (*case.members, *case.reads)}
        taken |= fresh
        if kin is not None:
            _fold(states, [event for event in kin.of(fresh) if not isinstance(event.data, EventRetracted)], kin)


def _fold(states: dict[bytes, EntityState], events: Sequence[Event], kin: Kin | None) -> None:
    """Fold facts into the entities they belong to, with what takes them back."""
    told = {entities.identity(event.source, event.id): event for event in events}
    retractions = kin.of(told) if kin is not None else ()
    for event in events:
        for key in entities.homes(event):
            fold(key, states.setdefault(key, EntityState()), event)
    for event in retractions:
        for identity in entities.homes(event):
            for key in entities.homes(told[identity]):
                fold(key, states[key], event)


def closed_us(request: Event, kin: Kin) -> int | None:
    """When the cycle of a request was closed, as far as the agency knows."""
    if not isinstance(request.data, PaymentRequested):
        return None
    closes = kin.of([cycle_key(request, request.data)])
    return min((event.time_us for event in closes if isinstance(event.data, CycleClosed)), default=None)


def horizon(request: Event, evidence: Sequence[tuple[str, str]], digest: bytes, close_us: int | None) -> Horizon | None:
    """What was known when a line was decided; None when its digest is of other inputs than these."""
    identity, told = (request.source, request.id), tuple((source, event_id) for source, event_id in evidence)
    for known in dict.fromkeys((None, close_us)):
        if inputs_digest(identity, told, known) == digest:
            return Horizon(known)
    return None
