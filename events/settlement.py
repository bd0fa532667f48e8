"""What banks and the treasury say about instructions and statements (`sp.settlement.v1`)."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from events.money import Money
from events.shapes import BankReason, LineId, OpaqueId, Shape, check_dates

Direction = Literal["debit", "credit"]


class InstructionAccepted(Shape, frozen=True):
    """The bank took the instruction."""

    instruction_id: LineId
    message_id: OpaqueId


class InstructionRejected(Shape, frozen=True):
    """The bank will not carry out the instruction."""

    instruction_id: LineId
    message_id: OpaqueId
    reason: BankReason


class PaymentSettled(Shape, frozen=True):
    """Money left our account for the payee: a debit of the bank's statement."""

    instruction_id: LineId
    message_id: OpaqueId
    amount: Money
    bank_ref: OpaqueId
    value_date: dt.date

    def __post_init__(self) -> None:
        """Refuse dates outside the contract's years."""
        check_dates(value_date=self.value_date)


class PaymentReturned(Shape, frozen=True):
    """Money came back: a credit of the bank's statement; final when `reason` is `unclaimed`."""

    instruction_id: LineId
    message_id: OpaqueId
    amount: Money
    bank_ref: OpaqueId
    reason: BankReason
    value_date: dt.date

    def __post_init__(self) -> None:
        """Refuse dates outside the contract's years."""
        check_dates(value_date=self.value_date)


class StatementBooked(Shape, frozen=True):
    """One entry of an account's statement; `entry_ref` is the bank's reference of the movement."""

    account: OpaqueId
    entry_ref: OpaqueId
    direction: Direction
    amount: Money
    value_date: dt.date
    instruction_id: LineId | None = None

    def __post_init__(self) -> None:
        """Refuse dates outside the contract's years."""
        check_dates(value_date=self.value_date)


class StatementClosed(Shape, frozen=True):
    """The balances of an account's day."""

    account: OpaqueId
    date: dt.date
    opening: Money
    closing: Money

    def __post_init__(self) -> None:
        """Refuse dates outside the contract's years."""
        check_dates(date=self.date)
