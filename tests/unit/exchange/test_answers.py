"""Bank messages: what is read, and what a bad one leaves of the rest."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.envelope import Event, decode_data, decode_head, encode
from pipeline.exchange.reading import understand
from pipeline.exchange.simulated_messages import Booking, Verdict, notification, report, statement
from processors.exchange import fields, table, telling
from processors.exchange.answers import Answer, AnswerError, Direction, Fault
from processors.exchange.answers import Verdict as Said

DAY = date(2026, 3, 2)
ONE, TWO = "1" * 32, "2" * 32
REASONS = {"UNCLAIMED": "unclaimed"}


def booking(number: int, end_to_end: str, minor: int = 400_000, *, credit: bool = False, reason: str = "") -> Booking:
    return Booking(f"R{number}", end_to_end, minor, "KHR", credit, DAY, reason)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("400000", "KHR", 400_000), ("400000.00", "KHR", 400_000), ("1.5", "USD", 150), ("1.50", "USD", 150)],
)
def test_amounts(text: str, currency: str, minor: int) -> None:
    assert fields.amount_minor(text, currency, "Amt") == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [("1.50", "KHR"), ("1.505", "USD"), ("-1", "KHR"), ("0", "KHR"), ("1e3", "KHR"), ("1", "EUR"), ("", "KHR")],
)
def test_amounts_that_are_none(text: str, currency: str) -> None:
    with pytest.raises(AnswerError):
        fields.amount_minor(text, currency, "Amt")


def test_a_statement_and_a_notification_tell_the_same_movement() -> None:
    booked = [booking(1, ONE), booking(2, ONE, credit=True, reason="UNCLAIMED"), booking(3, "", 50)]
    told = understand(notification("N1", DAY, booked), REASONS, None)
    stated = understand(statement("S1", DAY, booked, ("1000000", "999950")), REASONS, None)
    assert [one.digest for one in told.movements] == [one.digest for one in stated.movements]
    out, back, fee = told.movements
    assert (out.instruction_id, out.direction, out.amount_minor) == (ONE, Direction.DEBIT, 400_000)
    assert (back.direction, back.reason) == (Direction.CREDIT, "unclaimed")
    assert fee.instruction_id is None
    assert [(one.opening_minor, one.closing_minor) for one in stated.balances] == [(1_000_000, 999_950)]
    assert told.told_us == 1_772_449_200_000_000  # 18:00 at UTC+7


def test_a_bad_entry_is_named_and_kept_and_the_rest_is_used() -> None:
    raw = notification("N1", DAY, [booking(1, ONE), booking(2, TWO), booking(3, "")])
    raw = raw.replace(b"R2</AcctSvcrRef>", b"</AcctSvcrRef>", 1).replace(b">400000<", b">4e5<", 1)
    answer = understand(raw, {}, None)
    assert [one.bank_ref for one in answer.movements] == ["R3"]
    assert [(bad.place, bad.fault) for bad in answer.bad] == [
        ("Ntfctn[1]/Ntry[1]/Amt", Fault.WRONG),
        ("Ntfctn[1]/Ntry[2]/AcctSvcrRef", Fault.MISSING),
    ]
    assert b"Ntry" in answer.bad[0].raw


def test_details_of_one_entry_have_the_entry_as_theirs_and_add_up_to_it() -> None:
    raw = notification("N1", DAY, [booking(1, ONE)])
    detail = raw[raw.index(b"<TxDtls>") : raw.index(b"</NtryDtls>")]
    halved = detail.replace(b">400000<", b">150000<")
    both = halved + detail.replace(b">400000<", b">250000<").replace(ONE.encode(), TWO.encode())
    answer = understand(raw.replace(detail, both), {}, None)
    assert {one.entry_ref for one in answer.movements} == {"R1"}
    assert len({one.bank_ref for one in answer.movements} | {"R1"}) == 3
    assert sum(one.amount_minor for one in answer.movements) == 400_000
    wrong = understand(raw.replace(detail, halved * 2), {}, None)
    assert [bad.fault for bad in wrong.bad] == [Fault.SUM_DIFFERS]
    assert wrong.movements == []


def test_what_is_not_booked_moves_nothing() -> None:
    raw = notification("N1", DAY, [booking(1, ONE)]).replace(b"<Cd>BOOK</Cd>", b"<Cd>PDNG</Cd>")
    answer = understand(raw, {}, None)
    assert (answer.movements, answer.bad) == ([], [])


def test_a_status_report() -> None:
    said = [Verdict(ONE, "RJCT", "AC04"), Verdict(TWO, "ACSP", ""), Verdict("NOTPROVIDED", "ACSP", "")]
    answer = understand(report("P1", DAY, said), {}, None)
    assert [(one.instruction_id, one.verdict, one.reason) for one in answer.statuses] == [
        (ONE, Said.REJECTED, "AC04"),
        (TWO, Said.ACCEPTED, ""),
    ]
    assert [bad.fault for bad in answer.bad] == [Fault.WRONG]


def test_a_refused_second_telling_rejects_nothing() -> None:
    answer = understand(report("P1", DAY, [Verdict("", "RJCT", "AM05", "SPP-1")]), {}, None)
    assert [(one.file_id, one.verdict) for one in answer.statuses] == [("SPP-1", Said.ACCEPTED)]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<Document",
        b'<!DOCTYPE d [<!ENTITY e "x">]><Document>&e;</Document>',
        '<?xml version="1.0" encoding="UTF-16"?><Document/>'.encode("utf-16"),
        b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE d+AD4APA-d/+AD4-',
        b"<Document/>",
        b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"/>',
        b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"/>',
        b"<a>" * 1000 + b"</a>" * 1000,
    ],
)
def test_what_is_refused_whole(raw: bytes) -> None:
    with pytest.raises(AnswerError):
        understand(raw, {}, None)


MAPPING = """
columns: {instruction: Remark, what: Status, amount: Amount, reference: Txn, value_date: Date, reason: Why, time: At}
what: {SUCCESS: settled, REVERSED: returned, FAILED: rejected, PENDING: accepted, FEE: booked_out}
account: EXAMPLE-WALLET
currency: KHR
thousands: ","
date_format: "%d/%m/%Y"
time_format: "%d/%m/%Y %H:%M"
reasons: {expired: unclaimed}
"""
HEAD = "Txn,At,Date,Amount,Status,Remark,Why\n"


def test_a_table_with_a_mapping() -> None:
    rows = (
        f'T1,02/03/2026 18:00,02/03/2026,"400,000",SUCCESS,{ONE},\n'
        f'T2,03/03/2026 09:00,03/03/2026,"400,000",REVERSED,{ONE},expired\n'
        f"T3,02/03/2026 18:00,02/03/2026,,FAILED,{TWO},AC01\n"
        "T4,02/03/2026 18:00,02/03/2026,500,FEE,,\n"
        "T5,02/03/2026 18:00,31/02/2026,500,FEE,,\n"
        "T6,02/03/2026 18:00\n"
        "T7,02/03/2026 18:00,02/03/2026,500,WHAT,,\n"
    )
    answer = understand((HEAD + rows).encode(), {}, table.read_mapping(MAPPING))
    assert [(one.bank_ref, one.direction.value, one.instruction_id, one.reason) for one in answer.movements] == [
        ("T1", "debit", ONE, ""),
        ("T2", "credit", ONE, "unclaimed"),
        ("T4", "debit", None, ""),
    ]
    assert [(one.instruction_id, one.reason) for one in answer.statuses] == [(TWO, "AC01")]
    assert answer.movements[0].told_us == 1_772_449_200_000_000
    assert [bad.place for bad in answer.bad] == ["line 6/value_date", "line 7/row", "line 8/what"]


@pytest.mark.parametrize(
    ("old", "new"),
    [("settled", "paid"), ("currency: KHR\n", ""), ('","', '",,"'), ("what:", "waht:"), ("EXAMPLE-WALLET", "a b")],
)
def test_a_mapping_that_cannot_be_used(old: str, new: str) -> None:
    text = MAPPING.replace(old, new, 1) if old != '","' else MAPPING + 'delimiter: ";;"\n'
    with pytest.raises(table.MappingError):
        table.read_mapping(text)


def test_a_table_without_a_column_is_refused_whole() -> None:
    with pytest.raises(AnswerError, match="heading of amount"):
        understand(b"Txn,At,Date,Status,Remark,Why\n", {}, table.read_mapping(MAPPING))


def events_of(answer: Answer) -> list[Event]:
    """All that a message has to tell the ledger."""
    told = [telling.movement_event("bank.wing", one) for one in answer.movements]
    told += [telling.status_event("bank.wing", one.instruction_id or ONE, one) for one in answer.statuses]
    return told + [telling.balance_event("bank.wing", one) for one in answer.balances]


ALL = [booking(1, ONE), booking(2, ONE, credit=True, reason="AC04"), booking(3, "", 50)]
MESSAGES = [
    (notification("N1", DAY, ALL), None),
    (statement("S1", DAY, ALL, ("1000000", "999950")), None),
    (report("P1", DAY, [Verdict(ONE, "RJCT", "AC04"), Verdict(TWO, "ACSP", "")]), None),
    ((HEAD + f'T1,02/03/2026 18:00,02/03/2026,"400,000",REVERSED,{ONE},x\n').encode(), table.read_mapping(MAPPING)),
]
PIECES = [
    b"EUR", b"0", b"0.00", b"99999999999999999999", b"-1", b"0001-01-01", b"9999-12-31", b"2026-02-30", b"T25:61:00",
    b"9999-12-31T23:59:59-12:00", b"\x00", b"\xff", b"&#x0;", b"&lt;", b"\xe1\x9e\x9a", b"a b", b"", b'"', b"\n",
    b"x" * 300,
]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_whatever_stands_in_a_field_is_refused_or_can_be_told_by_the_contract(data: st.DataObject) -> None:
    raw, mapping = data.draw(st.sampled_from(MESSAGES))
    mark = b"," if mapping else b">"
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.sampled_from([place for place in range(len(raw)) if raw[place : place + 1] == mark]))
        ends = [found for end in (b"<", b",", b"\n") if (found := raw.find(end, at + 1)) >= 0]
        raw = raw[: at + 1] + data.draw(st.sampled_from(PIECES)) + raw[min(ends, default=len(raw)) :]
    try:
        answer = understand(raw, REASONS, mapping)
    except AnswerError:
        return
    for event in events_of(answer):
        assert decode_data(decode_head(encode(event))) == event


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"2026-03-02</Dt></ValDt>", b"0001-01-01</Dt></ValDt>"), (b'"KHR">1000000<', b'"EUR">0<')],
)
def test_what_the_contract_does_not_take_is_a_bad_record(old: bytes, new: bytes) -> None:
    raw = statement("S1", DAY, ALL, ("1000000", "999950"))
    assert old in raw
    answer = understand(raw.replace(old, new), REASONS, None)
    assert answer.bad
    assert [decode_data(decode_head(encode(event))) for event in events_of(answer)] == events_of(answer)


def test_a_table_with_a_zero_byte_is_refused_whole() -> None:
    with pytest.raises(AnswerError):
        understand(
            f"{HEAD}T1,02/03/2026 18:00,02/03/2026,5,REVERSED,{ONE},\0\n".encode(), {}, table.read_mapping(MAPPING)
        )
