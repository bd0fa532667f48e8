"""Money that belongs to no line: what stands in suspense, and what is written of it."""

from hashlib import sha256

from events.envelope import Event
from ledger.model.rows import DecisionKind
from ledger.model.step import Step
from processors.facts import EntityState
from processors.outcome import Decision
from processors.suspense import suspended
from tests.births import event

INSTRUCTION = "00112233445566778899aabbccddeeff"
KEY = b"I" + bytes.fromhex(INSTRUCTION)


def moved(event_id: str, amount: str, ref: str, source: str = "bank.wing", kind: str = "payment.settled") -> Event:
    data = {
        "instruction_id": INSTRUCTION,
        "message_id": "M1",
        "amount": {"amount": amount, "currency": "KHR"},
        "bank_ref": ref,
        "value_date": "2018-03-01",
        **({"reason": "AC04"} if kind == "payment.returned" else {}),
    }
    return event(source, kind, event_id, f"2018-03-0{event_id[1:]}T08:00:00+07:00", data)


def stands(*told: Event, waited_for: tuple[str, str] | None = None) -> Decision:
    state = EntityState()
    for one in told:
        state.add(one)
    (found,) = suspended(KEY, state, waited_for)
    return found


def test_a_movement_told_anew_counts_as_last_told_and_those_after_it_count_too() -> None:
    found = stands(moved("m1", "500", "W1"), moved("m2", "400", "W1"), moved("m3", "30", "W2"))
    assert found.position == {(Step.SUSPEND_OUT, "bank.wing"): 430}
    assert found.amount_minor == 430


def test_what_a_line_waits_for_is_its_own_and_what_another_bank_moved_is_not() -> None:
    told = (moved("m1", "500", "W1"), moved("m2", "70", "A1", "bank.aba"))
    assert stands(*told, waited_for=("bank.wing", "KHR")).position == {(Step.SUSPEND_OUT, "bank.aba"): 70}


def test_a_single_riel_out_or_in_stands_on_its_side_and_nothing_where_both_are_even() -> None:
    out, back = moved("m1", "1", "W1"), moved("m2", "1", "W2", kind="payment.returned")
    assert stands(out).position == {(Step.SUSPEND_OUT, "bank.wing"): 1}
    assert stands(back).position == {(Step.SUSPEND, "bank.wing"): 1}
    assert stands(out, back).position == {}


def test_what_is_written_rests_on_no_policy_and_on_every_movement_told() -> None:
    found = stands(moved("m2", "400", "W2"), moved("m1", "500", "W1"))
    assert (found.kind, found.line_id, found.event.id) == (DecisionKind.SUSPENDED, None, "m1")
    assert found.policy_digest == bytes(32)
    assert found.inputs_digest == sha256(b"bank.wing/m1;bank.wing/m2;").digest()
    assert found.subject == sha256(b"suspense\0" + KEY[1:] + b"KHR").digest()[:16]
    assert found.evidence == (("bank.wing", "m1"), ("bank.wing", "m2"))
    assert {day.isoformat() for day in found.dates.values()} == {"2018-03-02"}
