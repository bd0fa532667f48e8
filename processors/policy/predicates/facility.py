"""Predicates on the facility that evidence names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.reasons import Reason
from processors import entities
from processors.episodes import MET
from processors.policy.predicates.kind import PASSED, Outcome, PredicateKind, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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


KINDS = (PredicateKind("facility_not_private", {}, _facility_not_private),)
