"""Whatever order a bank's messages come in, however often and in how many pieces, states and money end the same."""

from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.exchange import running, status
from pipeline.exchange.database import ExchangeConnection
from pipeline.exchange.reading import read_answer
from pipeline.exchange.simulator import Books, Fate, Simulator
from processors.exchange.answers import AnswerError
from processors.exchange.banks import Banks
from processors.exchange.standing import ENDED
from tests.stack.exchange.world import (
    AMOUNT,
    BANK,
    LATER_US,
    NOW_US,
    Officers,
    certified,
    changed,
    parts,
    pay,
    states,
    tell,
)

TABLES = (
    "followed, request, payee_change, ruling, line, run, instruction, release, file, answer, bad_record, told_status,"
    " told_movement, told_balance, suspense, asked, outbox"
)
ALL_FATES = dict.fromkeys(Fate, 10)
BANK_FAULTS = frozenset({Fate.OVER})


def read_all(connection: ExchangeConnection, banks: Banks, messages: list[bytes]) -> None:
    for raw in messages:
        read_answer(connection, BANK, "m", raw, banks, LATER_US)


def clear(connection: ExchangeConnection) -> None:
    connection.execute(f"truncate {TABLES} restart identity")


def bank_days(simulator: Simulator, files: dict[str, bytes], asked: tuple[str, ...] = ()) -> list[bytes]:
    """Three days of the bank after it has these files."""
    messages = [raw for _, raw in simulator.day(files, asked)]
    for _ in range(2):
        messages += [raw for _, raw in simulator.day({})]
    return messages


@st.composite
def orders(draw: st.DrawFn, messages: list[bytes]) -> list[bytes]:
    """The messages in any order, some of them twice, some of them in pieces as well or instead."""
    pieces: list[bytes] = []
    for raw in messages:
        how = draw(st.sampled_from(("whole", "pieces", "both", "twice")))
        pieces += parts(raw) if how in {"pieces", "both"} else []
        pieces += [raw] * {"whole": 1, "pieces": 0, "both": 1, "twice": 2}[how]
    return draw(st.permutations(pieces))


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_order_repetition_and_splitting_change_neither_states_nor_money(
    exchange: ExchangeConnection, banks: Banks, officers: Officers, data: st.DataObject
) -> None:
    count = data.draw(st.integers(2, 6), label="lines")
    seed = data.draw(st.text("0123456789", min_size=1, max_size=4), label="seed")
    fee = data.draw(st.sampled_from((0, 500)), label="fee")

    def played(shuffled: bool) -> tuple[list[object], Simulator]:  # noqa: FBT001 - the one difference of two runs
        def order(messages: list[bytes], again: list[bytes]) -> list[bytes]:
            return data.draw(orders(messages + again)) if shuffled else messages

        clear(exchange)
        tell(exchange, [row for number in range(1, count + 1) for row in certified(number)])
        simulator = Simulator(BANK, Books(seed), dict(ALL_FATES), fee)
        first = bank_days(simulator, pay(exchange, banks, officers))
        read_all(exchange, banks, order(first, []))
        # Everybody's account changes: whose instruction has ended is paid anew, and nobody else.
        tell(exchange, [changed(number) for number in range(1, count + 1)])
        asked = tuple(status.ask(exchange, banks, LATER_US).get(BANK, ()))
        second = bank_days(simulator, pay(exchange, banks, officers, LATER_US), asked)
        read_all(exchange, banks, order(second, first))
        found: list[object] = [*states(exchange)]
        return found, simulator

    told, simulator = played(shuffled=False)
    again, _ = played(shuffled=True)
    assert again == told
    _nobody_twice(exchange, simulator)


def _nobody_twice(exchange: ExchangeConnection, simulator: Simulator) -> None:
    """By the bank's own books: a line has its money once at most, but for what the bank itself paid too much."""
    paid = simulator.books.paid_minor()
    of: dict[str, int] = {}
    for instruction, line, state in exchange.execute("select instruction_id, line_id, state from instruction"):
        name = bytes(instruction).hex()
        wrong = 1 if simulator.fate(name) in BANK_FAULTS else 0
        of[line] = of.get(line, 0) + paid.get(name, 0) - wrong * (paid.get(name, 0) > AMOUNT)
        if state in ENDED:
            assert paid.get(name, 0) == 0
    assert all(0 <= minor <= AMOUNT for minor in of.values()), of


