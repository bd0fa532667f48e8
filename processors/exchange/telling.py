"""What the exchange tells the ledger: settlement events of the contract, made of a bank's answers."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from events.envelope import Event
from events.money import from_minor
from events.settlement import (
    InstructionAccepted,
    InstructionRejected,
    PaymentReturned,
    PaymentSettled,
    StatementBooked,
    StatementClosed,
)
from processors.exchange import fields
from processors.exchange.answers import Direction, Verdict

if TYPE_CHECKING:
    from events.shapes import Shape
    from processors.exchange.answers import Balance, Movement, Status


def movement_event(bank: str, told: Movement) -> Event:
    """The event of a movement: settled or returned where it names an instruction, else an entry of the statement."""
    money = from_minor(told.amount_minor, told.currency)
    data: Shape
    if told.instruction_id is None:
        name = "statement.booked"
        data = StatementBooked(
            account=told.account, entry_ref=told.bank_ref, direction=told.direction.value, amount=money,
            value_date=told.value_date,
        )  # fmt: skip
    elif told.direction is Direction.DEBIT:
        name = "payment.settled"
        data = PaymentSettled(
            instruction_id=told.instruction_id, message_id=told.message_id, amount=money, bank_ref=told.bank_ref,
            value_date=told.value_date,
        )  # fmt: skip
    else:
        name = "payment.returned"
        data = PaymentReturned(
            instruction_id=told.instruction_id, message_id=told.message_id, amount=money, bank_ref=told.bank_ref,
            reason=fields.reason(told.reason), value_date=told.value_date,
        )  # fmt: skip
    return Event(bank, _name("m", told.digest.hex(), told.message_id, str(told.told_us)), name, told.told_us, data)


def status_event(bank: str, instruction_id: str, told: Status) -> Event:
    """The event of what a bank said of an instruction."""
    data: Shape
    if told.verdict is Verdict.REJECTED:
        name = "instruction.rejected"
        data = InstructionRejected(instruction_id=instruction_id, message_id=told.message_id, reason=told.reason)
    else:
        name = "instruction.accepted"
        data = InstructionAccepted(instruction_id=instruction_id, message_id=told.message_id)
    parts = ("s", instruction_id, told.verdict, told.reason, told.message_id, str(told.told_us))
    return Event(bank, _name(*parts), name, told.told_us, data)


def balance_event(bank: str, told: Balance) -> Event:
    """The event of the balances of an account's day."""
    data = StatementClosed(
        account=told.account,
        date=told.day,
        opening=from_minor(told.opening_minor, told.currency),
        closing=from_minor(told.closing_minor, told.currency),
    )
    parts = ("b", told.account, told.day.isoformat(), str(told.opening_minor), str(told.closing_minor))
    return Event(bank, _name(*parts, told.currency, str(told.told_us)), "statement.closed", told.told_us, data)


def _name(*parts: str) -> str:
    """An event id that follows from what is told, so that telling it again is a repetition."""
    return "x." + sha256("\0".join(parts).encode()).hexdigest()[:40]
