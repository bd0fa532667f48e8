"""Where an instruction stands: a function of the set of what the bank said, in whatever order and how often."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from processors.exchange.answers import Direction, Verdict
from processors.lifecycle import UNCLAIMED

if TYPE_CHECKING:
    from processors.exchange.answers import Movement, Status


class InstructionState(StrEnum):
    """The states of an instruction. Those of `ENDED` let the line be paid anew."""

    INSTRUCTED = "instructed"
    ACCEPTED = "accepted"
    SETTLED = "settled"
    RETURNED = "returned"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


ENDED: Final = frozenset({InstructionState.RETURNED, InstructionState.REJECTED})


@dataclass(frozen=True, slots=True)
class Standing:
    """A state, what went out and what came back, and whether a return is final. Amounts in minor units."""

    state: InstructionState
    out_minor: int
    back_minor: int
    final: bool = False

    def excess_minor(self, amount_minor: int) -> int:
        """What went out beyond the amount; below zero, what came back beyond what went out; else 0."""
        net = self.out_minor - self.back_minor
        if net > amount_minor:
            return net - amount_minor
        return min(net, 0)


def judge(
    amount_minor: int, movements: Iterable[Movement], statuses: Collection[Status], *, asked: bool = False
) -> Standing:
    """Where an instruction of this amount stands.

    `movements` are those that count, of its bank, in its currency. Money outweighs words; a refusal outweighs an
    acceptance. `asked` says that the bank was asked because nothing had come.
    """
    out = back = 0
    final = False
    for movement in movements:
        if movement.direction is Direction.DEBIT:
            out += movement.amount_minor
        else:
            back += movement.amount_minor
            final = final or movement.reason == UNCLAIMED
    net = out - back
    if net >= amount_minor:
        return Standing(InstructionState.SETTLED, out, back)
    if net > 0:
        return Standing(InstructionState.ACCEPTED, out, back)
    if back:
        return Standing(InstructionState.RETURNED, out, back, final)
    if any(status.verdict is Verdict.REJECTED for status in statuses):
        return Standing(InstructionState.REJECTED, 0, 0)
    if statuses:
        return Standing(InstructionState.ACCEPTED, 0, 0)
    return Standing(InstructionState.UNKNOWN if asked else InstructionState.INSTRUCTED, 0, 0)