def fated(fate: Fate, number: int = 1) -> Simulator:
    """A bank that does this with everything."""
    return Simulator(BANK, Books(f"{number}"), {fate: 100})


@pytest.mark.parametrize(
    ("fate", "ends", "suspense"),
    [
        (Fate.PAID, "settled", []),
        (Fate.DELAYED, "settled", []),
        (Fate.SILENT, "settled", []),
        (Fate.REJECTED, "rejected", []),
        (Fate.RETURNED, "returned", []),
        (Fate.UNCLAIMED, "returned", []),
        (Fate.LOST, "accepted", []),
        (Fate.SHORT, "accepted", []),
        (Fate.OVER, "settled", [("paid_in_excess", 1, "settlement_desk")]),
    ],
)
def test_each_fate_of_a_payment(
    exchange: ExchangeConnection, banks: Banks, officers: Officers, fate: Fate, ends: str, suspense: list[object]
) -> None:
    tell(exchange, certified(1))
    read_all(exchange, banks, bank_days(fated(fate), pay(exchange, banks, officers)))
    assert exchange.execute("select state from instruction").fetchall() == [(ends,)]
    assert exchange.execute("select why, amount_minor, owner from suspense").fetchall() == suspense


def test_silence_is_asked_about_and_never_sent_again(
    exchange: ExchangeConnection, banks: Banks, officers: Officers
) -> None:
    tell(exchange, [*certified(1), changed(1)])
    files = pay(exchange, banks, officers)
    simulator = replace(fated(Fate.PAID), losing=True)
    while simulator._drawn(next(iter(files))) % 3:
        simulator.books.seed += "x"
    assert bank_days(simulator, files) == []
    assert status.ask(exchange, banks, NOW_US) == {}
    (name,) = status.ask(exchange, banks, LATER_US)[BANK]
    assert exchange.execute("select state from instruction").fetchall() == [("unknown",)]
    assert running.propose(exchange, banks, LATER_US).runs == []
    read_all(exchange, banks, bank_days(simulator, {}, (name,)))
    assert exchange.execute("select state, live from instruction").fetchall() == [("rejected", False)]
    tell(exchange, [changed(2)])  # somebody else's account
    assert running.propose(exchange, banks, LATER_US).runs == []


def test_a_late_return_of_the_first_instruction_does_not_touch_the_second(
    exchange: ExchangeConnection, banks: Banks, officers: Officers
) -> None:
    tell(exchange, certified(1))
    bank = fated(Fate.REJECTED)
    read_all(exchange, banks, bank_days(bank, pay(exchange, banks, officers)))
    tell(exchange, [changed(1)])
    bank.weights = {Fate.PAID: 100}
    read_all(exchange, banks, bank_days(bank, pay(exchange, banks, officers, LATER_US)))
    (first,) = exchange.execute("select encode(instruction_id, 'hex') from instruction where attempt = 1").fetchall()
    bank._book(first[0], AMOUNT, "KHR", credit=True, reason="AC04")
    late = list(bank._messages([], bank.books.bookings[-1:]))
    read_all(exchange, banks, [raw for _, raw in late])
    rows = exchange.execute(
        "select attempt, state, live, replaces is not null, out_minor - back_minor from instruction order by 1"
    ).fetchall()
    assert rows == [(1, "returned", False, False, -AMOUNT), (2, "settled", True, True, AMOUNT)]
    assert exchange.execute("select why, amount_minor from suspense").fetchall() == [("returned_in_excess", -AMOUNT)]
    assert running.propose(exchange, banks, LATER_US).runs == []


def test_a_return_opens_that_payee_alone_and_an_unclaimed_one_nobody(
    exchange: ExchangeConnection, banks: Banks, officers: Officers
) -> None:
    tell(exchange, [row for number in range(1, 30) for row in certified(number)])
    bank = Simulator(BANK, Books("7"), {Fate.RETURNED: 30, Fate.UNCLAIMED: 30})
    read_all(exchange, banks, bank_days(bank, pay(exchange, banks, officers)))
    tell(exchange, [changed(number) for number in range(1, 30)])
    proposed = running.propose(exchange, banks, LATER_US)
    again = {due.line_id for run in proposed.runs for due in run.paid.dues}
    returned = {name for name in bank.books.payments if bank.fate(name) is Fate.RETURNED}
    rows = exchange.execute("select encode(instruction_id, 'hex'), line_id from instruction where attempt = 1")
    assert again == {line for name, line in rows if name in returned}
    assert 0 < len(again) < 29


