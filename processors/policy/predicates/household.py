"""Predicates on the household a request is for, or in which its person counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.reasons import Reason
from processors import households
from processors.policy.predicates.kind import Outcome, ParameterKind, PredicateKind, Verdict, codes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processors.inquiry import Inquiry
    from processors.policy.predicates.kind import Value


def _household_level_in(parameters: Mapping[str, Value]) -> Callable[[Inquiry], Outcome]:
    levels = codes_of(parameters["levels"])

    def ask(inquiry: Inquiry) -> Outcome:
        found = households.asked(inquiry)
        if found is None:
            return Outcome(Verdict.UNKNOWN, Reason.HOUSEHOLD_MISSING)
        if not found.card_valid:
            return Outcome(Verdict.FAIL, Reason.CARD_NOT_VALID, found.evidence)
        if inquiry.applicant[:1] == households.HOUSEHOLD and found.household.members:
            counting = households.counted(inquiry.view, found, inquiry.occasion.day)
            if not counting.members and not counting.dead:  # another card names everybody who lived here
                return Outcome(Verdict.FAIL, Reason.CARD_NOT_VALID, (*found.evidence, *counting.evidence))
        if found.household.level not in levels:
            return Outcome(Verdict.FAIL, Reason.LEVEL_NOT_COVERED, found.evidence)
        return Outcome(Verdict.PASS, evidence=found.evidence)

    return ask


def _area_in(parameters: Mapping[str, Value]) -> Callable[[Inquiry], Outcome]:
    areas = codes_of(parameters["areas"])

    def ask(inquiry: Inquiry) -> Outcome:
        found = households.asked(inquiry)
        if found is None:
            return Outcome(Verdict.UNKNOWN, Reason.HOUSEHOLD_MISSING)
        if found.household.area not in areas:
            return Outcome(Verdict.FAIL, Reason.AREA_NOT_COVERED, (found.event,))
        return Outcome(Verdict.PASS, evidence=(found.event,))

    return ask


KINDS = (
    PredicateKind("household_level_in", {"levels": ParameterKind.CODES}, _household_level_in),
    PredicateKind("area_in", {"areas": ParameterKind.CODES}, _area_in),
)
