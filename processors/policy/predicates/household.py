"""Predicates on the household a request is for, or in which its person counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.reasons import Reason
from processors.policy.predicates.kind import Outcome, ParameterKind, PredicateKind, Verdict, codes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processors.inquiry import Inquiry
    from processors.policy.predicates.kind import Value


def _household_level_in(parameters: Mapping[str, Value]) -> Callable[[Inquiry], Outcome]:
    levels = codes_of(parameters["levels"])

    def ask(inquiry: Inquiry) -> Outcome:
        day = inquiry.occasion.day
        persons = dict.fromkeys((inquiry.subject, inquiry.occasion.holder, inquiry.applicant))
        found = next((it for person in persons if (it := inquiry.view.membership(person, day)) is not None), None)
        if found is None:
            return Outcome(Verdict.UNKNOWN, Reason.HOUSEHOLD_MISSING)
        if not found.card_valid:
            return Outcome(Verdict.FAIL, Reason.CARD_NOT_VALID, found.evidence)
        if found.household.level not in levels:
            return Outcome(Verdict.FAIL, Reason.LEVEL_NOT_COVERED, found.evidence)
        return Outcome(Verdict.PASS, evidence=found.evidence)

    return ask


KINDS = (PredicateKind("household_level_in", {"levels": ParameterKind.CODES}, _household_level_in),)
