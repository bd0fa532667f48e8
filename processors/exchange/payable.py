"""Whether a certified line may be paid now, to whom, and at which attempt; else why it is held."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from events.identity import instruction_id
from processors.exchange.standing import ENDED
from processors.lifecycle import bank_of

if TYPE_CHECKING:
    from processors.exchange.banks import Banks
    from processors.exchange.standing import InstructionState

ACCOUNT_MAX: Final = 34
"""Longest account identification of ISO 20022 (Max34Text)."""
AGENT_MAX: Final = 35
"""Longest identification of an agent."""
FIRST: Final = frozenset({"certified", "instructed"})
AGAIN: Final = frozenset({"certified", "instructed", "returned"})


class Hold(StrEnum):
    """Why a line is not put into a run. One of `SILENT` waits for nobody."""

    IN_HAND = "in_hand"
    """an instruction of it is under way, or it is paid"""
    NOT_CERTIFIED = "not_certified"
    """the ledger says so no more, or the certifier's own signed word is not there or is for less"""
    REFUSED = "refused"
    """the certifier's signed word against it"""
    PAYEE_UNKNOWN = "payee_unknown"
    """the request that the decision names was not read, or not signed"""
    PAYEE_TOLD_TWICE = "payee_told_twice"
    """two signed requests of one identity name different payees"""
    PAYEE_NOT_CHANGED = "payee_not_changed"
    """returned or rejected, and no `payee.changed` since"""
    FINAL = "final"
    """returned as unclaimed"""
    ACCOUNT_TOO_LONG = "account_too_long"
    BANK_UNSET = "bank_unset"
    """the banks file does not have all that is needed of this bank in this currency"""
    ALREADY_TOLD = "already_told"
    """a bank speaks of the instruction before it was given"""


SILENT: Final = frozenset({Hold.IN_HAND, Hold.FINAL})


@dataclass(frozen=True, slots=True)
class Payee:
    """Where money goes. `event_id` names the request or change that says so. The account is never shown or logged."""

    channel: str
    provider: str
    account_ref: str
    event_id: str
    digest: bytes

    def __repr__(self) -> str:
        return f"Payee({self.channel})"


@dataclass(frozen=True, slots=True)
class Ruling:
    """A signed word of a certifier. `amount_minor` None refuses."""

    source: str
    amount_minor: int | None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An instruction of the line that there was; `payee_event` is what its payee came from."""

    instruction_id: bytes
    attempt: int
    state: InstructionState
    live: bool
    final: bool
    payee_event: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line as the ledger last told it, with all that bears on paying it; `changes` in order of time."""

    line_id: str
    state: str
    benefit: str
    cycle: str
    amount_minor: int
    currency: str
    payees: Collection[Payee]
    changes: Sequence[Payee]
    rulings: Collection[Ruling]
    attempts: Sequence[Attempt]


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be paid: one instruction of one line."""

    instruction_id: bytes
    line_id: str
    attempt: int
    bank: str
    cycle: str
    amount_minor: int
    currency: str
    payee: Payee
    replaces: bytes | None


def look_at(line: Line, banks: Banks) -> Due | Hold:
    """What to pay for a line now, or why nothing."""
    attempts = sorted(line.attempts, key=lambda one: one.attempt)
    if (hold := _under_way(attempts) or certified(line, banks, AGAIN if attempts else FIRST)) is not None:
        return hold
    payee = _payee(line)
    if isinstance(payee, Hold):
        return payee
    bank = bank_of(payee.channel, payee.provider)
    if not banks.usable(bank, line.currency):
        return Hold.BANK_UNSET
    number = attempts[-1].attempt + 1 if attempts else 1
    return Due(
        instruction_id=instruction_id(line.line_id, number),
        line_id=line.line_id,
        attempt=number,
        bank=bank,
        cycle=line.cycle,
        amount_minor=line.amount_minor,
        currency=line.currency,
        payee=payee,
        replaces=attempts[-1].instruction_id if attempts else None,
    )


def _under_way(attempts: Sequence[Attempt]) -> Hold | None:
    if any(one.live or one.state not in ENDED for one in attempts):
        return Hold.IN_HAND
    return Hold.FINAL if any(one.final for one in attempts) else None


def _payee(line: Line) -> Payee | Hold:
    """The payee last told; a changed one is needed where an instruction to it has ended."""
    if len({payee.digest for payee in line.payees}) != 1:
        return Hold.PAYEE_TOLD_TWICE if line.payees else Hold.PAYEE_UNKNOWN
    payee = line.changes[-1] if line.changes else next(iter(line.payees))
    if payee.event_id in {one.payee_event for one in line.attempts}:
        return Hold.PAYEE_NOT_CHANGED
    fits = len(payee.account_ref) <= ACCOUNT_MAX and len(payee.provider) <= AGENT_MAX
    return payee if fits else Hold.ACCOUNT_TOO_LONG


def certified(line: Line, banks: Banks, states: frozenset[str]) -> Hold | None:
    """Why a line does not count as certified; None if the ledger says so and its certifier signed for this amount."""
    rulings = [ruling for ruling in line.rulings if ruling.source in banks.certifiers]
    if any(ruling.amount_minor is None for ruling in rulings):
        return Hold.REFUSED
    agreed = any(
        ruling.currency == line.currency and (ruling.amount_minor or 0) >= line.amount_minor for ruling in rulings
    )
    return None if agreed and line.state in states and line.amount_minor > 0 else Hold.NOT_CERTIFIED
