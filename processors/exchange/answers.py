"""What a bank's message says, in one shape whichever format it came in. Pure values; amounts in minor units."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from hashlib import sha256


class Direction(StrEnum):
    """A movement of our account, as the bank's statement tells it."""

    DEBIT = "debit"
    CREDIT = "credit"


class Verdict(StrEnum):
    """What the bank says of an instruction before money moves."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Fault(StrEnum):
    """Why a message, or one record of it, cannot be used."""

    UNREADABLE = "unreadable"
    """not well-formed, or with a DTD, entities or an encoding that is not read"""
    TOO_LARGE = "too_large"
    UNKNOWN_FORMAT = "unknown_format"
    IN_FUTURE = "in_future"
    """made more than five minutes after it was read"""
    MISSING = "missing"
    """a field that is needed is not there"""
    WRONG = "wrong"
    """a field that is there does not say what it may"""
    SUM_DIFFERS = "sum_differs"
    """the parts of an entry do not add up to it"""


class AnswerError(ValueError):
    """A message, or a record, that cannot be used: why, which field, and what was expected; never the value."""

    def __init__(self, fault: Fault, place: str, expected: str) -> None:
        super().__init__(f"{place}: {fault.value}: {expected}")
        self.fault = fault
        self.place = place
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that left (debit) or reached (credit) our account; its identity is (bank, `bank_ref`, `direction`).

    `entry_ref` is the statement entry it is part of: equal to `bank_ref` unless the bank booked several in one sum.
    `instruction_id` is None where the bank names none of the form we give.
    """

    bank_ref: str
    entry_ref: str
    direction: Direction
    amount_minor: int
    currency: str
    value_date: date
    told_us: int
    message_id: str
    account: str
    instruction_id: str | None = None
    reason: str = ""

    @property
    def digest(self) -> bytes:
        """SHA-256 of what is said, whoever says it and when."""
        said = (
            self.bank_ref,
            self.direction.value,
            str(self.amount_minor),
            self.currency,
            self.value_date.isoformat(),
            self.instruction_id or "",
            self.reason,
        )
        return sha256("\0".join(said).encode()).digest()


@dataclass(frozen=True, slots=True)
class Status:
    """What the bank says of one instruction; with `file_id` instead, of every instruction of that file of ours."""

    verdict: Verdict
    reason: str
    told_us: int
    message_id: str
    instruction_id: str | None = None
    file_id: str | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """The balances of an account's day; never below zero."""

    account: str
    day: date
    currency: str
    opening_minor: int
    closing_minor: int
    told_us: int


@dataclass(frozen=True, slots=True)
class BadRecord:
    """One record that could not be used; the rest of its message is."""

    place: str
    fault: Fault
    expected: str
    raw: bytes


@dataclass(slots=True)
class Answer:
    """A whole message, read."""

    format: str
    message_id: str = ""
    told_us: int = 0
    movements: list[Movement] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    balances: list[Balance] = field(default_factory=list)
    bad: list[BadRecord] = field(default_factory=list)

    @property
    def used(self) -> int:
        """How many records of it were usable."""
        return len(self.movements) + len(self.statuses) + len(self.balances)
