from collections import Counter

import pytest

from events.states import LineState
from ledger.model.account import TRANSIT_FAMILIES, Account, Dimensions, Family
from ledger.model.step import BANK_STEPS, BUDGET_COMMITTED, STATE_STEPS, Step, step_accounts, target_position

OF = Dimensions("nssf.maternal.delivery", "nssf", "nssf", "nssf.fund", "", "10.4", "27.1", "KHR")
BANK = "bank.wing"


def accounts(step: Step) -> tuple[Account, Account]:
    return step_accounts(step, OF, BANK if step in BANK_STEPS else "")


def test_each_step_moves_the_planned_accounts() -> None:
    assert {step.name: tuple(account.code.split("/")[0] for account in accounts(step)) for step in Step} == {
        "RECOGNISE": ("commitment", "payable"),
        "RESERVE": ("budget:committed", "budget:available"),
        "INSTRUCT": ("payable", "clearing:bank.wing"),
        "PAY": ("clearing:bank.wing", "cash:bank.wing"),
        "EXPENSE": ("expense", "commitment"),
        "SPEND": ("budget:spent", "budget:committed"),
        "SUSPEND": ("cash:bank.wing", "suspense:bank.wing"),
        "SUSPEND_OUT": ("suspense:bank.wing", "cash:bank.wing"),
    }


def test_a_code_names_family_benefit_operator_and_currency() -> None:
    assert accounts(Step.RECOGNISE)[1].code == "payable/nssf.maternal.delivery/nssf/KHR"
    nobody = Dimensions("", "", "", "", "", "", "", "USD")
    assert step_accounts(Step.SUSPEND, nobody, BANK)[1].code == "suspense:bank.wing/-/-/USD"


def test_a_bank_is_given_where_needed_and_nowhere_else() -> None:
    with pytest.raises(ValueError, match="PAY: a bank is needed"):
        step_accounts(Step.PAY, OF)
    with pytest.raises(ValueError, match="RECOGNISE: a bank is not used"):
        step_accounts(Step.RECOGNISE, OF, BANK)


def test_every_state_has_a_position() -> None:
    assert set(STATE_STEPS) == set(LineState)


@pytest.mark.parametrize("state", list(LineState))
def test_debits_equal_credits_and_a_finished_request_leaves_transit_accounts_at_zero(state: LineState) -> None:
    balance: Counter[Account] = Counter()
    for (step, bank), amount in target_position(state, 400_000, BANK).items():
        debit, credit = step_accounts(step, OF, bank)
        balance[debit] += amount
        balance[credit] -= amount
    assert sum(balance.values()) == 0
    standing = {account for account, amount in balance.items() if amount}
    in_transit = {
        account for account in standing if account.family in TRANSIT_FAMILIES or account.qualifier == BUDGET_COMMITTED
    }
    if state in {
        LineState.APPROVED,
        LineState.SUBMITTED,
        LineState.CERTIFIED,
        LineState.INSTRUCTED,
        LineState.RETURNED,
    }:
        assert in_transit
    else:
        assert not in_transit
    if state is LineState.SETTLED:
        assert {account.family for account in standing} == {Family.EXPENSE, Family.CASH, Family.BUDGET}


def test_no_amount_no_position() -> None:
    assert target_position(LineState.SETTLED, 0, BANK) == {}
