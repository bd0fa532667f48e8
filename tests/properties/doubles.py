"""One event in life, one benefit, whoever asks: read from the contract, not from the guard.

Of all lines that are to have money, no two may have it for the same thing in life. A line that was frozen before it was
known to be a double keeps its money; then it is proposed that it comes back. What is approved and still open rests on
something that is known to have happened, as it is known now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import combinations
from typing import NamedTuple

from events.payment import CycleClosed, PaymentRequested
from events.states import LineState
from events.verification import ConditionVerified, EncounterRecorded
from ledger.model.rows import DecisionKind
from ledger.model.step import Step
from processors.calendar import first_of_month
from processors.memory import World
from processors.policy.entitlement import Maximum
from processors.policy.model import LifeEvent, Pack, WageFigure
from processors.ruling import subject_of_recovery
from tests.properties.known import Known

HAVING = frozenset(
    {LineState.APPROVED, LineState.SUBMITTED, LineState.CERTIFIED, LineState.INSTRUCTED, LineState.SETTLED}
)
BASE_TRANSFERS = frozenset({"family.base", "covid.cash"})
VISITS = {"anc": "anc_visit", "pnc": "pnc_visit", "vaccination": "vaccination_visit"}


class Line(NamedTuple):
    """A line that has money or is to have it: its request, and the person it is for, under the id that is kept."""

    event_id: str
    request: PaymentRequested
    pack: Pack
    person: str
    to_come_back: bool
    still_open: bool

    @property
    def step(self) -> str:
        return self.pack.entitlement.step

    def is_a(self, kind: LifeEvent) -> bool:
        return self.pack.entitlement.event is kind


def no_double_benefit(world: World) -> None:
    """No two lines have the same thing, no more have a step than may, leaving out what is to be recovered."""
    known = Known(world)
    for line in _lines(world, known):
        assert not line.still_open or _happened(known, line), f"{line.event_id} has money for nothing"
    lines = [line for line in _lines(world, known) if not line.to_come_back]
    for one, other in combinations(lines, 2):
        for rule in RULES:
            assert not rule(known, one, other), f"{one.event_id} and {other.event_id}: {rule.__name__}"
    for line in lines:
        allowed = _maximum(line)
        if allowed is not None:
            has = [other for other in lines if other.step in allowed.steps and _counts_with(known, line, other)]
            used = sum(_days(known, other) for other in has) if allowed.months is not None else len(has)
            most = max(maximum.count for maximum in map(_maximum, has) if maximum is not None)
            assert used <= most, f"{line.event_id}: {used} of at most {most}"


def _lines(world: World, known: Known) -> Iterator[Line]:
    latest = world.latest()
    closed = {
        (event.source, event.data.benefit, event.data.cycle)
        for _, event in world.inbox.values()
        if isinstance(event.data, CycleClosed)
    }
    for entry in latest.values():
        decision, data = entry.decision, entry.decision.event.data
        if decision.kind is not DecisionKind.DECIDED or not isinstance(data, PaymentRequested):
            continue
        waits = decision.state is LineState.RETURNED and (Step.RECOGNISE, "") in decision.position
        if (decision.state in HAVING or waits) and decision.amount_minor and decision.line_id is not None:
            recovery = latest.get(subject_of_recovery(decision.line_id))
            yield Line(
                decision.event.id,
                data,
                world.policy.packs[data.benefit],
                known.person(data.in_respect_of or data.sp_id or ""),
                to_come_back=recovery is not None and bool(recovery.decision.amount_minor),
                still_open=decision.state is LineState.APPROVED
                and (decision.event.source, data.benefit, data.cycle) not in closed,
            )


# -- persons ----------------------------------------------------------------------------------------------------------


def same_birth(known: Known, one: Line, other: Line) -> bool:
    """The cash, or the leave, of one birth, twice."""
    if one.step != other.step or one.step not in {"delivery", "maternity"} or one.request.for_.on is None:
        return False
    born = _birth(known, one)
    return born is not None and born == _birth(known, other)


def _birth(known: Known, line: Line) -> tuple[str, date] | None:
    """The mother and first day of the birth a line is for; None where it is not told of one mother alone."""
    mothers = known.mothers(line.person) or {line.person}
    if line.request.for_.on is None or len(mothers) != 1:
        return None
    (mother,) = mothers
    born = known.birth_near(mother, line.request.for_.on)
    return (mother, born) if born is not None else None


def same_visit(_known: Known, one: Line, other: Line) -> bool:
    if not (one.is_a(LifeEvent.VISIT) and other.is_a(LifeEvent.VISIT)):
        return False
    return (one.person, one.step, one.request.for_.on) == (other.person, other.step, other.request.for_.on)


def two_payers_of_a_step(known: Known, one: Line, other: Line) -> bool:
    """A step of one birth, as its evidence names it, paid by two schemes."""
    if one.step != other.step or one.pack.scheme == other.pack.scheme:
        return False
    born = _birth_named(known, one)
    return born is not None and born == _birth_named(known, other)


def _birth_named(known: Known, line: Line) -> tuple[str, date] | None:
    """The birth of which all evidence of a visit says that it belongs to it; None where anything is left open."""
    if not line.is_a(LifeEvent.VISIT):
        return None
    mothers = known.mothers(line.person) or {line.person}
    told = [
        data
        for _, data in known.of(ConditionVerified)
        if data.condition == VISITS[line.step]
        and data.on == line.request.for_.on
        and mothers & {known.person(data.sp_id), *known.mothers(known.person(data.child_sp_id or ""))}
    ]
    if len(mothers) != 1 or any(known.mothers(mother) for mother in mothers) or not told:
        return None
    (mother,) = mothers
    named = {known.birth_near(mother, data.birth_on) if data.birth_on else None for data in told}
    (born, *others) = named
    return (mother, born) if born is not None and not others else None


def same_episode(known: Known, one: Line, other: Line) -> bool:
    """One patient, facility, service and first day, under whichever ids of encounters and whoever pays."""
    episode = _episode(known, one)
    return episode is not None and episode == _episode(known, other)


def _episode(known: Known, line: Line) -> tuple[str, str, str, date] | None:
    told = [
        (line.person, data.facility_id, data.service, data.started_on)
        for _, data in known.of(EncounterRecorded)
        if data.encounter_id == line.request.for_.encounter_id and known.person(data.sp_id) == line.person
    ]
    return told[-1] if told else None


def same_month_of_a_person(_known: Known, one: Line, other: Line) -> bool:
    """A month of one benefit; of a pupil a month in any grade."""
    if one.request.household_id or not one.request.for_.month:
        return False
    same = one.pack.benefit == other.pack.benefit or one.pack.scheme == other.pack.scheme == "scholarship"
    return same and (one.person, one.request.for_.month) == (other.person, other.request.for_.month)


def a_wage_replaced_twice(known: Known, one: Line, other: Line) -> bool:
    """Two leaves of one worker that share a day."""
    mine, theirs = _leave(known, one), _leave(known, other)
    if mine is None or theirs is None or mine[0] != theirs[0]:
        return False
    return mine[1] <= theirs[2] and theirs[1] <= mine[2]


def _leave(known: Known, line: Line) -> tuple[str, date, date] | None:
    """Whose leave, its first and its last day."""
    wage, for_ = line.pack.amount.wage, line.request.for_
    if wage is None:
        return None
    if for_.from_ is None or for_.until is None:
        born = _birth(known, line)
        days = wage.value(WageFigure.DAYS, born[1]) if born is not None else None
        return (*born, born[1] + timedelta(days=days - 1)) if born is not None and days is not None else None
    died = known.died(line.person)
    last = min(for_.until, died) if died is not None and died >= for_.from_ else for_.until
    return line.person, for_.from_, last


def _happened(known: Known, line: Line) -> bool:
    """Whether what a line is for is known, as far as one fact tells it: a birth, an attended month, an episode."""
    for_ = line.request.for_
    if line.is_a(LifeEvent.EPISODE):
        return _episode(known, line) is not None
    if line.is_a(LifeEvent.BIRTH):
        return _birth(known, line) is not None or known.is_brought(line.person)
    if line.pack.entitlement.evidence is not None and for_.month is not None:
        told = [
            data.outcome
            for _, data in known.of(ConditionVerified)
            if (data.condition, data.month) == (line.pack.entitlement.evidence, for_.month)
            and known.person(data.sp_id) == line.person
        ]
        return told[-1:] == ["met"]
    return True


# -- households -------------------------------------------------------------------------------------------------------


def same_month_of_a_family(known: Known, one: Line, other: Line) -> bool:
    """A month or round of one benefit, or of two base transfers, for one household or one that took it over."""
    both = {one.pack.benefit, other.pack.benefit}
    if len(both) > 1 and not both <= BASE_TRANSFERS:
        return False
    return one.request.for_ == other.request.for_ and _one_family(known, one, other)


def flood_and_first_round(known: Known, one: Line, other: Line) -> bool:
    """A flood month and the first round; what a replaced household was paid is had by those that took it over."""
    rounds = {line.pack.benefit: line.request.for_.round for line in (one, other)}
    if rounds.keys() != {"flood.cash", "inflation.cash"} or rounds["inflation.cash"] != 1:
        return False
    mine, theirs = _family(known, one), _family(known, other)
    if mine is None or theirs is None:
        return False
    return any(
        _related(known, (my_own, mine[1]), (their_own, theirs[1]))
        for my_own in {mine[0], *known.successors(*mine)}
        for their_own in {theirs[0], *known.successors(*theirs)}
    )


def _one_family(known: Known, one: Line, other: Line) -> bool:
    mine, theirs = _family(known, one), _family(known, other)
    return mine is not None and theirs is not None and _related(known, mine, theirs)


def _related(known: Known, mine: tuple[str, date], theirs: tuple[str, date]) -> bool:
    """Whether one is the other's household, or had taken it over by then; two that took it over are not."""
    return mine[0] == theirs[0] or mine[0] in known.ancestors(*theirs) or theirs[0] in known.ancestors(*mine)


