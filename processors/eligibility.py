"""Eligibility of one request: the built-in bars, the pack's predicates, the amount. Missing pends, contrary rejects."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from events.enrolment import FacilityRegistered, HouseholdIdentified
from events.money import to_minor
from events.reasons import Reason
from processors import households
from processors.amounts import compute
from processors.occasions import visit
from processors.outcome import Asked, FigureUsed
from processors.overlays import applied
from processors.policy.model import LifeEvent
from processors.policy.overlay import BY_OVERLAY, WAIVED_BY
from processors.policy.predicates import PASSED, Outcome, Verdict
from processors.policy.predicates.any_of import choose

if TYPE_CHECKING:
    from events.envelope import Event
    from processors.amounts import Computed, Used
    from processors.inquiry import Inquiry
    from processors.overlays import Applied
    from processors.policy.predicates import Predicate


class Standing(IntEnum):
    """Whether a request could be paid, leaving aside who else asks."""

    ELIGIBLE = 0
    PENDED = 1
    REJECTED = 2


class Answer(NamedTuple):
    """What one predicate, or one built-in bar, said."""

    name: str
    parameters: tuple[tuple[str, object], ...]
    outcome: Outcome


class Assessment(NamedTuple):
    """What eligibility found. `amount_minor` is our own figure, known when every figure it needs is set.

    What explains it is put into words only when a decision is written: most cases are decided again without a change.
    """

    standing: Standing
    reasons: tuple[Reason, ...]
    amount_minor: int | None
    answers: tuple[Answer, ...]
    used: tuple[Used, ...]
    benefit: str

    @property
    def asked(self) -> tuple[Asked, ...]:
        """Each predicate's answer, for `explain`."""
        return tuple(
            Asked(name, parameters, found.verdict, found.reason, _ids(found.evidence))
            for name, parameters, found in self.answers
        )

    @property
    def evidence(self) -> tuple[tuple[str, str], ...]:
        """The identities of all facts used, sorted."""
        return tuple(sorted({identity for answer in self.answers for identity in _ids(answer.outcome.evidence)}))

    @property
    def area(self) -> str:
        """The province it counts for: the facility's, else the household's, as far as the decision rests on one.

        The two digits a commune's code begins with; "" where neither was looked at.
        """
        places = [
            (isinstance(event.data, FacilityRegistered), event.time_us, event.source, event.id, event.data.commune)
            for answer in self.answers
            for event in answer.outcome.evidence
            if isinstance(event.data, FacilityRegistered | HouseholdIdentified)
        ]
        return max(places)[-1][:2] if places else ""

    @property
    def figures(self) -> tuple[FigureUsed, ...]:
        """The figures of the pack that were used."""
        return tuple(_used(self.benefit, item) for item in self.used)


def assess(inquiry: Inquiry) -> Assessment:
    """Ask everything the pack asks on the day; every contrary reason is told, else every missing one."""
    day, pack = inquiry.occasion.day, inquiry.pack
    missing = inquiry.occasion.missing
    if missing is not None:
        answer = Answer("recognised", (), Outcome(Verdict.UNKNOWN, missing))
        return Assessment(Standing.PENDED, (missing,), None, (answer,), (), pack.benefit)
    rules = pack.rules.on(day)
    if rules is None or not pack.amount.in_force(day):
        answer = Answer("in_force", (), Outcome(Verdict.FAIL, Reason.NOT_IN_FORCE))
        return Assessment(Standing.REJECTED, (Reason.NOT_IN_FORCE,), None, (answer,), (), pack.benefit)
    overlays = applied(inquiry) if pack.overlays else ()
    amount = compute(inquiry, overlays)
    answers = [Answer("alive", (), _alive(inquiry))]
    for rule in rules:
        if overlays or rule.ways:
            answers.extend(_overlaid(rule, inquiry, overlays))
        else:
            answers.append(Answer(rule.name, rule.parameters, rule.ask(inquiry)))
    if inquiry.occasion.until is not None:
        answers.append(Answer("maximum", (), _within_maximum(inquiry)))
    answers.append(Answer("amount", (), _amount_agreed(inquiry, amount)))
    worst = max([answer.outcome.verdict for answer in answers])
    return Assessment(
        Standing(worst),
        _reasons(answers, worst),
        amount.amount_minor,
        tuple(answers),
        amount.used,
        pack.benefit,
    )


