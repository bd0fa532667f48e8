"""Predicates on the person a request is for: age and traits on the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.reasons import Reason
from processors import ages, households
from processors.policy.predicates.kind import Outcome, ParameterKind, PredicateKind, Verdict, codes_of, number_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processors.inquiry import Inquiry
    from processors.policy.predicates.kind import Value


def _age(inquiry: Inquiry, fits: Callable[[int], bool]) -> Outcome:
    view, person, day = inquiry.view, inquiry.subject, inquiry.occasion.day
    home = households.home_of(view, person, day)
    entries = households.entries_of(view, home.household, person) if home is not None else ()
    card = (home.event, entries[0].birth_date) if home is not None and entries else None
    born = ages.of_person(view, person, card, day)
    if born is None:
        return Outcome(Verdict.UNKNOWN, Reason.HOUSEHOLD_MISSING)
    if fits(born.years(day)):
        return Outcome(Verdict.PASS, evidence=born.evidence)
    return Outcome(Verdict.FAIL, Reason.AGE_OUT_OF_RANGE, born.evidence)


def _age_at_least(parameters: Mapping[str, Value]) -> Callable[[Inquiry], Outcome]:
    number = number_of(parameters["number"])
    return lambda inquiry: _age(inquiry, lambda years: years >= number)


def _age_below(parameters: Mapping[str, Value]) -> Callable[[Inquiry], Outcome]:
    number = number_of(parameters["number"])
    return lambda inquiry: _age(inquiry, lambda years: years < number)


def _trait_in(parameters: Mapping[str, Value]) -> Callable[[Inquiry], Outcome]:
    traits = sorted(codes_of(parameters["traits"]))

    def ask(inquiry: Inquiry) -> Outcome:
        view, person, day = inquiry.view, inquiry.subject, inquiry.occasion.day
        home = households.home_of(view, person, day)
        entries = households.entries_of(view, home.household, person) if home is not None else ()
        for trait in traits:
            told = households.trait_told(view, households.Counted(person, entries), home, trait, day)
            if told is not None:
                return Outcome(Verdict.PASS, evidence=told)
        if home is None:
            return Outcome(Verdict.UNKNOWN, Reason.HOUSEHOLD_MISSING)
        return Outcome(Verdict.FAIL, Reason.TRAIT_MISSING, (home.event,))

    return ask


KINDS = (
    PredicateKind("age_at_least", {"number": ParameterKind.NUMBER}, _age_at_least),
    PredicateKind("age_below", {"number": ParameterKind.NUMBER}, _age_below),
    PredicateKind("trait_in", {"traits": ParameterKind.CODES}, _trait_in),
)
