"""Money a bank moved under an instruction that no line has: it stands in suspense until a line turns out to have it."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from events.money import to_minor
from events.settlement import PaymentReturned, PaymentSettled
from events.states import LineState
from ledger.model.account import Dimensions
from ledger.model.rows import DecisionKind
from ledger.model.step import Step
from processors.calendar import local_date
from processors.lifecycle import expected, movements
from processors.outcome import Decision

if TYPE_CHECKING:
    from events.envelope import Event
    from ledger.model.step import Position
    from processors.facts import EntityState


def suspended(key: bytes, state: EntityState, waited_for: tuple[str, str] | None) -> list[Decision]:
    """What stands in suspense for an instruction, a decision a currency told of; none when no money was told of.

    `waited_for` is the bank and currency in which a line waits for this instruction; None when no line does.
    """
    facts = list(state.facts.values())
    counted = movements(facts)
    told: dict[str, list[Event]] = {}
    for event in sorted(facts, key=lambda fact: (fact.time_us, fact.id, fact.source)):
        if isinstance(event.data, PaymentSettled | PaymentReturned):
            told.setdefault(_amount(event)[1], []).append(event)
    return [_decision(key, currency, events, counted, waited_for) for currency, events in sorted(told.items())]


def _decision(
    key: bytes, currency: str, told: list[Event], counted: list[Event], waited_for: tuple[str, str] | None
) -> Decision:
    """What stands in one currency. A movement told anew may have left it: it is `told`, and not `counted` any more."""
    net: Position = {}
    for event in told:
        if event not in counted:
            continue
        if waited_for is not None and expected(event, *waited_for):
            continue
        sign = 1 if isinstance(event.data, PaymentSettled) else -1
        at = (Step.SUSPEND_OUT, event.source)
        net[at] = net.get(at, 0) + sign * _amount(event)[0]
    return Decision(
        subject=sha256(b"suspense\0" + key[1:] + currency.encode()).digest()[:16],
        line_id=None,
        kind=DecisionKind.SUSPENDED,
        event=told[0],
        request_id="",
        batch_id="",
        benefit="",
        state=LineState.SETTLED,
        reasons=(),
        amount_minor=sum(net.values()),
        currency=currency,
        won_by=None,
        policy_digest=bytes(32),
        inputs_digest=sha256(b"".join(f"{event.source}/{event.id};".encode() for event in told)).digest(),
        position=_signed(net),
        dimensions=Dimensions("", "", "", "", "", "", "", currency),
        dates=dict.fromkeys(Step, local_date(told[-1].time_us)),
        evidence=tuple((event.source, event.id) for event in told),
    )


def _signed(position: Position) -> Position:
    """Money out and money in are two steps, each of a positive amount."""
    signed: Position = {}
    for (_, bank), amount in position.items():
        if amount:
            signed[(Step.SUSPEND_OUT if amount > 0 else Step.SUSPEND, bank)] = abs(amount)
    return signed


def _amount(event: Event) -> tuple[int, str]:
    data = event.data
    if not isinstance(data, PaymentSettled | PaymentReturned):
        message = f"event {event.source}/{event.id} moves no money but is {event.type}"
        raise TypeError(message)
    return to_minor(data.amount), data.amount.currency
