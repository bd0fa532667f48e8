"""What a table of figures is told by: the area or level of the household, the level of the facility."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.reasons import Reason
from processors import households
from processors.amounts.computed import Row
from processors.occasions.episode import facility_of
from processors.policy.model import Dimension
from processors.policy.predicates import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processors.inquiry import Inquiry


def _facility_level(inquiry: Inquiry) -> Row | Outcome:
    registered = facility_of(inquiry)
    if registered is None:
        return Outcome(Verdict.UNKNOWN, Reason.FACILITY_MISSING)
    return Row(registered[1].level, (registered[0],))


def _area(inquiry: Inquiry) -> Row | Outcome:
    home = households.asked(inquiry)
    return Row(home.household.area, (home.event,)) if home is not None else _NO_HOUSEHOLD


def _level(inquiry: Inquiry) -> Row | Outcome:
    home = households.asked(inquiry)
    return Row(home.household.level, (home.event,)) if home is not None else _NO_HOUSEHOLD


_NO_HOUSEHOLD = Outcome(Verdict.UNKNOWN, Reason.HOUSEHOLD_MISSING)

TOLD_BY: Mapping[Dimension, Callable[[Inquiry], Row | Outcome]] = {
    Dimension.AREA: _area,
    Dimension.LEVEL: _level,
    Dimension.FACILITY_LEVEL: _facility_level,
}
"""The one catalogue: the value of each dimension, or what is missing to tell it."""
