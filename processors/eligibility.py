"""Eligibility of one request: the built-in bars, the pack's predicates, the amount. Missing pends, contrary rejects."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from events.money import to_minor
from events.reasons import Reason
from processors.outcome import Asked, FigureUsed
from processors.policy.model import Status
from processors.policy.predicates import PASSED, Outcome, Verdict

if TYPE_CHECKING:
    from events.envelope import Event
    from processors.inquiry import Inquiry
    from processors.policy.model import Figure


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
    currency: str | None
    answers: tuple[Answer, ...]
    figure: Figure | None
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
    def figures(self) -> tuple[FigureUsed, ...]:
        """The figures of the pack that were used."""
        return () if self.figure is None else (_used(self.benefit, self.figure),)


def assess(inquiry: Inquiry) -> Assessment:
    """Ask everything the pack asks on the day; every contrary reason is told, else every missing one."""
    day, pack = inquiry.occasion.day, inquiry.pack
    figure = pack.amount.figures.on(day)
    rules = pack.rules.on(day)
    if figure is None or rules is None:
        answer = Answer("in_force", (), Outcome(Verdict.FAIL, Reason.NOT_IN_FORCE))
        return Assessment(Standing.REJECTED, (Reason.NOT_IN_FORCE,), None, None, (answer,), None, pack.benefit)
    amount = _amount(inquiry, figure)
    answers = [Answer("alive", (), _alive(inquiry))]
    answers.extend([Answer(rule.name, rule.parameters, rule.ask(inquiry)) for rule in rules])
    answers.append(Answer("amount", (), _amount_set(inquiry, figure, amount)))
    worst = max([answer.outcome.verdict for answer in answers])
    return Assessment(
        Standing(worst), _reasons(answers, worst), amount, pack.amount.currency, tuple(answers), figure, pack.benefit
    )


def _alive(inquiry: Inquiry) -> Outcome:
    if inquiry.subject[:1] != b"P":
        return PASSED
    died = inquiry.view.died(inquiry.subject)
    if died is None:
        return PASSED
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


def _amount_set(inquiry: Inquiry, figure: Figure, amount: int | None) -> Outcome:
    if figure.status is Status.UNSET:
        return Outcome(Verdict.UNKNOWN, Reason.AMOUNT_NOT_SET)
    claimed = inquiry.request.amount
    if claimed is None or amount is None:
        return PASSED
    tolerance = inquiry.pack.tolerance_minor.on(inquiry.occasion.day) or 0
    if claimed.currency != inquiry.pack.amount.currency or abs(to_minor(claimed) - amount) > tolerance:
        return Outcome(Verdict.FAIL, Reason.AMOUNT_MISMATCH, (inquiry.event,))
    return PASSED


def _ids(evidence: tuple[Event, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((event.source, event.id) for event in evidence)


def _reasons(answers: list[Answer], worst: Verdict) -> tuple[Reason, ...]:
    if worst is Verdict.PASS:
        return ()
    found = (answer.outcome for answer in answers if answer.outcome.verdict is worst)
    return tuple(dict.fromkeys(outcome.reason for outcome in found if outcome.reason is not None))


def _used(benefit: str, figure: Figure) -> FigureUsed:
    reference = figure.references[0].title if figure.references else ""
    return FigureUsed(f"{benefit}.amount", figure.value, figure.unit, figure.status.value, reference)
