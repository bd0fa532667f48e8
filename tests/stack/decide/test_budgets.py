"""Commitments are held against the budget when a batch is submitted; what does not fit waits and is told."""

import itertools
from datetime import date

import pytest
from msgspec import structs

from events.envelope import Event
from events.identity import instruction_id, line_id_hex
from events.payment import PaymentRequested
from events.sources import to_urn
from ledger.statements.budget import budget_against_actual
from ledger.statements.cash import receipts_and_payments
from ledger.statements.report import Amount, Cell, Report
from ledger.statements.snapshot import read_head, snapshot
from ledger.statements.view import View
from ledger.store.budgets import available
from ledger.store.sums import extend_all
from tests.births import closed, declared, event, mother
from tests.stack.decide.conftest import Desk

BIRTH = 400_000
_numbers = itertools.count(1)


def allotted(amount_minor: int, *, year: int = 2018, currency: str = "KHR", stage: str = "allotment") -> Event:
    """What the programme of the birth cash has; each is told a minute after the one before."""
    number = next(_numbers)
    return event(
        "mef", "budget.allotted", f"budget-{number}", f"2018-01-02T{8 + number // 60:02d}:{number % 60:02d}:00+07:00",
        {
            "fund": "state_budget", "programme": "maternal_child_cash", "fiscal_year": year, "stage": stage,
            "amount": {"amount": f"{amount_minor}{'.00' if currency == 'USD' else ''}", "currency": currency},
        },
    )  # fmt: skip


def batch(name: str, *mothers: int) -> list[Event]:
    """A batch of NSSF with one birth a mother, and its declaration."""
    events = []
    for number in mothers:
        *facts, asked, _ = mother(number)
        assert isinstance(asked.data, PaymentRequested)
        events += [*facts, structs.replace(asked, data=structs.replace(asked.data, batch_id=name))]
    return [*events, declared("nssf", name, len(mothers), len(mothers) * BIRTH)]


def submitted(desk: Desk) -> list[tuple[str, int]]:
    """(batch, number) of the submissions, in their order, with lines."""
    return desk.rows("select batch_id, number from submission where line_count > 0 order by submission_no")


def play(desk: Desk, *events: Event) -> None:
    desk.publish(events)
    desk.decide()


def test_without_a_budget_nothing_waits(desk: Desk) -> None:
    play(desk, *batch("A", 1))
    assert submitted(desk) == [("A", 0)]


def test_a_batch_beyond_the_allotment_waits_until_there_is_more(desk: Desk) -> None:
    play(desk, allotted(2 * BIRTH - 1), *batch("A", 1, 2))
    assert submitted(desk) == []
    assert desk.rows("select source, batch_id, programme, fiscal_year, currency, needed_minor from budget_wait") == [
        ("nssf", "A", "maternal_child_cash", 2018, "KHR", 2 * BIRTH)
    ]
    play(desk, allotted(2 * BIRTH))
    assert submitted(desk) == [("A", 0)]
    assert desk.rows("select * from budget_wait") == []


def test_what_is_only_voted_cannot_be_committed(desk: Desk) -> None:
    play(desk, allotted(10 * BIRTH, stage="appropriation"), *batch("A", 1))
    assert submitted(desk) == []
    assert desk.rows("select appropriation_minor, allotment_minor from budget") == [(10 * BIRTH, None)]


@pytest.mark.parametrize("other", [allotted(0, year=2019), allotted(0, currency="USD")], ids=["year", "currency"])
def test_a_budget_of_another_year_or_currency_holds_nothing_back(desk: Desk, other: Event) -> None:
    play(desk, other, *batch("A", 1))
    assert submitted(desk) == [("A", 0)]


def test_those_that_wait_are_let_through_in_a_fixed_order_as_far_as_they_fit(desk: Desk) -> None:
    play(desk, allotted(0))
    for name, *mothers in (("C", 1), ("A", 2, 3, 4), ("B", 5)):
        play(desk, *batch(str(name), *(int(number) for number in mothers)))
    assert submitted(desk) == []
    play(desk, allotted(2 * BIRTH))
    assert submitted(desk) == [("B", 0), ("C", 0)]
    play(desk, allotted(5 * BIRTH))
    assert submitted(desk) == [("B", 0), ("C", 0), ("A", 0)]


