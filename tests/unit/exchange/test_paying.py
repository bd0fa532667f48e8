"""What may be paid, in which run, on which day, and in which file."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from lxml import etree

from processors.exchange import pain001
from processors.exchange.answers import Direction, Movement, Status, Verdict
from processors.exchange.banks import Banks, BanksError, read_banks
from processors.exchange.days import WorkingDays
from processors.exchange.payable import Attempt, Due, Hold, Line, Payee, Ruling, look_at
from processors.exchange.runs import Group, digest, group
from processors.exchange.standing import InstructionState, Standing, judge

EXAMPLES = Path(__file__).resolve().parents[3] / "processors" / "exchange" / "banks.yaml"
PAYEE = Payee("wallet", "wing", "token-1", "e1", b"1")
OTHER = Payee("bank", "aba", "token-2", "e2", b"2")
AMOUNT = 400_000


@pytest.fixture(scope="module")
def banks() -> Banks:
    return read_banks(EXAMPLES.read_text())


def line(number: int = 1, /, **changes: object) -> Line:
    certified = Ruling("npca", AMOUNT, "KHR")
    made = Line(f"{number:032x}", "certified", "family.base", "2026-03", AMOUNT, "KHR", [PAYEE], [], [certified], [])
    return replace(made, **changes)  # type: ignore[arg-type]  # each test names fields of a line


def ended(state: InstructionState = InstructionState.RETURNED, *, final: bool = False) -> Attempt:
    return Attempt(b"1" * 16, 1, state, live=False, final=final, payee_event="e1")


def due(found: Due | Hold) -> Due:
    assert isinstance(found, Due), found
    return found


def test_a_certified_line_is_due_at_its_payees_bank(banks: Banks) -> None:
    found = due(look_at(line(), banks))
    assert (found.bank, found.attempt, found.amount_minor, found.replaces) == ("bank.wing", 1, AMOUNT, None)
    cash = replace(PAYEE, channel="cash", provider="commune-office")
    assert due(look_at(line(payees=[cash]), banks)).bank == "treasury"


@pytest.mark.parametrize(
    ("changes", "hold"),
    [
        ({"rulings": []}, Hold.NOT_CERTIFIED),
        ({"rulings": [Ruling("nssf", AMOUNT, "KHR")]}, Hold.NOT_CERTIFIED),
        ({"rulings": [Ruling("npca", AMOUNT - 1, "KHR")]}, Hold.NOT_CERTIFIED),
        ({"rulings": [Ruling("npca", AMOUNT, "USD")]}, Hold.NOT_CERTIFIED),
        ({"rulings": [Ruling("npca", AMOUNT, "KHR"), Ruling("npca", None)]}, Hold.REFUSED),
        ({"state": "returned"}, Hold.NOT_CERTIFIED),
        ({"state": "refused"}, Hold.NOT_CERTIFIED),
        ({"payees": []}, Hold.PAYEE_UNKNOWN),
        ({"payees": [PAYEE, OTHER]}, Hold.PAYEE_TOLD_TWICE),
        ({"payees": [replace(PAYEE, account_ref="x" * 35)]}, Hold.ACCOUNT_TOO_LONG),
        ({"payees": [replace(PAYEE, provider="nobody")]}, Hold.BANK_UNSET),
        ({"attempts": [replace(ended(), live=True, state=InstructionState.ACCEPTED)]}, Hold.IN_HAND),
        ({"attempts": [replace(ended(), state=InstructionState.SETTLED)], "changes": [OTHER]}, Hold.IN_HAND),
        ({"attempts": [replace(ended(), state=InstructionState.UNKNOWN)], "changes": [OTHER]}, Hold.IN_HAND),
        ({"attempts": [ended()]}, Hold.PAYEE_NOT_CHANGED),
        ({"attempts": [ended(final=True)], "changes": [OTHER]}, Hold.FINAL),
    ],
)
def test_what_is_held(banks: Banks, changes: dict[str, object], hold: Hold) -> None:
    assert look_at(line(**changes), banks) is hold


@pytest.mark.parametrize("state", [InstructionState.RETURNED, InstructionState.REJECTED])
def test_a_changed_payee_is_paid_by_a_second_instruction_that_names_the_first(
    banks: Banks, state: InstructionState
) -> None:
    again = line(attempts=[ended(state)], changes=[OTHER], state="returned")
    found = due(look_at(again, banks))
    assert (found.attempt, found.bank, found.replaces) == (2, "bank.aba", b"1" * 16)
    assert found.instruction_id != due(look_at(line(), banks)).instruction_id


def test_runs_are_of_one_bank_currency_and_cycle_with_each_payee_together(banks: Banks) -> None:
    dues = [due(look_at(line(number), banks)) for number in range(1, 6)]
    dues[1] = replace(dues[1], payee=OTHER, bank="bank.aba")
    dues[2] = replace(dues[2], cycle="2026-04")
    dues[3] = replace(dues[3], payee=replace(PAYEE, account_ref="token-0"))
    found = list(group(dues, banks))
    assert [(one.bank, one.cycle, len(one.dues), one.payees) for one in found] == [
        ("bank.aba", "2026-03", 1, 1),
        ("bank.wing", "2026-03", 3, 2),
        ("bank.wing", "2026-04", 1, 1),
    ]
    assert [one.payee.account_ref for one in found[1].dues] == ["token-0", "token-1", "token-1"]


def test_a_long_run_is_parted_between_payees(banks: Banks) -> None:
    small = read_banks(EXAMPLES.read_text().replace("    owner:", "    lines_max: 3\n    owner:"))
    dues = [due(look_at(line(number), banks)) for number in range(1, 8)]
    dues = [replace(one, payee=replace(PAYEE, account_ref=f"t{at // 2}")) for at, one in enumerate(dues)]
    assert [len(part.dues) for part in group(dues, small)] == [2, 2, 3]
    together = [replace(one, payee=PAYEE) for one in dues]
    assert [len(part.dues) for part in group(together, small)] == [3, 3, 1]


def test_what_officers_sign_binds_every_payee_and_amount(banks: Banks) -> None:
    paid = next(group([due(look_at(line(number), banks)) for number in (1, 2)], banks))
    first = paid.dues[0]
    changed = [
        replace(first, amount_minor=AMOUNT + 1),
        replace(first, payee=replace(PAYEE, account_ref="token-9")),
        replace(first, line_id="f" * 32),
    ]
    others = {digest(1, replace(paid, dues=[one, paid.dues[1]])) for one in changed}
    assert len(others | {digest(1, paid), digest(2, paid)}) == 5
    assert digest(1, replace(paid, dues=list(reversed(paid.dues)))) == digest(1, paid)


def written(banks: Banks, **changes: object) -> etree._Element:
    one = replace(due(look_at(line(), banks)), **changes)  # type: ignore[arg-type]  # fields of a due
    paid = Group("bank.wing", one.currency, "2026-03", [one, replace(one, instruction_id=b"2" * 16)])
    head = pain001.Header("SPP-1-abc", 1_772_449_200_000_000, date(2026, 3, 3), "EXCHANGE")
    return etree.fromstring(pain001.write(head, paid, banks.by_code["bank.wing"]))


def texts(root: etree._Element, name: str) -> list[str]:
    return [node.text for node in root.iter(f"{{{pain001.NAMESPACE}}}{name}")]


def test_a_file_has_control_sums_and_whole_riel(banks: Banks) -> None:
    root = written(banks)
    assert texts(root, "CtrlSum") == ["800000", "800000"]
    assert texts(root, "NbOfTxs") == ["2", "2"]
    assert texts(root, "InstdAmt") == ["400000", "400000"]
    assert texts(root, "EndToEndId")[1] == (b"2" * 16).hex()
    assert texts(written(banks, currency="USD", amount_minor=150), "InstdAmt") == ["1.50", "1.50"]


def test_the_schema_refuses_what_it_does_not_allow(banks: Banks) -> None:
    with pytest.raises(pain001.FileError, match="MAXLENGTH"):
        written(banks, payee=replace(PAYEE, account_ref="x" * 40))


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-03-06T14:59:00+07:00", date(2026, 3, 6)),
        ("2026-03-06T15:00:00+07:00", date(2026, 3, 9)),  # a weekend
        ("2026-03-07T09:00:00+07:00", date(2026, 3, 9)),
        ("2026-04-13T16:00:00+07:00", date(2026, 4, 17)),  # Khmer New Year, 14 to 16 April 2026
        ("2026-03-05T20:00:00+00:00", date(2026, 3, 6)),  # three in the morning in Phnom Penh
    ],
)
def test_the_day_a_bank_carries_out_what_it_is_handed(now: str, day: date) -> None:
    assert WorkingDays().execution_day(at(now), time(15)) == day


def test_the_calendar_is_corrected_by_the_sub_decree() -> None:
    days = WorkingDays(closed={date(2026, 3, 9)}, opened={date(2026, 4, 14)})
    assert days.on_or_after(date(2026, 3, 7)) == date(2026, 3, 10)
    assert days.is_working(date(2026, 4, 14))
    assert days.after(date(2026, 3, 6), 2) == date(2026, 3, 11)


@pytest.mark.parametrize(
    ("old", "new"),
    [("bank.aba:", "bank.ABA:"), ("status: example", "status: sure"), ("KHR:", "EUR:"), ("cut_off:", "cutoff:")],
)
def test_a_banks_file_that_cannot_be_used(old: str, new: str) -> None:
    with pytest.raises(BanksError):
        read_banks(EXAMPLES.read_text().replace(old, new, 1))


def moved(ref: str, direction: Direction, minor: int, reason: str = "") -> Movement:
    return Movement(ref, ref, direction, minor, "KHR", date(2026, 3, 2), 1, "M", "A", "1" * 32, reason)


OUT, BACK = Direction.DEBIT, Direction.CREDIT
REJECTED, ACCEPTED = (Status(verdict, "", 1, "M") for verdict in (Verdict.REJECTED, Verdict.ACCEPTED))


@pytest.mark.parametrize(
    ("movements", "statuses", "state", "excess"),
    [
        ([], [], "instructed", 0),
        ([], [ACCEPTED], "accepted", 0),
        ([], [REJECTED, ACCEPTED], "rejected", 0),
        ([moved("1", OUT, 100)], [REJECTED], "settled", 0),
        ([moved("1", OUT, 99)], [], "accepted", 0),
        ([moved("1", OUT, 101)], [], "settled", 1),
        ([moved("1", OUT, 100), moved("2", OUT, 100)], [], "settled", 100),
        ([moved("1", OUT, 100), moved("2", BACK, 100)], [], "returned", 0),
        ([moved("2", BACK, 100)], [], "returned", -100),
        ([moved("1", OUT, 100), moved("2", BACK, 40)], [], "accepted", 0),
    ],
)
def test_where_an_instruction_of_100_stands(
    movements: list[Movement], statuses: list[Status], state: str, excess: int
) -> None:
    standing = judge(100, movements, statuses)
    assert (standing.state, standing.excess_minor(100)) == (state, excess)
    assert judge(100, list(reversed(movements)), list(reversed(statuses))) == standing


def test_silence_is_unknown_once_it_was_asked_about_and_a_return_unclaimed_is_final() -> None:
    assert judge(100, [], [], asked=True).state is InstructionState.UNKNOWN
    assert judge(100, [], [ACCEPTED], asked=True).state is InstructionState.ACCEPTED
    back = [moved("1", OUT, 100), moved("2", BACK, 100, reason="unclaimed")]
    assert judge(100, back, []) == Standing(InstructionState.RETURNED, 100, 100, final=True)
