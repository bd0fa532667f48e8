"""Predicates on what a person is enrolled in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.reasons import Reason
from processors.policy.model import BROUGHT
from processors.policy.predicates.kind import Outcome, ParameterKind, PredicateKind, Verdict, codes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from processors.inquiry import Inquiry
    from processors.policy.predicates.kind import Value


def _enrolled(inquiry: Inquiry, schemes: frozenset[str], grade: str | None) -> Outcome:
    """The person; of a birth or visit who asks, the mother, or the child: a caregiver asks on what the mother had."""
    persons: Iterable[bytes] = (inquiry.subject,)
    if inquiry.pack.entitlement.event in BROUGHT:
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


def _enrolled_in_category(parameters: Mapping[str, Value]) -> Callable[[Inquiry], Outcome]:
    """The category is optional in an enrolment, so the pack says what becomes of one that does not tell it."""
    scheme, categories = codes_of(parameters["scheme"]), codes_of(parameters["categories"])
    absent_passes = parameters["when_absent"] == "pass"

    def ask(inquiry: Inquiry) -> Outcome:
        person = inquiry.applicant
        known = inquiry.view.enrolments(person, scheme)
        held = [fact for fact in known if inquiry.view.enrolled_on(person, fact[1], inquiry.occasion.day)]
        told = next((event for event, enrolment in held if enrolment.category in categories), None)
        silent = next((event for event, enrolment in held if enrolment.category is None), None)
        counts = silent if told is None and absent_passes else told
        if counts is not None:
            return Outcome(Verdict.PASS, evidence=(counts,))
        if silent is not None or not known:
            return Outcome(Verdict.UNKNOWN, Reason.ENROLMENT_MISSING, (silent,) if silent is not None else ())
        return Outcome(Verdict.FAIL, Reason.NOT_ENROLLED, tuple(event for event, _ in known))

    return ask


KINDS = (
    PredicateKind("enrolled_in", {"schemes": ParameterKind.CODES}, _enrolled_in),
    PredicateKind("enrolled_in_grade", {"scheme": ParameterKind.CODE, "grade": ParameterKind.CODE}, _enrolled_in_grade),
    PredicateKind(
        "enrolled_in_category",
        {"scheme": ParameterKind.CODE, "categories": ParameterKind.CODES, "when_absent": ParameterKind.ABSENT},
        _enrolled_in_category,
    ),
)
