import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import psycopg
import pytest

from events.states import LineState
from ledger.model.account import Dimensions
from ledger.model.step import Step
from ledger.store import LedgerConnection, connect
from ledger.store.inbox import ensure_offsets
from tests.stack.ledger.samples import BANK, TOPIC_NO, Bookkeeper

KHR = Dimensions("family.base", "family_package", "nsaf", "state_budget", "", "10.7.0", "2721", "KHR")
USD = Dimensions("hef.opd", "hef", "hef", "equity_fund", "", "7.2.1", "2721", "USD")

PAID = (LineState.SUBMITTED, LineState.CERTIFIED, LineState.INSTRUCTED, LineState.SETTLED)
COURSES: tuple[tuple[LineState, ...], ...] = (
    (LineState.APPROVED, LineState.WITHDRAWN),
    (LineState.APPROVED, *PAID),
    (LineState.APPROVED, *PAID, LineState.RETURNED),
    (LineState.APPROVED, LineState.SUBMITTED, LineState.REFUSED),
    (LineState.APPROVED, LineState.SUBMITTED, LineState.CERTIFIED, LineState.INSTRUCTED),
)
FIRST_DAY = date(2018, 1, 1)


@dataclass(frozen=True)
class Entry:
    """One transfer, read plainly."""

    leaf_no: int
    block_no: int
    day: date
    step: int
    debit: str
    credit: str
    amount_minor: int
    currency: str
    reverses: int | None


@pytest.fixture(scope="module")
def books_template(database_server: str, ledger_template: str) -> Iterator[str]:
    """Name of a database with 60 blocks of two benefits, transfers of 90 days in no order."""
    name = "reports_template"
    with psycopg.connect(f"{database_server}/postgres", autocommit=True) as server:
        server.execute(f"create database {name} template {ledger_template}")
        with connect(f"{database_server}/{name}", "writer") as conn:
            ensure_offsets(conn, TOPIC_NO, 2)
            keep_books(conn)
        yield name
        server.execute(f"drop database {name} with (force)")


@pytest.fixture
def books_url(database_server: str, books_template: str) -> Iterator[str]:
    """A copy of those books, gone after the test."""
    with psycopg.connect(f"{database_server}/postgres", autocommit=True) as server:
        server.execute(f"create database report_books template {books_template}")
        yield f"{database_server}/report_books"
        server.execute("drop database report_books with (force)")


def keep_books(conn: LedgerConnection) -> None:
    """A step of the course of some lines in each block, and money that belongs to none."""
    chance = random.Random(2019)  # noqa: S311 - the same books in each run
    keeper = Bookkeeper(conn)
    going: list[tuple[bytes, Dimensions, int, list[LineState]]] = []
    for number in range(150):
        of, line_id = chance.choice([KHR, USD]), number.to_bytes(16, "big")
        amount = chance.randrange(1, 10**9)
        keeper.line(line_id, of.benefit, of.currency, amount)
        going.append((line_id, of, amount, list(chance.choice(COURSES))))
    frozen = []
    while going:
        for _ in range(min(10, len(going))):
            keeper.day = FIRST_DAY + timedelta(days=chance.randrange(90))
            line_id, of, amount, states = going.pop(chance.randrange(len(going)))
            state = states.pop(0)
            decision = keeper.decide(line_id, state, None if state is LineState.WITHDRAWN else amount, of)
            if state is LineState.SUBMITTED:
                frozen.append(decision)
            if states:
                going.append((line_id, of, amount, states))
        keeper.post()
    keeper.decide(b"s" * 16, LineState.SETTLED, None, KHR, {(Step.SUSPEND, BANK): 777})
    keeper.post()
    keeper.submit(1, frozen)


def entries(url: str) -> list[Entry]:
    """Every transfer, one by one."""
    with connect(url, "reader") as conn:
        rows = conn.execute(
            "select leaf_no, block_no, effective_date, step, d.code, c.code, amount_minor, t.currency, reverses"
            " from transfer t join account d on d.account_no = debit_account join account c on c.account_no ="
            " credit_account order by leaf_no"
        ).fetchall()
    return [Entry(*row) for row in rows]
