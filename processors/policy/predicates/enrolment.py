"""Predicates on what a person is enrolled in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.reasons import Reason
from processors.policy.predicates.kind import Outcome, ParameterKind, PredicateKind, Verdict, codes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processors.inquiry import Inquiry
    from processors.policy.predicates.kind import Value


def _enrolled(inquiry: Inquiry, schemes: frozenset[str], grade: str | None) -> Outcome:
    """Who asks, the mother, or the child: a caregiver asks on the enrolment the child's mother had."""
    persons = dict.fromkeys((inquiry.applicant, inquiry.occasion.holder, inquiry.subject))
    known = [(person, *fact) for person in persons for fact in inquiry.view.enrolments(person, schemes)]
    if not known:
        return Outcome(Verdict.UNKNOWN, Reason.ENROLMENT_MISSING)
    for person, event, enrolment in known:
        fits = grade is None or enrolment.grade == grade
        if fits and inquiry.view.enrolled_on(person, enrolment, inquiry.occasion.day):
            return Outcome(Verdict.PASS, evidence=(event,))
    return Outcome(Verdict.FAIL, Reason.NOT_ENROLLED, tuple(event for _, event, _ in known))


def _enrolled_in(parameters: Mapping[str, Value]) -> Callable[[Inquiry], Outcome]:
    schemes = codes_of(parameters["schemes"])
    return lambda inquiry: _enrolled(inquiry, schemes, None)


def _enrolled_in_grade(parameters: Mapping[str, Value]) -> Callable[[Inquiry], Outcome]:
    schemes, grade = codes_of(parameters["scheme"]), str(parameters["grade"])
    return lambda inquiry: _enrolled(inquiry, schemes, grade)


KINDS = (
    PredicateKind("enrolled_in", {"schemes": ParameterKind.CODES}, _enrolled_in),
    PredicateKind("enrolled_in_grade", {"scheme": ParameterKind.CODE, "grade": ParameterKind.CODE}, _enrolled_in_grade),
)
