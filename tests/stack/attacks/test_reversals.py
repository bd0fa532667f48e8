"""A transfer is taken back for what is left of it, however many try at once."""

import psycopg
import pytest
from psycopg.errors import CheckViolation, LockNotAvailable

from events.states import LineState
from ledger.model.account import Dimensions
from ledger.store import connect
from tests.stack.ledger.samples import Bookkeeper

OF = Dimensions("nssf.maternal.delivery", "nssf", "nssf", "fund", "national", "10.4", "27.1", "KHR")
TAKE_BACK = (
    "insert into transfer select %(leaf)s, 2, subject, %(leaf)s, leg, step, credit_account, debit_account, %(amount)s,"
    " currency, effective_date, leaf_no from transfer where leaf_no = 1"
)


@pytest.fixture
def posted_url(ledger_url: str) -> str:
    """Leaf 1 moves 400,000 riel."""
    with connect(ledger_url, "writer") as conn:
        keeper = Bookkeeper(conn)
        keeper.decide(b"l" * 16, LineState.APPROVED, 400_000, OF)
        keeper.post()
    return ledger_url


def test_in_parts_up_to_the_whole_and_no_riel_more(posted_url: str) -> None:
    with connect(posted_url, "writer") as conn:
        conn.autocommit = True
        for leaf, amount in ((10, 150_000), (11, 250_000)):
            conn.execute(TAKE_BACK, {"leaf": leaf, "amount": amount})
        with pytest.raises(CheckViolation, match="more than is left of leaf 1"):
            conn.execute(TAKE_BACK, {"leaf": 12, "amount": 1})


def test_two_at_once_do_not_both_take_it_back(posted_url: str) -> None:
    with connect(posted_url, "writer") as one, connect(posted_url, "writer") as other:
        one.execute(TAKE_BACK, {"leaf": 10, "amount": 400_000})
        other.execute("set lock_timeout = '50ms'")
        other.commit()
        with pytest.raises(LockNotAvailable):
            other.execute(TAKE_BACK, {"leaf": 11, "amount": 400_000})
        other.rollback()
        one.commit()
        with pytest.raises(CheckViolation):
            other.execute(TAKE_BACK, {"leaf": 11, "amount": 400_000})


@pytest.mark.parametrize(
    "changed",
    [
        "subject = 'other'", "step = step + 1", "currency = 'USD'", "credit_account = debit_account + 7",
        "reverses = 999", "reverses = 10",
    ],
)  # fmt: skip
def test_a_reversal_is_of_the_same_line_step_and_accounts(posted_url: str, changed: str) -> None:
    with psycopg.connect(posted_url) as conn:
        conn.execute("create temp table draft (like public.transfer)")
        conn.execute(TAKE_BACK.replace("into transfer", "into draft"), {"leaf": 10, "amount": 1})
        conn.execute(f"update draft set {changed}")
        with pytest.raises((CheckViolation, psycopg.errors.UniqueViolation)):
            conn.execute("insert into transfer select * from draft")
