"""Predicates on verified conditions and what they measure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.reasons import Reason
from processors.episodes import MET, measure
from processors.policy.predicates.kind import PASSED, Outcome, ParameterKind, PredicateKind, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processors.episodes import Evidence
    from processors.inquiry import Inquiry
    from processors.policy.predicates.kind import Value


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


_CODE = ParameterKind.CODE

KINDS = (
    PredicateKind("evidence_met", {"condition": _CODE}, _evidence_met),
    PredicateKind(
        "measure_at_least",
        {"condition": _CODE, "measure": _CODE, "number": ParameterKind.NUMBER, "when_absent": ParameterKind.ABSENT},
        _measure_at_least,
    ),
    PredicateKind("measure_is_zero_or_unset", {"condition": _CODE, "measure": _CODE}, _measure_is_zero_or_unset),
)
