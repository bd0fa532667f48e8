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
from processors.lifecycle import movements
from processors.outcome import Decision

if TYPE_CHECKING:
    from events.envelope import Event
    from ledger.model.step import Position
    from processors.facts import EntityState


def suspended(key: bytes, state: EntityState, *, claimed: bool) -> Decision | None:
    """What stands in suspense for an instruction; None when no money was told of. `claimed`: a line has it."""
    moved = movements(list(state.facts.values()))
    if not moved:
        return None
    first = moved[0]
    currency = _amount(first)[1]
    position: Position = {}
    for event in moved:
        amount, told = _amount(event)
        if claimed or told != currency:
            continue
        sign = 1 if isinstance(event.data, PaymentSettled) else -1
        position[(Step.SUSPEND_OUT, event.source)] = position.get((Step.SUSPEND_OUT, event.source), 0) + sign * amount
    return Decision(
        subject=key[1:],
        line_id=None,
        kind=DecisionKind.SUSPENDED,
        event=first,
        request_id="",
        batch_id="",
        benefit="",
        state=LineState.SETTLED,
        reasons=(),
        amount_minor=sum(position.values()),
        currency=currency,
        won_by=None,
        policy_digest=bytes(32),
        inputs_digest=sha256(b"".join(f"{event.source}/{event.id};".encode() for event in moved)).digest(),
        position=_signed(position),
        dimensions=Dimensions("", "", "", "", "", "", "", currency),
        dates=dict.fromkeys(Step, local_date(moved[-1].time_us)),
        evidence=tuple((event.source, event.id) for event in moved),
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
