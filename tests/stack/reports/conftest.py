from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pytest

from events.states import LineState
from ledger.model.step import Step
from ledger.store import LedgerConnection, connect
from tests.stack.ledger.played import KHR, copied, kept, play
from tests.stack.ledger.samples import BANK


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
    """Name of a database with dozens of blocks of two benefits, transfers of 90 days in no order."""
    with kept(database_server, ledger_template, "report_books", keep_books) as name:
        yield name


@pytest.fixture
def books_url(database_server: str, books_template: str) -> Iterator[str]:
    """A copy of those books, gone after the test."""
    with copied(database_server, books_template) as url:
        yield url


def keep_books(conn: LedgerConnection) -> None:
    """Lines of every course, and money that belongs to none."""
    keeper = play(conn, 150, 10)
    keeper.decide(b"s" * 16, LineState.SETTLED, None, KHR, {(Step.SUSPEND, BANK): 777})
    keeper.post()


def entries(url: str) -> list[Entry]:
    """Every transfer, one by one."""
    with connect(url, "reader") as conn:
        rows = conn.execute(
            "select leaf_no, block_no, effective_date, step, d.code, c.code, amount_minor, t.currency, reverses"
            " from transfer t join account d on d.account_no = debit_account join account c on c.account_no ="
            " credit_account order by leaf_no"
        ).fetchall()
    return [Entry(*row) for row in rows]
