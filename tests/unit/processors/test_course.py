"""Where a frozen line has come to, to the riel: every edge between in part, in full, too much and back again."""

from datetime import date

import pytest

from events.envelope import Event
from events.states import LineState
from ledger.model.step import Position, Step
from processors.lifecycle import Course, bank_of, course
from processors.outcome import Alarm, Frozen
from tests.births import event

BANK = "bank.wing"
FROZEN = Frozen("asked", 10, "KHR", 1, bytes(32), bytes(32), ())
CERTIFIED = {(Step.RECOGNISE, ""), (Step.RESERVE, "")}
INSTRUCTED = CERTIFIED | {(Step.INSTRUCT, BANK)}
SETTLED = INSTRUCTED | {(Step.PAY, BANK), (Step.EXPENSE, ""), (Step.SPEND, "")}


def riel(amount: int, currency: str = "KHR") -> dict[str, str]:
    return {"amount": str(amount), "currency": currency}


def certified(amount: int, source: str = "npca", event_id: str = "certified", at: str = "08") -> Event:
    data = {"line_id": "00" * 16, "batch_id": "B", "amount": riel(amount), "certificate_id": "C"}
    return event(source, "line.certified", event_id, f"2018-03-01T{at}:00:00+07:00", data)


def refused(at: str = "08") -> Event:
    data = {"line_id": "00" * 16, "batch_id": "B", "reason": "unsupported"}
    return event("npca", "line.refused", "refused", f"2018-03-01T{at}:00:00+07:00", data)


def moved(kind: str, amount: int, number: int, reason: str = "account_closed", bank: str = BANK) -> Event:
    data: dict[str, object] = {
        "instruction_id": "00" * 16, "message_id": "M", "bank_ref": f"R{number}", "value_date": f"2018-03-{number:02}",
        "amount": riel(amount),
    }  # fmt: skip
    more = {"reason": reason} if kind == "returned" else {}
    return event(bank, f"payment.{kind}", f"money-{number}", f"2018-03-{number:02}T09:00:00+07:00", data | more)


def out(amount: int, number: int = 2) -> Event:
    return moved("settled", amount, number)


def back(amount: int, number: int = 3, reason: str = "account_closed") -> Event:
    return moved("returned", amount, number, reason)


def of(money: list[Event], amount: int = 10) -> Course:
    return course(FROZEN, [certified(amount)], money, BANK, "npca")


def each(steps: set[tuple[Step, str]], amount: int) -> Position:
    return dict.fromkeys(steps, amount)


@pytest.mark.parametrize(
    ("money", "amount", "state", "position", "alarms"),
    [
        ([], 10, LineState.INSTRUCTED, each(INSTRUCTED, 10), ()),
        ([out(1)], 10, LineState.INSTRUCTED, each(SETTLED, 1) | each(INSTRUCTED, 10), ()),
        ([out(9)], 10, LineState.INSTRUCTED, each(SETTLED, 9) | each(INSTRUCTED, 10), ()),
        ([out(10)], 10, LineState.SETTLED, each(SETTLED, 10), ()),
        ([out(1)], 1, LineState.SETTLED, each(SETTLED, 1), ()),
        (
            [out(11)], 10, LineState.SETTLED, each(SETTLED, 10) | {(Step.SUSPEND_OUT, BANK): 1},
            (Alarm.SETTLED_IN_EXCESS,),
        ),
        ([out(10), back(4)], 10, LineState.INSTRUCTED, each(SETTLED, 6) | each(INSTRUCTED, 10), ()),
        ([out(10), back(10)], 10, LineState.RETURNED, each(CERTIFIED, 10), ()),
        (
            [out(10), back(12)], 10, LineState.RETURNED, each(CERTIFIED, 10) | {(Step.SUSPEND, BANK): 2},
            (Alarm.SETTLED_IN_EXCESS,),
        ),
        ([out(10), back(10, 3, "unclaimed")], 10, LineState.RETURNED, {}, ()),
        ([], 0, LineState.INSTRUCTED, {}, ()),
        ([out(3)], 0, LineState.INSTRUCTED, {(Step.SUSPEND_OUT, BANK): 3}, (Alarm.SETTLED_IN_EXCESS,)),
    ],
)  # fmt: skip
def test_what_was_paid_stands_to_the_riel(
    money: list[Event], amount: int, state: LineState, position: Position, alarms: tuple[Alarm, ...]
) -> None:
    found = of(money, amount)
    assert (found.state, found.amount_minor, found.position, found.alarms) == (state, amount, position, alarms)
    assert found.stages == (LineState.SUBMITTED, LineState.CERTIFIED, LineState.INSTRUCTED)
    assert found.evidence == (*((each.source, each.id) for each in money), ("npca", "certified"))


