"""A frozen line's life after submission: certified, refused, instructed, settled, returned, with what stands posted.

The state is a function of the frozen amount and the set of certification and settlement facts. Certifying a line
instructs it, at the first attempt (contract, sp.settlement.v1); a changed payee instructs it anew once the attempt
before has ended. Money under any other attempt is nobody's and stands in suspense.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from events.certification import LineCertified, LineRefused
from events.identity import instruction_id
from events.money import to_minor
from events.payment import PayeeChanged
from events.settlement import InstructionRejected, PaymentReturned, PaymentSettled
from events.states import LineState
from ledger.model.step import Step, target_position
from processors.calendar import local_date
from processors.outcome import Alarm

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from events.envelope import Event
    from events.payment import Payee
    from ledger.model.step import Position
    from processors.facts import EntityState
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


def instruction_key(line_id: bytes, attempt: int = FIRST_ATTEMPT) -> bytes:
    """The entity of an attempt to pay a line."""
    return b"I" + instruction_id(line_id.hex(), attempt)


def instruction_keys(line_id: bytes, line: EntityState) -> list[bytes]:
    """The entities of all attempts there may be to pay a line: each change of its payee allows one more."""
    count = FIRST_ATTEMPT + (len(_payees_changed(line)) if PayeeChanged in line.kinds else 0)
    return [instruction_key(line_id, attempt) for attempt in range(FIRST_ATTEMPT, count + 1)]


def _payees_changed(line: EntityState) -> list[Payee]:
    """The payees that were named later, in order of time."""
    return [event.data.payee for event in _first(line.facts.values()) if isinstance(event.data, PayeeChanged)]


class Attempt(NamedTuple):
    """An attempt to pay a line: the source that answers for its payee, and what was said of it."""

    bank: str
    facts: list[Event]


def attempts(line_id: bytes, states: Mapping[bytes, EntityState], asked: Payee) -> list[Attempt]:
    """All attempts there may be to pay a line; `asked` is the payee it was asked for."""
    line = states[b"L" + line_id]
    payees = [asked, *_payees_changed(line)]
    told = [states.get(key) for key in instruction_keys(line_id, line)]
    return [
        Attempt(bank_of(payee.channel, payee.provider), [] if state is None else list(state.facts.values()))
        for payee, state in zip(payees, told, strict=True)
    ]


def current(tried: Sequence[Attempt], bank: str, currency: str) -> tuple[int, Attempt]:
    """The attempt a line is paid by, counted from 1: the first that has not ended, else the last; `bank` if none yet.

    A payee may have changed before an attempt was made, so any of the line's banks may speak of it.
    """
    banks = {one.bank for one in tried}
    for number, attempt in enumerate(tried, FIRST_ATTEMPT):
        told = [event.source for event in movements(attempt.facts) if event.source in banks]
        found = attempt._replace(bank=told[0]) if told else attempt
        if number == len(tried) or not _has_ended(found.facts, found.bank, currency):
            return number, found
    return FIRST_ATTEMPT, Attempt(bank, [])


def _has_ended(facts: list[Event], bank: str, currency: str) -> bool:
    """Whether an attempt was rejected or all its money came back, and not for good."""
    moved = [event for event in movements(facts) if expected(event, bank, currency)]
    back = [event.data for event in moved if isinstance(event.data, PaymentReturned)]
    if _net(moved) > 0 or any(data.reason == UNCLAIMED for data in back):
        return False
    return bool(back) or any(isinstance(event.data, InstructionRejected) for event in facts)


def _first(events: Iterable[Event]) -> list[Event]:
    return sorted(events, key=lambda event: (event.time_us, event.id, event.source))


def course(frozen: Frozen, line_facts: list[Event], money: list[Event], bank: str, certifier: str | None) -> Course:
    """The course of a frozen line. `money` are the facts of the attempt that counts, `certifier` who may certify it."""
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
