"""A frozen line's life after submission: certified, refused, instructed, settled, returned, with what stands posted.

The state is a function of the frozen amount and the set of certification and settlement facts. Until payment runs
exist, certifying a line instructs it, at the first attempt (contract, sp.settlement.v1).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from events.certification import LineCertified, LineRefused
from events.identity import instruction_id
from events.money import to_minor
from events.settlement import InstructionRejected, PaymentReturned, PaymentSettled
from events.states import LineState
from ledger.model.step import Step, target_position
from processors.calendar import local_date
from processors.outcome import Alarm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from events.envelope import Event
    from ledger.model.step import Position
    from processors.outcome import Frozen

UNCLAIMED = "unclaimed"
"""The one reason that makes a return final; every other keeps the claim for re-issue."""

FIRST_ATTEMPT = 1
_TREASURY = "treasury"


@dataclass(slots=True)
class Course:
    """Where a frozen line has come to. `holds` says whether it keeps its claims."""

    state: LineState
    amount_minor: int
    position: Position
    holds: bool = True
    stages: tuple[LineState, ...] = ()
    evidence: tuple[tuple[str, str], ...] = ()
    dates: dict[Step, date] = field(default_factory=dict)
    alarms: tuple[Alarm, ...] = ()


def bank_of(channel: str, provider: str | None) -> str:
    """The source that answers for a payee's channel: its bank, or the treasury for cash and facilities."""
    return f"bank.{provider}" if channel in {"bank", "wallet"} and provider else _TREASURY


def instruction_key(line_id: bytes) -> bytes:
    """The entity of a line's only instruction as long as payment runs do not exist."""
    return b"I" + instruction_id(line_id.hex(), FIRST_ATTEMPT)


def _first(events: Iterable[Event]) -> list[Event]:
    return sorted(events, key=lambda event: (event.time_us, event.id, event.source))


def course(frozen: Frozen, line_facts: list[Event], money: list[Event], bank: str, certifier: str | None) -> Course:
    """The course of a frozen line. `money` are the facts of its instruction, `certifier` who may certify it."""
    alarms: list[Alarm] = []
    ruling = _ruling(frozen, line_facts, certifier, alarms)
    if ruling is None:
        course = Course(LineState.SUBMITTED, frozen.amount_minor, {})
    elif not isinstance(ruling.data, LineCertified):
        # Paid on a certification before an earlier refusal was known: nobody else has it while that money is out.
        paid = _net([event for event in movements(money) if expected(event, bank, frozen.currency)]) > 0
        course = Course(LineState.REFUSED, frozen.amount_minor, {}, holds=paid, stages=(LineState.SUBMITTED,))
    else:
        amount = to_minor(ruling.data.amount)
        course = _paid(amount, money, bank, frozen.currency, alarms)
        course.stages = (LineState.SUBMITTED, LineState.CERTIFIED, LineState.INSTRUCTED)
        course.dates[Step.INSTRUCT] = local_date(ruling.time_us)
    if ruling is not None:
        course.evidence = (*course.evidence, (ruling.source, ruling.id))
    if not course.position and course.holds:
        course.position = target_position(course.state, course.amount_minor, bank)
    course.alarms = tuple(alarms)
    return course


def _ruling(frozen: Frozen, line_facts: list[Event], certifier: str | None, alarms: list[Alarm]) -> Event | None:
    """The certification or refusal that counts: the first valid one; any other is reported."""
    found: Event | None = None
    for event in _first(line_facts):
        data = event.data
        if not isinstance(data, LineCertified | LineRefused):
            continue
        if event.source != certifier:
            alarms.append(Alarm.CERTIFIED_BY_ANOTHER)
        elif isinstance(data, LineCertified) and (
            data.amount.currency != frozen.currency or to_minor(data.amount) > frozen.amount_minor
        ):
            alarms.append(Alarm.CERTIFIED_ABOVE_SUBMITTED)
        elif found is not None:
            alarms.append(Alarm.CERTIFIED_TWICE)
        else:
            found = event
    return found


def movements(money: list[Event]) -> list[Event]:
    """The bank movements told by these facts, each once, as last told: natural key (bank, reference, direction)."""
    seen: dict[tuple[str, str, str], Event] = {}
    for event in _first(money):
        if isinstance(event.data, PaymentSettled | PaymentReturned):
            seen[(event.source, event.data.bank_ref, event.type)] = event
    return list(seen.values())


def expected(event: Event, bank: str, currency: str) -> bool:
    """Whether a movement is one the line waits for: by the bank it was instructed at, in its currency."""
    data = event.data
    return isinstance(data, PaymentSettled | PaymentReturned) and (event.source, data.amount.currency) == (
        bank,
        currency,
    )


def _paid(amount: int, money: list[Event], bank: str, currency: str, alarms: list[Alarm]) -> Course:
    """How far a certified and instructed line was paid. What another bank or currency moved waits in suspense."""
    told = movements(money)
    moved = [event for event in told if expected(event, bank, currency)]
    if len(moved) < len(told):
        alarms.append(Alarm.SETTLED_BY_ANOTHER)
    out = [event.data for event in moved if isinstance(event.data, PaymentSettled)]
    back = [event.data for event in moved if isinstance(event.data, PaymentReturned)]
    net = _net(moved)
    evidence = tuple((event.source, event.id) for event in money)
    dates = _value_dates(out, back)
    if net > amount or net < 0:
        alarms.append(Alarm.SETTLED_IN_EXCESS)
    if net >= amount > 0:
        position = target_position(LineState.SETTLED, amount, bank)
        if net > amount:
            position[(Step.SUSPEND_OUT, bank)] = net - amount
        return Course(LineState.SETTLED, amount, position, evidence=evidence, dates=dates)
    if net > 0:
        position = target_position(LineState.INSTRUCTED, amount, bank)
        if amount:
            position.update({(Step.PAY, bank): net, (Step.EXPENSE, ""): net, (Step.SPEND, ""): net})
        else:  # certified for nothing: all of it is in excess
            position[(Step.SUSPEND_OUT, bank)] = net
        return Course(LineState.INSTRUCTED, amount, position, evidence=evidence, dates=dates)
    if back or any(isinstance(event.data, InstructionRejected) for event in money):
        final = any(data.reason == UNCLAIMED for data in back)
        position = {} if final else target_position(LineState.RETURNED, amount, bank)
        if net < 0:
            position[(Step.SUSPEND, bank)] = -net
        return Course(LineState.RETURNED, amount, position, holds=not final, evidence=evidence, dates=dates)
    return Course(LineState.INSTRUCTED, amount, target_position(LineState.INSTRUCTED, amount, bank))


def _net(moved: list[Event]) -> int:
    """What went out and did not come back, in minor units."""
    out = sum(to_minor(event.data.amount) for event in moved if isinstance(event.data, PaymentSettled))
    return out - sum(to_minor(event.data.amount) for event in moved if isinstance(event.data, PaymentReturned))


def _value_dates(out: list[PaymentSettled], back: list[PaymentReturned]) -> dict[Step, date]:
    days = [data.value_date for data in out] + [data.value_date for data in back]
    if not days:
        return {}
    last = max(days)
    return {Step.PAY: last, Step.EXPENSE: last, Step.SPEND: last, Step.SUSPEND: last, Step.SUSPEND_OUT: last}
