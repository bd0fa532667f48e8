"""A visit: one person, kind and day. It belongs to a birth or pregnancy, told by evidence or by the pack's interval."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from processors import entities, episodes
from processors.episodes import MET, Birth, Evidence
from processors.occasions.family import mother_of, strongest
from processors.occasions.occasion import Occasion
from processors.outcome import Claim, ClaimKind

if TYPE_CHECKING:
    from events.payment import PaymentRequested
    from events.verification import ConditionVerified
    from processors.inquiry import Inquiry
    from processors.policy.entitlement import Entitlement
    from processors.policy.model import Pack
    from processors.view import View

ANTENATAL = "anc"
"""The step of a benefit that belongs to a pregnancy; every other step of a visit belongs to a birth."""


def recognise(view: View, pack: Pack, request: PaymentRequested, subject: bytes) -> Occasion:
    """The visit on the asked day, with the birth or pregnancy it belongs to.

    Whoever is only told to have brought somebody else's child on that day asks for the visit of the child.
    """
    mother = mother_of(view, subject)
    known = episodes.births(view, mother)
    children = sorted({child for birth in known for child in birth.children})
    family = tuple(dict.fromkeys((mother, subject, *children)))
    told = _told(view, pack.entitlement, request, family, subject)
    found = tuple(item for item in told if _mother(view, item) in {None, mother})
    if told and not found:
        return recognise(view, pack, request, _visited(view, told[0].condition))
    anchor, birth = _belongs(view, request, found, known, family, pack.entitlement)
    return Occasion(request.for_.on or date.min, anchor, mother, found, birth)


def _told(
    view: View, entitlement: Entitlement, request: PaymentRequested, family: tuple[bytes, ...], subject: bytes
) -> tuple[Evidence, ...]:
    """The evidence of the asked day about the person asked for, the strongest first."""
    kind, mother = entitlement.evidence or "", family[0]
    about = [item for item in episodes.conditions(view, family, kind) if _is_about(view, item, subject, mother)]
    about += episodes.told_by_carers(view, family, family if subject == mother else (subject,), kind)
    return strongest(view, [item for item in about if item.condition.on == request.for_.on])


def _mother(view: View, item: Evidence) -> bytes | None:
    """The mother of the child that evidence names, or None where it names none."""
    return mother_of(view, _visited(view, item.condition)) if item.condition.child_sp_id is not None else None


def _visited(view: View, condition: ConditionVerified) -> bytes:
    """Whose visit it was: the child that evidence names, else the person it is told of."""
    return view.root(entities.person(condition.child_sp_id or condition.sp_id))


def _is_about(view: View, item: Evidence, subject: bytes, mother: bytes) -> bool:
    """Whether evidence of a family speaks of the person asked for: a mother is asked for with all her children."""
    own, child = view.root(entities.person(item.condition.sp_id)), item.condition.child_sp_id
    if subject in {mother, own}:
        return True
    return own == mother if child is None else view.root(entities.person(child)) == subject


def _belongs(
    view: View,
    request: PaymentRequested,
    found: tuple[Evidence, ...],
    known: list[Birth],
    family: tuple[bytes, ...],
    entitlement: Entitlement,
) -> tuple[date, Birth | None]:
    """The anchor of the birth or pregnancy a visit belongs to: told by evidence or request, else by the interval.

    A request's own `birth_on` chooses among births that evidence tells; it makes none.
    """
    day = request.for_.on or date.min
    told = next((item.condition.birth_on for item in found if item.condition.birth_on is not None), None)
    told = told or request.for_.birth_on
    named = request.in_respect_of or next((item.condition.child_sp_id for item in found), None)
    child = view.root(entities.person(named)) if named is not None else None
    due = next((item.condition.due_on for item in found if item.condition.due_on is not None), request.for_.due_on)
    near = told or (due if entitlement.step == ANTENATAL else None)
    birth = episodes.nearest_birth(known, near, view.commons) if near is not None else None
    birth = birth or episodes.birth_of_child(known, child)
    if birth is not None:
        return birth.anchor, birth
    if entitlement.step == ANTENATAL:
        return episodes.pregnancy_anchor(view, family, day, known), None
    heard = episodes.births_heard_of(view, family, known)
    if told is not None:
        close = [anchor for anchor in heard if abs((told - anchor).days) <= view.commons.birth_window_days.at(anchor)]
        if close:
            return min(close, key=lambda anchor: abs((told - anchor).days)), None
    anchor = episodes.after_delivery_anchor(view, family, day, [*(birth.anchor for birth in known), *heard])
    return anchor, next((birth for birth in known if birth.anchor == anchor), None)


def claims(inquiry: Inquiry) -> list[Claim]:
    """The visit of this person on this day."""
    step, day = inquiry.pack.entitlement.step, inquiry.occasion.day
    return [Claim(ClaimKind.KEY, patient_of(inquiry), f"visit:{step}", day.isoformat())]


def patient_of(inquiry: Inquiry) -> bytes:
    """Whose visit it was: the child or person the evidence names, so that asking for either asks for one visit."""
    told = next((item.condition for item in inquiry.occasion.evidence if item.condition.outcome == MET), None)
    return _visited(inquiry.view, told) if told is not None else inquiry.subject
