"""What a table of figures is told by: the area or level of the household, the level of the facility."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.reasons import Reason
from processors.occasions.episode import facility_of
from processors.policy.model import Dimension
from processors.policy.predicates import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processors.inquiry import Inquiry


def _facility_level(inquiry: Inquiry) -> str | Outcome:
    registered = facility_of(inquiry)
    return registered[1].level if registered is not None else Outcome(Verdict.UNKNOWN, Reason.FACILITY_MISSING)


TOLD_BY: Mapping[Dimension, Callable[[Inquiry], str | Outcome]] = {
    Dimension.FACILITY_LEVEL: _facility_level,
}
"""The one catalogue: the value of each dimension, or what is missing to tell it."""
