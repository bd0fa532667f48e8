"""How often a figure counts in one payment, by what its unit says it is paid for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.reasons import Reason
from processors import ages, households
from processors.amounts.computed import Count
from processors.policy.model import Times
from processors.policy.predicates import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from events.envelope import Event
    from processors.households import Counted, Home
    from processors.inquiry import Inquiry
    from processors.policy.model import MemberTest, Part

_ONCE = Count(1)


def _once(_inquiry: Inquiry, _part: Part) -> Count:
    return _ONCE


def _babies(inquiry: Inquiry, _part: Part) -> Count | Outcome:
    birth = inquiry.occasion.birth
    return Count(birth.babies) if birth is not None else Outcome(Verdict.UNKNOWN, Reason.VERIFICATION_MISSING)


def _members(inquiry: Inquiry, part: Part) -> Count | Outcome:
    """Those who count in the household on the day; with `who` those for whom a test holds, each once."""
    home = households.asked(inquiry)
    if home is None:
        return Outcome(Verdict.UNKNOWN, Reason.HOUSEHOLD_MISSING)
    counting = households.counted(inquiry.view, home, inquiry.occasion.day)
    tests = part.who.on(inquiry.occasion.day) if part.who is not None else None
    if tests is None:
        return Count(len(counting.members), (home.event, *counting.evidence))
    told = [found for member in counting.members if (found := _meets(inquiry, home, member, tests)) is not None]
    return Count(len(told), (home.event, *counting.evidence, *(event for found in told for event in found)))


def _further_members(inquiry: Inquiry, part: Part) -> Count | Outcome:
    """The members beyond the first."""
    found = _members(inquiry, part)
    return found if isinstance(found, Outcome) else Count(max(0, found.times - 1), found.evidence)


def _meets(inquiry: Inquiry, home: Home, member: Counted, tests: tuple[MemberTest, ...]) -> tuple[Event, ...] | None:
    """The facts by which the first of the tests holds that does, None when none does."""
    view, day = inquiry.view, inquiry.occasion.day
    born = ages.of_member(view, member.root, member.entries[0].birth_date, day)
    for test in tests:
        if test.trait is not None:
            told = households.trait_told(view, member, home, test.trait, day)
            if told is not None:
                return told
        elif test.years is not None and (born.years(day) >= test.years) is (test.name == AT_LEAST):
            return born.evidence
    return None


AT_LEAST = "age_at_least"
"""The name of the test for those who have completed so many years; the other test of age is for those who have not."""

COUNTS: Mapping[Times, Callable[[Inquiry, Part], Count | Outcome]] = {
    Times.BIRTH: _once,
    Times.VISIT: _once,
    Times.MONTH: _once,
    Times.ROUND: _once,
    Times.EPISODE: _once,
    Times.HOUSEHOLD: _once,
    Times.BABY: _babies,
    Times.MEMBER: _members,
    Times.FURTHER_MEMBER: _further_members,
}
"""The one catalogue of counts: a number, or what is missing to count."""