def test_steps_of_money_are_of_the_last_value_date_and_the_instruction_of_the_certification() -> None:
    last = date(2018, 3, 9)
    paid = dict.fromkeys((Step.PAY, Step.EXPENSE, Step.SPEND, Step.SUSPEND, Step.SUSPEND_OUT), last)
    instructed = {Step.INSTRUCT: date(2018, 3, 1)}
    assert of([]).dates == instructed
    assert of([out(10, 9)]).dates == paid | instructed
    assert of([out(2, 9), back(1, 3)]).dates == paid | instructed
    assert of([out(2, 3), back(2, 9)]).dates == paid | instructed


def test_only_a_return_that_nobody_claimed_lets_go_of_what_the_line_holds() -> None:
    assert of([out(10), back(10)]).holds
    assert of([out(10)]).holds
    assert not of([out(10), back(10, 3, "unclaimed")]).holds
    assert not course(FROZEN, [refused()], [], BANK, "npca").holds


def test_a_bank_that_nobody_instructed_moves_no_line_and_is_told() -> None:
    found = of([moved("settled", 10, 2, bank="bank.aba")])
    assert (found.state, found.position) == (LineState.INSTRUCTED, each(INSTRUCTED, 10))
    assert found.alarms == (Alarm.SETTLED_BY_ANOTHER,)


def test_a_refused_line_stands_at_nothing() -> None:
    found = course(FROZEN, [refused()], [], BANK, "npca")
    assert (found.state, found.amount_minor, found.position) == (LineState.REFUSED, 10, {})
    assert (found.stages, found.evidence, found.dates) == ((LineState.SUBMITTED,), (("npca", "refused"),), {})


def test_a_refused_line_holds_on_as_long_as_money_of_it_is_out() -> None:
    assert course(FROZEN, [refused()], [out(1)], BANK, "npca").holds
    assert not course(FROZEN, [refused()], [out(1), back(1)], BANK, "npca").holds
    assert not course(FROZEN, [refused()], [moved("settled", 1, 2, bank="bank.aba")], BANK, "npca").holds


def test_the_first_valid_ruling_counts_whatever_comes_before_or_after_it() -> None:
    above, by_another = certified(11, event_id="above", at="06"), certified(10, "nspc", "stranger", "07")
    found = course(FROZEN, [refused("09"), certified(10), by_another, above], [], BANK, "npca")
    assert (found.state, found.amount_minor) == (LineState.INSTRUCTED, 10)
    assert found.alarms == (Alarm.CERTIFIED_ABOVE_SUBMITTED, Alarm.CERTIFIED_BY_ANOTHER, Alarm.CERTIFIED_TWICE)
    assert course(FROZEN, [out(10, 1), certified(10, at="10")], [], BANK, "npca").state is LineState.INSTRUCTED
    assert course(FROZEN, [refused("07"), certified(10)], [], BANK, "npca").state is LineState.REFUSED
    waiting = course(FROZEN, [above, by_another], [], BANK, "npca")
    assert (waiting.state, waiting.position, waiting.evidence) == (LineState.SUBMITTED, each(CERTIFIED, 10), ())


def test_a_bank_answers_for_accounts_and_wallets_it_provides_and_the_treasury_for_all_else() -> None:
    assert bank_of("wallet", "wing") == "bank.wing"
    assert bank_of("bank", "aba") == "bank.aba"
    assert bank_of("bank", None) == "treasury"
    assert bank_of("cash", "wing") == "treasury"
    assert bank_of("facility", "treasury") == "treasury"
