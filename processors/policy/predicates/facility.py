"""Predicates on the facility that evidence or an encounter names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.reasons import Reason
from processors import entities
from processors.episodes import MET
from processors.occasions.episode import facility_of
from processors.policy.predicates.kind import PASSED, Outcome, ParameterKind, PredicateKind, Verdict, codes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from processors.inquiry import Inquiry
    from processors.policy.predicates.kind import Value


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


def _facility_covered(parameters: Mapping[str, Value]) -> Callable[[Inquiry], Outcome]:
    payer, levels = str(parameters["payer"]), codes_of(parameters["facility_levels"])

    def ask(inquiry: Inquiry) -> Outcome:
        told = inquiry.occasion.encounter
        if told is None:
            return Outcome(Verdict.UNKNOWN, Reason.ENCOUNTER_MISSING)
        registered = facility_of(inquiry)
        if registered is None:
            ever = inquiry.view.registrations(entities.facility(told[1].facility_id))
            if not ever:
                return Outcome(Verdict.UNKNOWN, Reason.FACILITY_MISSING, (told[0],))
            return Outcome(Verdict.FAIL, Reason.FACILITY_NOT_COVERED, (told[0], *(event for event, _ in ever)))
        evidence = (told[0], registered[0])
        if registered[1].level not in levels or not _names(registered[1].schemes, payer):
            return Outcome(Verdict.FAIL, Reason.FACILITY_NOT_COVERED, evidence)
        return Outcome(Verdict.PASS, evidence=evidence)

    return ask


def _names(schemes: Iterable[str], payer: str) -> bool:
    """Whether a facility works for a payer: it names the payer, or one of the payer's schemes (`nssf.worker`)."""
    return any(scheme == payer or scheme.startswith(f"{payer}.") for scheme in schemes)


KINDS = (
    PredicateKind("facility_not_private", {}, _facility_not_private),
    PredicateKind(
        "facility_covered",
        {"payer": ParameterKind.CODE, "facility_levels": ParameterKind.CODES},
        _facility_covered,
    ),
)
