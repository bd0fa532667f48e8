"""How often a figure counts in one payment, by what its unit says it is paid for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.reasons import Reason
from processors.policy.model import Times
from processors.policy.predicates import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processors.inquiry import Inquiry
    from processors.policy.model import Part


def _once(_inquiry: Inquiry, _part: Part) -> int:
    return 1


def _babies(inquiry: Inquiry, _part: Part) -> int | Outcome:
    birth = inquiry.occasion.birth
    return birth.babies if birth is not None else Outcome(Verdict.UNKNOWN, Reason.VERIFICATION_MISSING)


COUNTS: Mapping[Times, Callable[[Inquiry, Part], int | Outcome]] = {
    Times.BIRTH: _once,
    Times.VISIT: _once,
    Times.MONTH: _once,
    Times.ROUND: _once,
    Times.EPISODE: _once,
    Times.HOUSEHOLD: _once,
    Times.BABY: _babies,
}
"""The one catalogue of counts: a number, or what is missing to count."""
