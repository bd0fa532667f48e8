"""Adjudication of one case: a pure function of its facts, its neighbours' facts, the policy and what was frozen.

Lines of a closed cycle are decided on the world as it was known at the close, in order of closing, and then stand;
the others are decided on everything known. At each of these instants the lines compete in the order of the winner rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.reasons import Reason
from events.states import LineState
from processors import households, lifecycle, ruling
from processors.eligibility import Standing, assess
from processors.filing import file_requests
from processors.inquiry import inquire
from processors.outcome import Alarm, CaseOutcome, Frozen
from processors.overlap import Beaten, Guard, bid
from processors.ruling import Verdict
from processors.view import View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processors.case import Case
    from processors.eligibility import Assessment
    from processors.facts import EntityState
    from processors.filing import Filed
    from processors.inquiry import Inquiry
    from processors.lifecycle import Course
    from processors.outcome import Claim, Decision, History
    from processors.policy.model import Policy


def adjudicate(
    case: Case,
    states: Mapping[bytes, EntityState],
    policy: Policy,
    history: Mapping[bytes, History],
    freeze: Mapping[bytes, int],
) -> CaseOutcome:
    """Decide every request of a case.

    `history` is the latest decision of each subject; `freeze` the submission number of each line ordered to be frozen:
    an approved one is frozen now, any other keeps its state and waits for a supplement.
    """
    known = {key: states[key] for key in (*case.members, *case.reads)}
    filed, reused = file_requests(case.members, known, policy, history)
    return _Bench(known, policy, history, freeze, filed).decide([ruling.reused(event, policy) for event in reused])


class _Bench:
    """The lines of one case while they are decided."""

    def __init__(
        self,
        states: Mapping[bytes, EntityState],
        policy: Policy,
        history: Mapping[bytes, History],
        freeze: Mapping[bytes, int],
        filed: list[Filed],
    ) -> None:
        self.states, self.policy, self.history, self.freeze = states, policy, history, freeze
        self.filed = filed
        self.outcome = CaseOutcome()
        self.verdicts: dict[bytes, Verdict] = {}
        self.courses: dict[bytes, Course] = {
            item.line_id: self._course(item, item.frozen) for item in filed if item.frozen
        }
        self.claims: dict[bytes, tuple[Claim, ...]] = {}
        self.frozen_now: dict[bytes, Decision] = {}
        self.recoveries: list[Decision] = []

    def decide(self, reused: list[Decision]) -> CaseOutcome:
        waiting = [item for item in self.filed if item.frozen is None and not self._barred(item)]
        self._rounds(waiting)
        while self._freeze(waiting):
            waiting = [item for item in waiting if item.line_id not in self.frozen_now]
            for item in waiting:
                del self.verdicts[item.line_id]
            self._rounds(waiting)
        for item in self.filed:
            self._rule(item)
            if item.frozen is not None and not self.courses[item.line_id].holds:
                self._recover(item, None, ())
        self.outcome.decisions.extend(self.recoveries)
        self.outcome.decisions.extend(reused)
        return self.outcome

    def _rounds(self, waiting: list[Filed]) -> None:
        for horizon in sorted({item.closed_us for item in waiting if item.closed_us is not None}):
            self._round(horizon, waiting)
        self._round(None, waiting)

    def _freeze(self, waiting: list[Filed]) -> bool:
        """Freeze what was ordered and stands approved; whether the others, or recoveries, must be looked at again.

        They must where a refusal known before releases a claim, where more is known than was at the close, and where
        there are others: a frozen line holds first.
        """
        again = False
        for item in waiting:
            submission_no = self.freeze.get(item.line_id)
            if submission_no is None or not self._stands(item):
                continue
            decision = ruling.decided(item, self.verdicts[item.line_id])
            frozen = ruling.freeze(item, decision, submission_no)
            course = self.courses[item.line_id] = self._course(item, frozen)
            self.frozen_now[item.line_id] = ruling.followed(item, frozen, course, decision)
            again = again or not course.holds or item.closed_us is not None or len(self.filed) > 1
        return again

    def _barred(self, item: Filed) -> bool:
        """Withdrawn and too late need no evidence and hold nothing."""
        if item.withdrawal is not None:
            self.verdicts[item.line_id] = Verdict(LineState.WITHDRAWN, ())
        elif item.closed_us is not None and item.event.time_us > item.closed_us:
            self.verdicts[item.line_id] = Verdict(LineState.REJECTED, (Reason.TOO_LATE,))
        return item.line_id in self.verdicts

    # -- one instant ------------------------------------------------------------------------------------------------

    def _round(self, horizon_us: int | None, waiting: list[Filed]) -> None:
        """Let all lines known at the horizon compete; those whose cycle closed then, or at the end the rest, stand."""
        view = View(self.states, self.policy.commons, horizon_us)
        guard = Guard()
        self.claims, self.recoveries = {}, []
        self.outcome.doubles.clear()
        frozen = self._ranked(view, [item for item in self.filed if self._holds(item)])
        standing = self._ranked(view, [item for item in waiting if self._stands(item)])
        submitted = frozenset(item.line_id for item, _ in frozen)
        stood = submitted.union(item.line_id for item, _ in standing)
        taken = {item.line_id: self._take(guard, item, inquiry, submitted) for item, inquiry in frozen}
        for item, inquiry in standing:
            self._keep(item, self._take(guard, item, inquiry, stood))
        for item, inquiry in self._ranked(view, [item for item in waiting if self._competes(item, horizon_us)]):
            final = item.closed_us == horizon_us
            verdict = self._compete(guard, item, inquiry, stood if final else submitted)
            if final:
                self.verdicts[item.line_id] = verdict
        for item, _ in standing:
            if item.line_id in guard.yielded:
                self._keep(item, guard.yielded[item.line_id])
        if horizon_us is None:
            for item, inquiry in frozen:
                self._settle(item, inquiry, guard.yielded.get(item.line_id, taken[item.line_id]))

    @staticmethod
    def _ranked(view: View, items: list[Filed]) -> list[tuple[Filed, Inquiry]]:
        asked = [(item, inquire(view, item.pack, item.event, item.request)) for item in items]
        return sorted(asked, key=lambda pair: pair[0].rank(pair[1])) if len(asked) > 1 else asked

    def _holds(self, item: Filed) -> bool:
        course = self.courses.get(item.line_id)
        return course is not None and course.holds

    def _stands(self, item: Filed) -> bool:
        verdict = self.verdicts.get(item.line_id)
        return verdict is not None and verdict.state is LineState.APPROVED

    def _competes(self, item: Filed, horizon_us: int | None) -> bool:
        return item.line_id not in self.verdicts and (horizon_us is None or item.event.time_us <= horizon_us)

    def _take(
        self, guard: Guard, item: Filed, inquiry: Inquiry, may_yield: frozenset[bytes]
    ) -> Beaten | tuple[Claim, ...]:
        """Offer a line to the guard and keep in mind what it and those that yield to it hold from now on."""
        taken = guard.offer(bid(inquiry, item.line_id), may_yield)
        if not isinstance(taken, Beaten):
            self.claims[item.line_id] = taken
            for line_id in guard.yielded:
                self.claims.pop(line_id, None)
        return taken

    def _compete(self, guard: Guard, item: Filed, inquiry: Inquiry, may_yield: frozenset[bytes]) -> Verdict:
        found = assess(inquiry)
        if found.standing is Standing.REJECTED:
            return Verdict(LineState.REJECTED, found.reasons, found)
        if found.standing is Standing.PENDED:
            state = LineState.PENDED if item.closed_us is None else LineState.EXPIRED
            return Verdict(state, found.reasons, found)
        taken = self._take(guard, item, inquiry, may_yield)
        if isinstance(taken, Beaten):
            return Verdict(LineState.REJECTED, (taken.reason,), found, taken.won_by)
        return Verdict(LineState.APPROVED, (), found)

    def _keep(self, item: Filed, taken: Beaten | tuple[Claim, ...]) -> None:
        """A line approved at its close keeps its claims, unless it is known by now that somebody else has them."""
        if isinstance(taken, Beaten):
            known = self.verdicts[item.line_id]
            self.verdicts[item.line_id] = Verdict(LineState.REJECTED, (taken.reason,), known.assessment, taken.won_by)

    def _settle(self, item: Filed, inquiry: Inquiry, taken: Beaten | tuple[Claim, ...]) -> None:
        """A frozen line holds first; what it should not have had is a double or a recovery somebody may order."""
        if isinstance(taken, Beaten) and taken.won_by is not None:
            self.outcome.doubles.append((item.line_id, taken.claim, taken.won_by))
        self._recover(item, assess(_without_takeovers(inquiry)), taken)

    def _recover(self, item: Filed, found: Assessment | None, taken: Beaten | tuple[Claim, ...]) -> None:
        """What is to be recovered of a frozen line; nothing of one that was refused or came back for good."""
        now, course = self.frozen_now.get(item.line_id), self.courses[item.line_id]
        frozen = item.frozen if now is None else now.frozen
        if frozen is not None:
            proposed = ruling.recovery(item, frozen, found, taken, course.amount_minor, self.history)
            if proposed is not None:
                self.recoveries.append(proposed)

    # -- the decision -----------------------------------------------------------------------------------------------

    def _course(self, item: Filed, frozen: Frozen) -> Course:
        certifier = item.pack.certifier.on(ruling.asked_day(item))
        number, attempt = lifecycle.current(item.attempts, item.bank, frozen.currency)
        course = lifecycle.course(frozen, item.rulings, attempt.facts, attempt.bank, certifier)
        self.outcome.alarms.extend((alarm, item.line_id) for alarm in course.alarms)
        if course.state not in {LineState.SUBMITTED, LineState.REFUSED}:
            key = lifecycle.instruction_key(item.line_id, number)
            self.outcome.instructed[key] = (attempt.bank, frozen.currency)
        return course

    def _rule(self, item: Filed) -> None:
        """Write what is new on one line."""
        for claim in self.claims.get(item.line_id, ()):
            self.outcome.claims.append((item.line_id, claim))
        if item.frozen is not None:
            course = self.courses[item.line_id]
            if ruling.moved(item, course):
                self.outcome.decisions.append(ruling.followed(item, item.frozen, course))
            return
        if item.line_id in self.frozen_now:
            self.outcome.decisions.append(self.frozen_now[item.line_id])
            return
        if item.rulings:
            self.outcome.alarms.append((Alarm.CERTIFIED_NOT_FROZEN, item.line_id))
        verdict = self.verdicts[item.line_id]
        if ruling.says_more(item, verdict):
            self.outcome.decisions.append(ruling.decided(item, verdict))
        if verdict.state is LineState.APPROVED and item.closed_us is not None:
            self.outcome.late.append((item.line_id, item.event.source, item.request.batch_id))


def _without_takeovers(inquiry: Inquiry) -> Inquiry:
    """The same request of a frozen line as if nobody had taken its household over by the day.

    That this was known too late is no reason to recover: those that took it over are refused what it had, so the
    family has it once.
    """
    home = households.asked(inquiry) if inquiry.applicant[:1] == households.HOUSEHOLD else None
    if home is None or not home.replaced:
        return inquiry
    view = inquiry.view
    left_out = households.takeovers(view, home.key, inquiry.occasion.day)
    alone = View(view.states, view.commons, view.horizon_us, left_out)
    return inquire(alone, inquiry.pack, inquiry.event, inquiry.request)
