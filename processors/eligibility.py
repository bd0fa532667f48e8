"""Eligibility of one request: the built-in bars, the pack's predicates, the amount. Missing pends, contrary rejects."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from events.money import to_minor
from events.reasons import Reason
from processors.outcome import Asked, FigureUsed
from processors.policy.model import Status
from processors.policy.predicates import Outcome, Verdict

if TYPE_CHECKING:
    from events.envelope import Event
    from processors.inquiry import Inquiry
    from processors.policy.model import Figure


class Standing(IntEnum):
    """Whether a request could be paid, leaving aside who else asks."""

    ELIGIBLE = 0
    PENDED = 1
    REJECTED = 2


@dataclass(frozen=True, slots=True)
class Assessment:
    """What eligibility found. `amount_minor` is our own figure, known when every figure it needs is set."""

    standing: Standing
    reasons: tuple[Reason, ...]
    amount_minor: int | None
    currency: str | None
    evidence: tuple[tuple[str, str], ...]
    asked: tuple[Asked, ...]
    figures: tuple[FigureUsed, ...]


def assess(inquiry: Inquiry) -> Assessment:
    """Ask everything the pack asks on the day; every contrary reason is told, else every missing one."""
    day = inquiry.occasion.day
    figure = inquiry.pack.amount.figures.on(day)
    rules = inquiry.pack.rules.on(day)
    if figure is None or rules is None:
        return _closed(Reason.NOT_IN_FORCE)
    answers: list[tuple[str, tuple[tuple[str, object], ...], Outcome]] = [("alive", (), _alive(inquiry))]
    answers.extend((rule.name, rule.parameters, rule.ask(inquiry)) for rule in rules)
    amount = _amount(inquiry, figure)
    answers.append(("amount", (), _amount_set(inquiry, amount)))
    asked = tuple(
        Asked(name, parameters, answer.verdict, answer.reason, _ids(answer.evidence))
        for name, parameters, answer in answers
    )
    worst = max(item.verdict for item in asked)
    return Assessment(
        standing=Standing(worst),
        reasons=_reasons(asked, worst),
        amount_minor=amount,
        currency=inquiry.pack.amount.currency,
        evidence=_evidence(asked),
        asked=asked,
        figures=(_used(inquiry, figure),),
    )


def _closed(reason: Reason) -> Assessment:
    asked = Asked("in_force", (), Verdict.FAIL, reason, ())
    return Assessment(Standing.REJECTED, (reason,), None, None, (), (asked,), ())


def _alive(inquiry: Inquiry) -> Outcome:
    if inquiry.subject[:1] != b"P":
        return Outcome(Verdict.PASS)
    died = inquiry.view.died(inquiry.subject)
    if died is None:
        return Outcome(Verdict.PASS)
    event, died_on = died
    if inquiry.occasion.day > died_on:
        return Outcome(Verdict.FAIL, Reason.DECEASED, (event,))
    return Outcome(Verdict.PASS, evidence=(event,))


def _amount(inquiry: Inquiry, figure: Figure) -> int | None:
    if figure.value is None:
        return None
    if not inquiry.pack.amount.per_baby.on(inquiry.occasion.day):
        return figure.value
    birth = inquiry.occasion.birth
    return figure.value * birth.babies if birth is not None else None


def _amount_set(inquiry: Inquiry, amount: int | None) -> Outcome:
    figure = inquiry.pack.amount.figures.on(inquiry.occasion.day)
    if figure is not None and figure.status is Status.UNSET:
        return Outcome(Verdict.UNKNOWN, Reason.AMOUNT_NOT_SET)
    claimed = inquiry.request.amount
    if claimed is None or amount is None:
        return Outcome(Verdict.PASS)
    tolerance = inquiry.pack.tolerance_minor.on(inquiry.occasion.day) or 0
    if claimed.currency != inquiry.pack.amount.currency or abs(to_minor(claimed) - amount) > tolerance:
        return Outcome(Verdict.FAIL, Reason.AMOUNT_MISMATCH, (inquiry.event,))
    return Outcome(Verdict.PASS)


def _ids(evidence: tuple[Event, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((event.source, event.id) for event in evidence)


def _reasons(asked: tuple[Asked, ...], worst: Verdict) -> tuple[Reason, ...]:
    if worst is Verdict.PASS:
        return ()
    found = (item.reason for item in asked if item.verdict is worst and item.reason is not None)
    return tuple(dict.fromkeys(found))


def _evidence(asked: tuple[Asked, ...]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({identity for item in asked for identity in item.evidence}))


def _used(inquiry: Inquiry, figure: Figure) -> FigureUsed:
    reference = figure.references[0].title if figure.references else ""
    return FigureUsed(f"{inquiry.pack.benefit}.amount", figure.value, figure.unit, figure.status.value, reference)
