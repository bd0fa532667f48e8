"""Predicates on the days for which evidence tells that a condition held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.reasons import Reason
from processors import spells
from processors.policy.predicates.kind import Outcome, ParameterKind, PredicateKind, Verdict, number_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processors.inquiry import Inquiry
    from processors.policy.predicates.kind import Value


def _days_covered(parameters: Mapping[str, Value]) -> Callable[[Inquiry], Outcome]:
    """Every day asked for is told: one told as not met is contrary, one nobody tells of is missing."""
    condition = str(parameters["condition"])

    def ask(inquiry: Inquiry) -> Outcome:
        since, until = inquiry.occasion.day, inquiry.occasion.until or inquiry.occasion.day
        told = spells.spans(inquiry.view, inquiry.occasion.holder, condition)
        inside = spells.within(told, since, until)
        contrary = tuple(span.told_by.event for span in inside if not span.met)
        if contrary:
            return Outcome(Verdict.FAIL, Reason.CONDITION_NOT_MET, contrary)
        events = tuple(dict.fromkeys(span.told_by.event for span in inside))
        if not spells.cover(told, since, until):
            return Outcome(Verdict.UNKNOWN, Reason.VERIFICATION_MISSING, events)
        return Outcome(Verdict.PASS, evidence=events)

    return ask


def _spell_at_least(parameters: Mapping[str, Value]) -> Callable[[Inquiry], Outcome]:
    """The spell around the first day asked for lasts so many days, asked for or not; a later slip makes it longer."""
    condition, number = str(parameters["condition"]), number_of(parameters["number"])

    def ask(inquiry: Inquiry) -> Outcome:
        told = spells.spans(inquiry.view, inquiry.occasion.holder, condition)
        spell = spells.spell_on(told, inquiry.occasion.day)
        if spell is None:
            return Outcome(Verdict.UNKNOWN, Reason.VERIFICATION_MISSING)
        if spell.days < number:
            return Outcome(Verdict.FAIL, Reason.CONDITION_NOT_MET, spell.events)
        return Outcome(Verdict.PASS, evidence=spell.events)

    return ask


KINDS = (
    PredicateKind("days_covered", {"condition": ParameterKind.CODE}, _days_covered),
    PredicateKind("spell_at_least", {"condition": ParameterKind.CODE, "number": ParameterKind.NUMBER}, _spell_at_least),
)