def _family(known: Known, line: Line) -> tuple[str, date] | None:
    """The household a line is for, and the day it is tested on; None for a line of a person."""
    for_ = line.request.for_
    if line.request.household_id is None:
        return None
    if for_.month is not None:
        first = first_of_month(for_.month)
        day = first.replace(day=known.commons.month_reference_day.at(first))
    else:
        day = line.pack.entitlement.rounds[for_.round or 0].day
    return known.household_on(line.request.household_id, day), day


# -- maxima -----------------------------------------------------------------------------------------------------------


def _maximum(line: Line) -> Maximum | None:
    dated = line.pack.entitlement.maximum
    day = line.request.for_.on or line.request.for_.from_
    return dated.on(day) if dated is not None and day is not None and not line.is_a(LifeEvent.BIRTH) else None


def _counts_with(known: Known, line: Line, other: Line) -> bool:
    """Whether two lines are counted together: the same birth as evidence names it; all leaves of one worker.

    All leaves of a story lie within the months in which days are counted.
    """
    if line is other:
        return True
    if line.is_a(LifeEvent.LEAVE):
        return line.person == other.person
    born = _birth_named(known, line)
    return born is not None and born == _birth_named(known, other)


def _days(known: Known, line: Line) -> int:
    leave = _leave(known, line)
    return (leave[2] - leave[1]).days + 1 if leave is not None else 0


RULES: tuple[Callable[[Known, Line, Line], bool], ...] = (
    same_birth,
    same_visit,
    two_payers_of_a_step,
    same_episode,
    same_month_of_a_person,
    a_wage_replaced_twice,
    same_month_of_a_family,
    flood_and_first_round,
)
