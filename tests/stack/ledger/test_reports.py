"""Reports against a naive full scan, and identities that notice what is wrong."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from events.states import LineState
from ledger.model.step import Step, target_position
from ledger.reconciliation.run import reconcile
from ledger.statements.snapshot import Head, read_head, snapshot
from ledger.statements.totals import totals, undecided
from ledger.statements.trial_balance import sides, trial_balance
from ledger.store import LedgerConnection, connect
from tests.stack.ledger.played import KHR, copied, kept, play
from tests.stack.ledger.samples import BANK, Bookkeeper


@pytest.fixture(scope="module")
def books_template(database_server: str, ledger_template: str) -> Iterator[str]:
    with kept(database_server, ledger_template, "ledger_books", lambda conn: play(conn, 300, 40)) as name:
        yield name


@pytest.fixture
def books_url(database_server: str, books_template: str) -> Iterator[str]:
    with copied(database_server, books_template) as url:
        yield url


def scan(url: str, statement: str) -> list[tuple[Any, ...]]:
    with connect(url, "reader") as conn:
        return conn.execute(statement).fetchall()


def differences(url: str) -> dict[str, int]:
    with snapshot(url) as conn:
        found = reconcile(conn, full=True)
    wrong: Counter[str] = Counter()
    for identity in found:
        wrong[identity.name] += abs(identity.difference)
    return {name: difference for name, difference in wrong.items() if difference}


def test_the_trial_balance_is_that_of_a_full_scan(books_url: str) -> None:
    accounts = {
        number: (code, currency)
        for number, code, currency in scan(books_url, "select account_no, code, currency from account")
    }
    debits: Counter[str] = Counter()
    credits_: Counter[str] = Counter()
    for debit, credit, amount in scan(books_url, "select debit_account, credit_account, amount_minor from transfer"):
        debits[accounts[debit][0]] += amount
        credits_[accounts[credit][0]] += amount
    with snapshot(books_url) as conn:
        found, head = trial_balance(conn), read_head(conn)
    assert [row.code for row in found] == sorted(code for code, _ in accounts.values())
    assert {row.code: row.debits_minor for row in found if row.debits_minor} == dict(debits)
    assert {row.code: row.credits_minor for row in found if row.credits_minor} == dict(credits_)
    assert [both.currency for both in sides(found)] == ["KHR", "USD"]
    assert all(both.debits_minor == both.credits_minor > 0 for both in sides(found))
    assert head.leaf_count == len(
        scan(books_url, "select leaf_no from decision union all select leaf_no from transfer")
    )


def test_totals_are_those_of_a_full_scan(books_url: str) -> None:
    latest: dict[bytes, tuple[Any, ...]] = {}
    for row in scan(books_url, "select subject, version, benefit, state, amount_minor from decision"):
        if row[0] not in latest or latest[row[0]][1] < row[1]:
            latest[row[0]] = row
    counts: Counter[tuple[str, int]] = Counter()
    amounts: Counter[tuple[str, int]] = Counter()
    for _, _, benefit, state, amount_minor in latest.values():
        counts[benefit, state] += 1
        amounts[benefit, state] += amount_minor or 0
    with snapshot(books_url) as conn:
        found = totals(conn)
        assert undecided(conn) == 0
    numbers = list(LineState)
    assert {(total.benefit, numbers.index(total.state) + 1): total.count for total in found} == dict(counts)
    assert {(total.benefit, numbers.index(total.state) + 1): total.amount_minor for total in found} == dict(amounts)
    assert all(total.currency == ("KHR" if total.benefit == KHR.benefit else "USD") for total in found)
    assert sum(total.count for total in found) == 300


def test_everything_agrees(books_url: str) -> None:
    assert differences(books_url) == {}


def test_empty_books_agree(ledger_url: str) -> None:
    assert differences(ledger_url) == {}
    with snapshot(ledger_url) as conn:
        assert read_head(conn) == Head(0, b"", 0)
        assert (totals(conn), trial_balance(conn)) == ([], [])


def test_a_final_return_and_part_of_a_payment_agree(ledger_url: str, writer: LedgerConnection) -> None:
    keeper = Bookkeeper(writer)
    keeper.line(b"1" * 16, KHR.benefit, "KHR", 400_000)
    keeper.line(b"2" * 16, KHR.benefit, "KHR", 400_000)
    keeper.submit(1, [keeper.decide(line, LineState.SUBMITTED, 400_000, KHR) for line in (b"1" * 16, b"2" * 16)])
    for line in (b"1" * 16, b"2" * 16):
        keeper.decide(line, LineState.CERTIFIED, 400_000, KHR)
    partly = target_position(LineState.INSTRUCTED, 400_000, BANK)
    partly |= {(Step.PAY, BANK): 100_000, (Step.EXPENSE, ""): 100_000, (Step.SPEND, ""): 100_000}
    keeper.decide(b"1" * 16, LineState.INSTRUCTED, 400_000, KHR, partly)
    keeper.decide(b"2" * 16, LineState.RETURNED, 400_000, KHR, {})
    keeper.post()
    # There are no requests in this inbox.
    assert differences(ledger_url) == {"requests": 2}


def test_a_settlement_in_excess_stands_in_suspense(ledger_url: str, writer: LedgerConnection) -> None:
    keeper = Bookkeeper(writer)
    keeper.decide(
        b"1" * 16,
        LineState.APPROVED,
        400_000,
        KHR,
        {**target_position(LineState.APPROVED, 400_000), (Step.SUSPEND_OUT, BANK): 5},
    )
    keeper.post()
    assert differences(ledger_url) == {"requests": 1, "lines": 1, "suspense": 5}


# What a forger with the server's own rights could do; the triggers are put aside for it.
FORGERIES: dict[str, tuple[str, set[str]]] = {
    "an amount raised": (
        "update transfer set amount_minor = amount_minor + 7 where leaf_no = (select min(leaf_no) from transfer)",
        {"positions", "recognised", "payable", "block roots"},
    ),
    "a transfer gone": (
        "delete from transfer where leaf_no = (select max(leaf_no) from transfer where step = 3 and reverses is null)",
        {"positions", "leaves", "leaves, in all", "block roots"},
    ),
    "a decision changed": (
        "update decision set state = 1 where leaf_no = (select max(leaf_no) from decision where state = 10)",
        {"positions", "block roots"},
    ),
    "a line forgotten": (
        "delete from line where line_id = (select min(line_id) from line)",
        {"lines"},
    ),
    "a request forgotten": (
        "delete from inbox where position = (select min(position) from inbox)",
        {"requests", "inbox payment"},
    ),
    "an account renamed": ("update account set code = 'x' where account_no = 1", {"block roots"}),
    "a currency swapped": (
        "update account set currency = 'USD' where family = 'commitment' and currency = 'KHR'",
        {"debits and credits", "currencies"},
    ),
    "a block gone": ("delete from block where block_no = 2", {"chain", "leaves, in all"}),
    "a block rewritten": ("update block set writer = 'x' where block_no = 2", {"block hashes"}),
    "a reversal of nothing": (
        "update transfer set reverses = 0 where leaf_no = (select max(leaf_no) from transfer where reverses > 0)",
        {"reversals", "block roots"},
    ),
    "a submission line gone": (
        "delete from submission_line where line_id = (select min(line_id) from submission_line)",
        {"lines submitted", "frozen lines"},
    ),
    "a counter edited": (
        "update consumer_offset set accepted = accepted + 1 where partition = 0",
        {"records read payment", "inbox payment"},
    ),
    "marks left": ("insert into mark (entity, cause) values ('P1', 2)", {"dirty marks"}),
    "a case parked": ("insert into parked_mark values (1, 'P1', null, 1, null, 'failed')", {"parked marks"}),
    "an announcement waiting": ("insert into outbox (kind, ref) values (1, 1)", {"unrelayed"}),
    "an order waiting": ("insert into submission_open values (1, 2)", {"open submissions"}),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_a_forgery_is_noticed_by_name(books_url: str, what: str) -> None:
    statement, expected = FORGERIES[what]
    with psycopg.connect(books_url) as conn:
        for table in ("transfer", "decision", "inbox", "account", "block", "submission_line"):
            conn.execute(f"alter table {table} disable trigger all")
        assert conn.execute(statement).rowcount == 1
    found = differences(books_url)
    assert expected <= found.keys(), found
