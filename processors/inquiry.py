"""What is asked about one request: which event in life it is for, for whom, on which day, with which evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from events.verification import ConditionVerified
from processors import entities, episodes
from processors.episodes import MET, Birth, Evidence
from processors.policy.model import LifeEvent

if TYPE_CHECKING:
    from events.envelope import Event
    from events.payment import PaymentRequested
    from processors.policy.model import Entitlement, Pack
    from processors.view import View


ANTENATAL = "anc"
"""The step of a benefit that belongs to a pregnancy; every other step of a visit belongs to a birth."""


class Occasion(NamedTuple):
    """The event in life a request is for. `anchor` names the birth, pregnancy or month it belongs to.

    `day` is the day eligibility and amount are tested on: that of the evidence where there is some, else the asked one.
    """

    day: date
    anchor: date
    holder: bytes
    evidence: tuple[Evidence, ...]
    birth: Birth | None


@dataclass(slots=True)
class Inquiry:
    """One request with the view it is decided on; predicates read nothing else."""

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
    if request.in_respect_of is not None:
        subject = view.root(entities.person(request.in_respect_of))
    occasion = _RECOGNISE[pack.entitlement.event](view, pack, request, subject)
    return Inquiry(view, pack, event, request, applicant, subject, occasion)


def mother_of(view: View, subject: bytes) -> bytes:
    """The mother whose delivery evidence names this person as a child, else who had other evidence with the child.

    A child often gets its SP-ID after the delivery was told; others too may bring it to a visit, so who gave birth
    comes first. The person itself where no evidence names it as a child.
    """
    known = view.mothers.get(subject)
    if known is None:
        known = view.mothers[subject] = _mother_of(view, subject)
    return known


def _mother_of(view: View, subject: bytes) -> bytes:
    aliases = set(view.aliases(subject))
    links = {link for alias in aliases if alias in view.states for link in view.states[alias].links}
    near = sorted({view.root(link) for link in links if link[:1] == b"P"} - {subject})
    for mother in near:
        for birth in episodes.births(view, mother):
            if subject in birth.children:
                return mother
    told = [person for person in near if _told_with(view, person, subject)]
    return next((person for person in told if episodes.births(view, person)), told[0] if told else subject)


def _told_with(view: View, person: bytes, child: bytes) -> bool:
    named = (data.child_sp_id for _, data in view.facts(person, ConditionVerified))
    return any(name is not None and view.root(entities.person(name)) == child for name in named)


def _strongest(view: View, found: list[Evidence]) -> tuple[Evidence, ...]:
    if len(found) > 1:
        found = sorted(found, key=lambda item: view.rank(item.event), reverse=True)
    return tuple(found)


def _birth(view: View, pack: Pack, request: PaymentRequested, subject: bytes) -> Occasion:
    mother = mother_of(view, subject)
    asked = request.for_.on or date.min
    birth = episodes.nearest_birth(episodes.births(view, mother), asked, view.commons)
    if birth is not None:
        return Occasion(birth.anchor, birth.anchor, mother, _strongest(view, list(birth.evidence)), birth)
    window = view.commons.birth_window_days
    contrary = [
        item
        for item in episodes.conditions(view, (mother,), pack.entitlement.evidence or "")
        if item.condition.outcome != MET
        and item.condition.on is not None
        and abs((item.condition.on - asked).days) <= window
    ]
    return Occasion(asked, asked, mother, _strongest(view, contrary), None)


def _visit(view: View, pack: Pack, request: PaymentRequested, subject: bytes) -> Occasion:
    day = request.for_.on or date.min
    mother = mother_of(view, subject)
    known = episodes.births(view, mother)
    children = sorted({child for birth in known for child in birth.children})
    family = tuple(dict.fromkeys((mother, subject, *children)))
    kind = pack.entitlement.evidence or ""
    about = [item for item in episodes.conditions(view, family, kind) if _is_about(view, item, subject, mother)]
    about += episodes.told_by_carers(view, family, family[1:] if subject == mother else (subject,), kind)
    found = _strongest(view, [item for item in about if item.condition.on == day])
    anchor, birth = _belongs(view, request, found, known, family, pack.entitlement)
    return Occasion(day, anchor, mother, found, birth)


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
        close = [anchor for anchor in heard if abs((told - anchor).days) <= view.commons.birth_window_days]
        if close:
            return min(close, key=lambda anchor: abs((told - anchor).days)), None
    anchor = episodes.after_delivery_anchor(view, family, day, [*(birth.anchor for birth in known), *heard])
    return anchor, next((birth for birth in known if birth.anchor == anchor), None)


def _month(view: View, pack: Pack, request: PaymentRequested, subject: bytes) -> Occasion:
    text = request.for_.month or ""
    first = date.fromisoformat(f"{text}-01")
    day = first.replace(day=view.commons.month_reference_day)
    found = (
        []
        if pack.entitlement.evidence is None
        else [
            item
            for item in episodes.conditions(view, (subject,), pack.entitlement.evidence)
            if item.condition.month == text
        ]
    )
    return Occasion(day, first, subject, _strongest(view, found), None)


_RECOGNISE = {LifeEvent.BIRTH: _birth, LifeEvent.VISIT: _visit, LifeEvent.MONTH: _month}
