"""Predicates on the encounter an episode of care was recognised from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.reasons import Reason
from processors.policy.predicates.kind import Outcome, ParameterKind, PredicateKind, Verdict, codes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from events.verification import EncounterRecorded
    from processors.inquiry import Inquiry
    from processors.policy.predicates.kind import Value


def _told(inquiry: Inquiry, fits: Callable[[EncounterRecorded], bool], otherwise: Reason) -> Outcome:
    if inquiry.occasion.encounter is None:
        return Outcome(Verdict.UNKNOWN, Reason.ENCOUNTER_MISSING)
    event, encounter = inquiry.occasion.encounter
    if fits(encounter):
        return Outcome(Verdict.PASS, evidence=(event,))
    return Outcome(Verdict.FAIL, otherwise, (event,))


def _service_in(parameters: Mapping[str, Value]) -> Callable[[Inquiry], Outcome]:
    """An encounter of another service does not meet the condition of the benefit."""
    services = codes_of(parameters["services"])
    return lambda inquiry: _told(inquiry, lambda told: told.service in services, Reason.CONDITION_NOT_MET)


def _payment_type_in(parameters: Mapping[str, Value]) -> Callable[[Inquiry], Outcome]:
    types = codes_of(parameters["payment_types"])
    return lambda inquiry: _told(inquiry, lambda told: told.payment_type in types, Reason.PAYMENT_TYPE_MISMATCH)


KINDS = (
    PredicateKind("service_in", {"services": ParameterKind.CODES}, _service_in),
    PredicateKind("payment_type_in", {"payment_types": ParameterKind.CODES}, _payment_type_in),
)