def test_what_is_ordered_counts_before_it_is_frozen(desk: Desk) -> None:
    desk.publish([allotted(BIRTH), *batch("A", 1), *batch("B", 2)])
    desk.decide(at_once=1)
    assert submitted(desk) == [("A", 0)]
    assert desk.rows("select batch_id from budget_wait") == [("B",)]


def ordered_then(desk: Desk, events: list[Event], later: list[Event], at_once: int) -> None:
    """Decide `events` until their batch has freeze orders, and only then record `later`."""
    desk.publish(events)
    while desk.rows("select count(*) from mark where cause = 3") == [(0,)]:
        assert desk.steps.step(1)
        desk.steps.settle()
    desk.publish(later)
    desk.decide(at_once)


@pytest.mark.parametrize("at_once", [1, 1_000])
@pytest.mark.parametrize("more", [0, 1], ids=["no budget for it", "budget for it"])
def test_what_is_approved_between_order_and_freezing_is_held_against_the_budget(
    desk: Desk, more: int, at_once: int
) -> None:
    first = batch("A", 1, 2)
    delivered = first.pop(4)
    ordered_then(desk, [allotted((1 + more) * BIRTH), *first], [delivered], at_once)
    with desk.connection.transaction(), desk.connection.cursor() as cursor:
        assert list(available(cursor).values()) == [0]
    assert submitted(desk) == [("A", 0)]
    assert desk.rows("select batch_id from budget_wait_line") == [("A",)] * (1 - more)
    assert desk.rows("select count(*) from submission_open") == [(0,)]
    play(desk, allotted(2 * BIRTH))
    assert submitted(desk) == [("A", 0), *[("A", 1)] * (1 - more)]
    assert desk.rows("select count(*) from submission_line") == [(2,)]
    assert desk.rows("select count(*) from budget_wait_line") == [(0,)]


def test_an_order_that_is_parked_still_counts(desk: Desk) -> None:
    desk.publish([allotted(BIRTH), *batch("A", 1)])
    while desk.rows("select count(*) from mark where cause = 3") == [(0,)]:
        assert desk.steps.step(1)
        desk.steps.settle()
    desk.rows(
        "with gone as (delete from mark where cause = 3 returning *)"
        " insert into parked_mark select mark_id, entity, position, cause, ref, 'failed' from gone returning 1"
    )
    play(desk, *batch("B", 2))
    desk.retry_parked()
    desk.decide()
    assert submitted(desk) == [("A", 0)]
    assert desk.rows("select batch_id from budget_wait") == [("B",)]


def test_what_is_refused_makes_room(desk: Desk) -> None:
    play(desk, allotted(BIRTH), *batch("A", 1), *batch("B", 2))
    assert submitted(desk) == [("A", 0)]
    line = line_id_hex(to_urn("nssf"), "N1")
    refusal = {"line_id": line, "batch_id": "A", "reason": "not_found"}
    play(desk, event("npca", "line.refused", "refused-1", "2018-03-01T08:00:00+07:00", refusal))
    assert submitted(desk) == [("A", 0), ("B", 0)]


def test_a_line_approved_too_late_waits_for_the_budget_too(desk: Desk) -> None:
    enrolled, delivered, asked, declaration = batch("A", 1)
    play(desk, allotted(0), enrolled, asked, declaration, closed("nssf"))
    assert submitted(desk) == [("A", 0)]  # its one request is not approved, so it needs nothing
    play(desk, delivered)
    assert desk.rows("select count(*) from budget_wait_line") == [(1,)]
    assert submitted(desk) == [("A", 0)]
    with snapshot(desk.url) as conn:
        found = budget_against_actual(View(conn, read_head(conn)), 2018)
    names = ("state_budget", "maternal_child_cash", "KHR")
    assert said(found, "waiting lines") == [("nssf", "A", "nssf.maternal.delivery", *names, 1, BIRTH)]
    play(desk, allotted(BIRTH))
    assert submitted(desk) == [("A", 0), ("A", 1)]
    assert desk.rows("select count(*) from budget_wait_line") == [(0,)]