def test_money_nobody_waits_for_stands_in_suspense_until_it_is_told_in_detail(
    exchange: ExchangeConnection, banks: Banks, officers: Officers
) -> None:
    tell(exchange, [*certified(1), *certified(2)])
    bank = fated(Fate.PAID)
    _, notified, stated = bank_days(bank, pay(exchange, banks, officers))[-3:]
    # The statement books both in one sum under a reference of its own; the notification tells them under that.
    one = parts(stated)[0]
    detail = one[one.index(b"<NtryDtls>") : one.index(b"</Ntry>")]
    ref = one[one.index(b"<AcctSvcrRef>") + 13 : one.index(b"</AcctSvcrRef>")]
    summed = one.replace(detail, b"").replace(b'KHR">400000<', b'KHR">800000<').replace(ref, b"SUM-1")
    read_all(exchange, banks, [summed])
    assert exchange.execute("select why, amount_minor from suspense").fetchall() == [("no_instruction", 2 * AMOUNT)]
    details = [piece[piece.index(b"<TxDtls>") : piece.index(b"</NtryDtls>")] for piece in parts(notified)]
    told = parts(notified)[0].replace(b'KHR">400000<', b'KHR">800000<', 1).replace(ref, b"SUM-1")
    told = told.replace(details[0], b"".join(details))
    read_all(exchange, banks, [told])
    assert exchange.execute("select state from instruction").fetchall() == [("settled",)] * 2
    assert exchange.execute("select why, amount_minor from suspense").fetchall() == []


def test_a_message_is_read_once_and_bad_ones_are_kept(
    exchange: ExchangeConnection, banks: Banks, officers: Officers
) -> None:
    tell(exchange, certified(1))
    messages = bank_days(fated(Fate.PAID), pay(exchange, banks, officers))
    first = [read_answer(exchange, BANK, "m", raw, banks, LATER_US) for raw in messages]
    again = [read_answer(exchange, BANK, "m", raw, banks, LATER_US) for raw in messages]
    assert [one.seen for one in (*first, *again)] == [False] * len(first) + [True] * len(first)
    types = exchange.execute("select convert_from(value, 'UTF8') from outbox").fetchall()
    assert sum("payment.settled" in value for (value,) in types) == 1
    broken = read_answer(exchange, BANK, "broken.xml", b"<Document", banks, LATER_US)
    assert broken.fault.startswith("line 1: unreadable")
    assert [(row.name, row.bad) for row in status.read_faults(exchange)] == [("broken.xml", 0)]
    with pytest.raises(AnswerError, match="in_future"):
        read_answer(exchange, BANK, "m", messages[0] + b"\n", banks, NOW_US - 30 * 86_400 * 1_000_000)


def test_a_bank_that_is_told_of_another_moves_nothing(
    exchange: ExchangeConnection, banks: Banks, officers: Officers
) -> None:
    tell(exchange, certified(1))
    for raw in bank_days(fated(Fate.PAID), pay(exchange, banks, officers)):
        read_answer(exchange, "bank.aba", "m", raw, banks, LATER_US)
    assert exchange.execute("select state from instruction").fetchall() == [("instructed",)]
    assert exchange.execute("select why, amount_minor from suspense").fetchall() == [("another_bank", AMOUNT)]


def test_no_account_leaves_the_exchange(exchange: ExchangeConnection, banks: Banks, officers: Officers) -> None:
    tell(exchange, certified(1, account="secret-token"))
    read_all(exchange, banks, bank_days(fated(Fate.RETURNED), pay(exchange, banks, officers)))
    values = b"".join(bytes(value) for (value,) in exchange.execute("select value from outbox"))
    assert b"payment.returned" in values
    assert b"secret-token" not in values
    assert "secret-token" not in repr(running.read_run(exchange, 1))


def test_the_seed_tells_what_the_bank_does() -> None:
    names = [sha256(bytes([at])).hexdigest()[:32] for at in range(100)]
    one, same, other = (Simulator(BANK, Books(seed), ALL_FATES) for seed in ("1", "1", "2"))
    assert [one.fate(name) for name in names] == [same.fate(name) for name in names]
    assert [one.fate(name) for name in names] != [other.fate(name) for name in names]
    assert {one.fate(name) for name in names} == set(Fate)
