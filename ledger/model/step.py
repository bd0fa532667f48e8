"""Steps of a request's life in the books: which two accounts each moves, and what a state leaves posted."""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from events.states import LineState
from ledger.model.account import Account, Dimensions, Family, account

if TYPE_CHECKING:
    from collections.abc import Mapping

BUDGET_AVAILABLE = "available"
BUDGET_COMMITTED = "committed"
BUDGET_SPENT = "spent"


class Step(IntEnum):
    """One arrow of the lifecycle. Numbers are stable for ever: they are stored and hashed."""

    RECOGNISE = 1
    RESERVE = 2
    INSTRUCT = 3
    PAY = 4
    EXPENSE = 5
    SPEND = 6
    SUSPEND = 7
    SUSPEND_OUT = 8


# Each side of a step: its family and its qualifier; None stands for the bank the step goes through.
_Side = tuple[Family, str | None]

_PAIRS: dict[Step, tuple[_Side, _Side]] = {
    Step.RECOGNISE: ((Family.COMMITMENT, ""), (Family.PAYABLE, "")),
    Step.RESERVE: ((Family.BUDGET, BUDGET_COMMITTED), (Family.BUDGET, BUDGET_AVAILABLE)),
    Step.INSTRUCT: ((Family.PAYABLE, ""), (Family.CLEARING, None)),
    Step.PAY: ((Family.CLEARING, None), (Family.CASH, None)),
    Step.EXPENSE: ((Family.EXPENSE, ""), (Family.COMMITMENT, "")),
    Step.SPEND: ((Family.BUDGET, BUDGET_SPENT), (Family.BUDGET, BUDGET_COMMITTED)),
    Step.SUSPEND: ((Family.CASH, None), (Family.SUSPENSE, None)),
    Step.SUSPEND_OUT: ((Family.SUSPENSE, None), (Family.CASH, None)),
}

# Steps that name a bank, so that their position is kept a bank.
BANK_STEPS = frozenset(step for step, (debit, credit) in _PAIRS.items() if debit[1] is None or credit[1] is None)

_APPROVED = (Step.RECOGNISE,)
_FROZEN = (*_APPROVED, Step.RESERVE)
_INSTRUCTED = (*_FROZEN, Step.INSTRUCT)
_SETTLED = (*_INSTRUCTED, Step.PAY, Step.EXPENSE, Step.SPEND)

# What stands posted in each state, each step with the line's amount. A line returned and waiting for re-issue stands
# as a certified one; after a final return nothing stands, which the caller says with amount 0.
STATE_STEPS: Mapping[LineState, tuple[Step, ...]] = MappingProxyType(
    {
        LineState.APPROVED: _APPROVED,
        LineState.PENDED: (),
        LineState.REJECTED: (),
        LineState.EXPIRED: (),
        LineState.WITHDRAWN: (),
        LineState.SUBMITTED: _FROZEN,
        LineState.CERTIFIED: _FROZEN,
        LineState.REFUSED: (),
        LineState.INSTRUCTED: _INSTRUCTED,
        LineState.SETTLED: _SETTLED,
        LineState.RETURNED: _FROZEN,
    }
)

# A position: minor units posted by (step, bank); the bank is "" for steps that go through none.
Position = dict[tuple[Step, str], int]


@lru_cache(maxsize=4096)
def step_accounts(step: Step, of: Dimensions, bank: str = "") -> tuple[Account, Account]:
    """The (debit, credit) accounts of `step`; `bank` is the source code of the bank for the steps that need one.

    Raises ValueError when a step that goes through a bank is given none, or the reverse.
    """
    if (step in BANK_STEPS) != bool(bank):
        raise ValueError(f"step {step.name}: a bank is {'needed' if step in BANK_STEPS else 'not used'}, got {bank!r}")
    (debit, debit_part), (credit, credit_part) = _PAIRS[step]
    return (
        account(debit, bank if debit_part is None else debit_part, of),
        account(credit, bank if credit_part is None else credit_part, of),
    )


def target_position(state: LineState, amount_minor: int, bank: str = "") -> Position:
    """What must stand posted for a line in `state` with `amount_minor`; empty when nothing must.

    `bank` is where the line is instructed; needed from `instructed` on. What is posted next is this position minus the
    position already posted: an increase is a transfer, a decrease a linked reversal.
    """
    if amount_minor == 0:
        return {}
    return {(step, bank if step in BANK_STEPS else ""): amount_minor for step in STATE_STEPS[state]}