def test_a_waiting_batch_that_no_longer_agrees_waits_no_longer(desk: Desk) -> None:
    play(desk, allotted(0), *batch("A", 1))
    assert desk.rows("select count(*) from budget_wait") == [(1,)]
    again = declared("nssf", "A", 2, 2 * BIRTH, "2018-02-13T08:00:00+07:00")
    play(desk, structs.replace(again, id="declared-again"))
    assert desk.rows("select count(*) from budget_wait") == [(0,)]
    play(desk, allotted(BIRTH))
    assert submitted(desk) == []


def test_what_is_summed_counts_as_what_is_not(desk: Desk) -> None:
    for number in range(1, 20):
        play(desk, *batch(f"S{number}", number))
    play(desk, allotted(20 * BIRTH))
    left = []
    for _ in range(2):
        with desk.connection.transaction(), desk.connection.cursor() as cursor:
            left.append(list(available(cursor).values()))
        assert extend_all(desk.connection) == 0 or len(left) == 1
    assert left == [[BIRTH], [BIRTH]]
    assert desk.rows("select count(*) > 0 from block_span") == [(True,)]


def said(report: Report, name: str) -> list[tuple[Cell, ...]]:
    (table,) = [table for table in report.tables if table.name == name]
    return [tuple(cell.minor if isinstance(cell, Amount) else cell for cell in row) for row in table.rows]


def test_budget_against_actual_says_what_is_left_and_what_waits(desk: Desk) -> None:
    play(desk, allotted(9 * BIRTH, stage="appropriation"), allotted(2 * BIRTH), *batch("A", 1, 2), *batch("B", 3))
    line = line_id_hex(to_urn("nssf"), "N1")
    sure = {"line_id": line, "batch_id": "A", "amount": {"amount": str(BIRTH), "currency": "KHR"}}
    play(desk, event("npca", "line.certified", "c1", "2018-03-01T08:00:00+07:00", {**sure, "certificate_id": "C1"}))
    paid = {
        "instruction_id": instruction_id(line, 1).hex(), "message_id": "M1", "amount": sure["amount"],
        "bank_ref": "W1", "value_date": "2018-03-05",
    }  # fmt: skip
    play(desk, event("bank.wing", "payment.settled", "s1", "2018-03-05T08:00:00+07:00", paid))
    play(desk, allotted(8 * BIRTH, stage="appropriation"))
    with snapshot(desk.url) as conn:
        cash = receipts_and_payments(View(conn, read_head(conn), date(2018, 3, 1), date(2018, 3, 31)))
        view = View(conn, read_head(conn))
        found, next_year = budget_against_actual(view, 2018), budget_against_actual(view, 2019)
    names = ("state_budget", "maternal_child_cash", "KHR")
    assert said(found, "budget") == [(*names, 8 * BIRTH, 2 * BIRTH, BIRTH, BIRTH, 0)]
    assert said(cash, "budget comparison") == [(*names, 9 * BIRTH, 8 * BIRTH, 2 * BIRTH, BIRTH, 7 * BIRTH)]
    assert said(found, "waiting") == [("nssf", "B", "nssf.maternal.delivery", *names, BIRTH)]
    assert said(next_year, "budget") == []


def test_money_received_into_a_fund_is_told_once_by_value_date(desk: Desk) -> None:
    def received(event_id: str, reference: str, amount: str, day: str) -> Event:
        data = {"fund": "state_budget", "bank_ref": reference, "value_date": day}
        money = {"amount": amount, "currency": "KHR"}
        return event("treasury", "fund.received", event_id, f"{day}T09:00:00+07:00", {**data, "amount": money})

    play(
        desk,
        received("f1", "T1", "100", "2018-01-05"),
        received("f2", "T2", "20", "2018-02-05"),
        received("f3", "T1", "103", "2018-01-06"),
    )
    with snapshot(desk.url) as conn:
        january = receipts_and_payments(View(conn, read_head(conn), date(2018, 1, 1), date(2018, 1, 31)))
    assert said(january, "funds received") == [("state_budget", "treasury", "KHR", 103, 0)]
