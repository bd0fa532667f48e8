"""Predicates a pack may name. Each compiles once to a closure that says pass, fail or unknown, with its evidence.

Missing evidence is unknown and pends; contrary evidence fails and rejects (design.md 3.5). A predicate reads the
inquiry and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, NamedTuple

from events.reasons import Reason
from processors import entities
from processors.episodes import MET, measure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from events.envelope import Event
    from processors.episodes import Evidence
    from processors.inquiry import Inquiry
    from processors.policy.model import Basis


class Verdict(IntEnum):
    """Missing evidence pends (`UNKNOWN`), contrary evidence rejects (`FAIL`)."""

    PASS = 0
    UNKNOWN = 1
    FAIL = 2


class Outcome(NamedTuple):
    """What one predicate found: its verdict, the reason when it is not a pass, the facts it used."""

    verdict: Verdict
    reason: Reason | None = None
    evidence: tuple[Event, ...] = ()


PASSED = Outcome(Verdict.PASS)
"""A pass that needed no fact."""


class ParameterKind(StrEnum):
    """How a parameter is written in a pack."""

    CODE = "code"
    CODES = "codes"
    NUMBER = "number"
    ABSENT = "pass or unknown"


Value = str | int | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PredicateKind:
    """How a pack writes a predicate, and how it compiles."""

    name: str
    parameters: Mapping[str, ParameterKind]
    build: Callable[[Mapping[str, Value]], Callable[[Inquiry], Outcome]]


@dataclass(frozen=True, slots=True)
class Predicate:
    """A named predicate with its parameters, ready to ask."""

    name: str
    parameters: tuple[tuple[str, Value], ...]
    ask: Callable[[Inquiry], Outcome]
    basis: Basis | None = None


def _codes(value: Value) -> frozenset[str]:
    return frozenset(value) if isinstance(value, tuple) else frozenset({str(value)})


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
    schemes = _codes(parameters["schemes"])
    return lambda inquiry: _enrolled(inquiry, schemes, None)


def _enrolled_in_grade(parameters: Mapping[str, Value]) -> Callable[[Inquiry], Outcome]:
    schemes, grade = _codes(parameters["scheme"]), str(parameters["grade"])
    return lambda inquiry: _enrolled(inquiry, schemes, grade)


def _household_level_in(parameters: Mapping[str, Value]) -> Callable[[Inquiry], Outcome]:
    levels = _codes(parameters["levels"])

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


def _met(inquiry: Inquiry, condition: str) -> list[Evidence]:
    return [
        item
        for item in inquiry.occasion.evidence
        if item.condition.condition == condition and item.condition.outcome == MET
    ]


def _evidence_met(parameters: Mapping[str, Value]) -> Callable[[Inquiry], Outcome]:
    condition = str(parameters["condition"])

    def ask(inquiry: Inquiry) -> Outcome:
        told = [item for item in inquiry.occasion.evidence if item.condition.condition == condition]
        if not told:
            return Outcome(Verdict.UNKNOWN, Reason.VERIFICATION_MISSING)
        met = _met(inquiry, condition)
        if not met:
            return Outcome(Verdict.FAIL, Reason.CONDITION_NOT_MET, tuple(item.event for item in told))
        return Outcome(Verdict.PASS, evidence=tuple(item.event for item in met))

    return ask


def _measure_at_least(parameters: Mapping[str, Value]) -> Callable[[Inquiry], Outcome]:
    condition, name = str(parameters["condition"]), str(parameters["measure"])
    number = int(str(parameters["number"]))
    absent_passes = parameters["when_absent"] == "pass"

    def ask(inquiry: Inquiry) -> Outcome:
        telling = [item for item in _met(inquiry, condition) if measure(item.condition, name) is not None]
        if not telling:
            return PASSED if absent_passes else Outcome(Verdict.UNKNOWN, Reason.VERIFICATION_MISSING)
        strongest = telling[0]
        if (measure(strongest.condition, name) or 0) < number:
            return Outcome(Verdict.FAIL, Reason.CONDITION_NOT_MET, (strongest.event,))
        return Outcome(Verdict.PASS, evidence=(strongest.event,))

    return ask


def _measure_is_zero_or_unset(parameters: Mapping[str, Value]) -> Callable[[Inquiry], Outcome]:
    condition, name = str(parameters["condition"]), str(parameters["measure"])

    def ask(inquiry: Inquiry) -> Outcome:
        telling = [item for item in _met(inquiry, condition) if measure(item.condition, name) is not None]
        if telling and measure(telling[0].condition, name):
            return Outcome(Verdict.UNKNOWN, Reason.AMOUNT_NOT_SET, (telling[0].event,))
        return PASSED

    return ask


PRIVATE = "private"


def _facility_not_private(_parameters: Mapping[str, Value]) -> Callable[[Inquiry], Outcome]:
    def ask(inquiry: Inquiry) -> Outcome:
        for item in inquiry.occasion.evidence:
            if item.condition.facility_id is None or item.condition.outcome != MET:
                continue
            known = inquiry.view.facility_on(entities.facility(item.condition.facility_id), inquiry.occasion.day)
            if known is not None and known[1].level == PRIVATE:
                return Outcome(Verdict.FAIL, Reason.FACILITY_NOT_COVERED, (item.event, known[0]))
        return PASSED

    return ask


_CODE, _CODES, _NUMBER = ParameterKind.CODE, ParameterKind.CODES, ParameterKind.NUMBER

PREDICATES: dict[str, PredicateKind] = {
    kind.name: kind
    for kind in (
        PredicateKind("enrolled_in", {"schemes": _CODES}, _enrolled_in),
        PredicateKind("enrolled_in_grade", {"scheme": _CODE, "grade": _CODE}, _enrolled_in_grade),
        PredicateKind("household_level_in", {"levels": _CODES}, _household_level_in),
        PredicateKind("evidence_met", {"condition": _CODE}, _evidence_met),
        PredicateKind(
            "measure_at_least",
            {"condition": _CODE, "measure": _CODE, "number": _NUMBER, "when_absent": ParameterKind.ABSENT},
            _measure_at_least,
        ),
        PredicateKind("measure_is_zero_or_unset", {"condition": _CODE, "measure": _CODE}, _measure_is_zero_or_unset),
        PredicateKind("facility_not_private", {}, _facility_not_private),
    )
}
"""The one catalogue of predicates; the loader refuses a pack that names another."""


def compile_predicate(name: str, parameters: Mapping[str, Value]) -> Predicate:
    """A predicate of the catalogue with its parameters; raises KeyError for a name or parameter it lacks."""
    return Predicate(name, tuple(sorted(parameters.items())), PREDICATES[name].build(parameters))
