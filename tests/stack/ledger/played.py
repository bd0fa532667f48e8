"""Books in which lines went through every course, to copy from: what reports and reconciliation are tried on."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import psycopg

from events.states import LineState
from ledger.model.account import Dimensions
from ledger.store import LedgerConnection, connect
from ledger.store.inbox import ensure_offsets, record_batch
from tests.stack.ledger.samples import TOPIC_NO, Bookkeeper, admitted

KHR = Dimensions("family.base", "family_package", "nsaf", "state_budget", "", "10.7.0", "2721", "KHR")
USD = Dimensions("hef.opd", "hef", "hef", "equity_fund", "", "7.2.1", "2721", "USD")

PAID = (LineState.SUBMITTED, LineState.CERTIFIED, LineState.INSTRUCTED, LineState.SETTLED)
COURSES: tuple[tuple[LineState, ...], ...] = (
    (LineState.PENDED,),
    (LineState.REJECTED,),
    (LineState.PENDED, LineState.EXPIRED),
    (LineState.APPROVED, LineState.WITHDRAWN),
    (LineState.APPROVED, LineState.PENDED, LineState.APPROVED),
    (LineState.APPROVED, LineState.SUBMITTED),
    (LineState.APPROVED, LineState.SUBMITTED, LineState.REFUSED),
    (LineState.APPROVED, *PAID[:3]),
    (LineState.APPROVED, *PAID),
    (LineState.APPROVED, *PAID),
    (*PAID, LineState.RETURNED),
)
WITHOUT_AMOUNT = {LineState.PENDED, LineState.REJECTED, LineState.EXPIRED, LineState.WITHDRAWN}
FIRST_DAY = date(2018, 1, 1)


def play(conn: LedgerConnection, lines: int, a_block: int) -> Bookkeeper:
    """Take a line and one step of its course at a time, `a_block` steps a block, on 90 days in no order."""
    chance = random.Random(2018)  # noqa: S311 - the same books in each run
    ensure_offsets(conn, TOPIC_NO, 2)
    keeper = Bookkeeper(conn)
    going: list[tuple[bytes, Dimensions, int, list[LineState]]] = []
    for number in range(lines):
        of, line_id = chance.choice([KHR, USD]), number.to_bytes(16, "big")
        amount = chance.randrange(1, 10**9)
        keeper.line(line_id, of.benefit, of.currency, amount)
        going.append((line_id, of, amount, list(chance.choice(COURSES))))
    record_batch(conn, TOPIC_NO, 0, 0, lines, [admitted(offset, f"e{offset}") for offset in range(lines)], [])
    conn.execute("delete from mark")
    conn.commit()
    frozen = []
    while going:
        for _ in range(min(a_block, len(going))):
            keeper.day = FIRST_DAY + timedelta(days=chance.randrange(90))
            line_id, of, amount, states = going.pop(chance.randrange(len(going)))
            state = states.pop(0)
            # Certified for less than was submitted, now and then.
            if state is LineState.CERTIFIED and chance.random() < 0.3:
                amount -= amount // 4
            decision = keeper.decide(line_id, state, None if state in WITHOUT_AMOUNT else amount, of)
            if state is LineState.SUBMITTED:
                frozen.append(decision)
            if states:
                going.append((line_id, of, amount, states))
        keeper.post()
    keeper.submit(1, frozen)
    return keeper


@contextmanager
def kept(server: str, template: str, name: str, fill: Callable[[LedgerConnection], object]) -> Iterator[str]:
    """Name of a database that `fill` wrote the books of, gone afterwards."""
    with psycopg.connect(f"{server}/postgres", autocommit=True) as maintenance:
        maintenance.execute(f"create database {name} template {template}")
        with connect(f"{server}/{name}", "writer") as conn:
            fill(conn)
        yield name
        maintenance.execute(f"drop database {name} with (force)")


@contextmanager
def copied(server: str, template: str) -> Iterator[str]:
    """URL of a copy of those books, gone afterwards."""
    name = f"{template}_copy"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as maintenance:
        maintenance.execute(f"create database {name} template {template}")
        yield f"{server}/{name}"
        maintenance.execute(f"drop database {name} with (force)")
