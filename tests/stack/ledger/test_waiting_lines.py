"""Since when the longest waiting line of each state waits: what each look says is what a look at everything says."""

import random

import pytest

from events.states import STATE_NUMBERS, LineState
from ledger.model.account import Dimensions
from ledger.store import LedgerConnection, connect, progress
from ledger.store.progress import OPEN_STATES, OldestLines
from tests.stack.ledger.samples import Bookkeeper

OF = Dimensions("maternal.delivery", "maternal", "nssf", "f", area="01", cofog="10.4", gfsm="27", currency="KHR")
EVERYTHING = """
select state, min(recorded_us) from (select distinct on (subject) subject, state, line_id, block_no from decision
    order by subject, version desc) last join block using (block_no) where line_id is not null group by state
"""


def _everything(conn: LedgerConnection) -> dict[LineState, int | None]:
    with conn.transaction():
        told: dict[int, int] = dict(conn.execute(EVERYTHING).fetchall())
    return {state: told.get(STATE_NUMBERS[state]) for state in OPEN_STATES}


def _read_to_the_end(oldest: OldestLines, conn: LedgerConnection) -> dict[LineState, int | None]:
    told = dict(oldest.read(conn))
    for _ in range(100):
        if len(told) == len(OPEN_STATES):
            return told
        told = dict(oldest.read(conn))
    raise AssertionError(f"a state is never known: {told}")


@pytest.mark.parametrize("seed", range(3))
def test_each_look_says_what_a_look_at_everything_says(
    ledger_url: str, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(progress, "LEAVES_AT_ONCE", 7)
    monkeypatch.setattr(progress, "LOOKS_AT_ONCE", 2)
    chance, oldest = random.Random(seed), OldestLines()  # noqa: S311 - a game, and the seed names it
    with connect(ledger_url, "writer") as conn:
        keeper = Bookkeeper(conn)
        for block in range(1, 25):
            keeper.recorded_us = block * 1_000_000
            for _ in range(chance.randrange(1, 5)):
                state = chance.choice([*OPEN_STATES, LineState.REJECTED, LineState.SETTLED, LineState.SETTLED])
                keeper.decide(chance.randrange(20).to_bytes(16, "big"), state, None, OF, {})
            keeper.post()
            if block % 3 == 0:
                assert _read_to_the_end(oldest, conn) == _everything(conn)
        assert _read_to_the_end(OldestLines(), conn) == _everything(conn)


def test_what_was_found_is_not_looked_for_again(ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LEAVES_AT_ONCE", 10)
    monkeypatch.setattr(progress, "LOOKS_AT_ONCE", 1)
    oldest = OldestLines()
    with connect(ledger_url, "writer") as conn:
        keeper = Bookkeeper(conn)
        for number in range(25):
            keeper.decide(number.to_bytes(16, "big"), LineState.SETTLED, None, OF, {})
        keeper.decide(bytes(15) + b"x", LineState.PENDED, None, OF, {})
        keeper.post()
        looks = [LineState.PENDED in oldest.read(conn) for _ in range(4)]
    assert looks == [False, False, True, True]