def _overlaid(rule: Predicate, inquiry: Inquiry, overlays: tuple[Applied, ...]) -> list[Answer]:
    """What a rule said that an overlay may waive or ask otherwise; the first overlay that speaks of it counts."""
    for overlay, evidence in overlays:
        if overlay.waives == rule.name:
            return [
                Answer(rule.name, (*rule.parameters, (WAIVED_BY, overlay.name)), PASSED._replace(evidence=evidence))
            ]
        if overlay.rule is not None and overlay.rule.name == rule.name:
            told = overlay.rule.ask(inquiry)
            parameters = (*overlay.rule.parameters, (BY_OVERLAY, overlay.name))
            return [Answer(rule.name, parameters, told._replace(evidence=(*told.evidence, *evidence)))]
    return _answers(rule, inquiry)


def _answers(rule: Predicate, inquiry: Inquiry) -> list[Answer]:
    """What one rule of the pack said; of several ways which of them tells the verdict, and what that one said."""
    if not rule.ways:
        return [Answer(rule.name, rule.parameters, rule.ask(inquiry))]
    chosen = choose(rule.ways, inquiry)
    head = Answer(rule.name, (("way", chosen.number), ("of", len(rule.ways))), Outcome(chosen.verdict))
    return [head, *(Answer(predicate.name, predicate.parameters, outcome) for predicate, outcome in chosen.found)]


def _alive(inquiry: Inquiry) -> Outcome:
    """The one asked for was alive on the day, and so was the child whose visit it is."""
    if inquiry.subject[:1] == households.HOUSEHOLD:
        return _anybody_alive(inquiry)
    persons = {inquiry.subject: None}
    if inquiry.pack.entitlement.event is LifeEvent.VISIT:
        persons[visit.patient_of(inquiry)] = None
    deaths = [died for person in persons if (died := inquiry.view.died(person)) is not None]
    barring = tuple(event for event, died_on in deaths if inquiry.occasion.day > died_on)
    if barring:
        return Outcome(Verdict.FAIL, Reason.DECEASED, barring)
    return PASSED._replace(evidence=tuple(event for event, _ in deaths)) if deaths else PASSED


def _within_maximum(inquiry: Inquiry) -> Outcome:
    """The days asked for are not above the maximum by themselves; with others they are counted when they compete."""
    maxima, occasion = inquiry.pack.entitlement.maximum, inquiry.occasion
    maximum = maxima.on(occasion.day) if maxima is not None else None
    if maximum is None or maximum.months is None or occasion.until is None:
        return PASSED
    days = (occasion.until - occasion.day).days + 1
    return PASSED if days <= maximum.count else Outcome(Verdict.FAIL, Reason.COUNT_EXCEEDED, (inquiry.event,))


def _anybody_alive(inquiry: Inquiry) -> Outcome:
    """A household lives on with whoever is left of it, paid to the payee, and ends with the last of its members."""
    home = households.asked(inquiry)
    if home is None:
        return PASSED
    counting = households.counted(inquiry.view, home, inquiry.occasion.day)
    if counting.dead and not counting.members:
        return Outcome(Verdict.FAIL, Reason.DECEASED, counting.evidence)
    return PASSED


def _amount_agreed(inquiry: Inquiry, amount: Computed) -> Outcome:
    """Our figure is known, and the operator's own, where it gave one, lies within the pack's tolerance."""
    claimed = inquiry.request.amount
    if claimed is None or amount.amount_minor is None:
        return amount.outcome
    tolerance = inquiry.pack.tolerance_minor.on(inquiry.occasion.day) or 0
    if claimed.currency != inquiry.pack.amount.currency or abs(to_minor(claimed) - amount.amount_minor) > tolerance:
        return Outcome(Verdict.FAIL, Reason.AMOUNT_MISMATCH, (inquiry.event,))
    return amount.outcome


def _ids(evidence: tuple[Event, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((event.source, event.id) for event in evidence)


def _reasons(answers: list[Answer], worst: Verdict) -> tuple[Reason, ...]:
    if worst is Verdict.PASS:
        return ()
    found = (answer.outcome for answer in answers if answer.outcome.verdict is worst)
    return tuple(dict.fromkeys(outcome.reason for outcome in found if outcome.reason is not None))


def _used(benefit: str, used: Used) -> FigureUsed:
    figure = used.figure
    reference = figure.references[0].title if figure.references else ""
    return FigureUsed(f"{benefit}.{used.part}", figure.value, figure.unit, figure.status.value, reference, used.times)
