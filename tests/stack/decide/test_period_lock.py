"""What is decided waits for an event of a period, is booked behind it, and never fails for it."""

from concurrent.futures import ThreadPoolExecutor

from ledger.model.period import PERIOD_LOCK
from ledger.store import connect
from tests.cases.test_cases import CASES
from tests.stack.decide.conftest import Desk

TWINS = CASES["wages: Twins are one delivery and one allowance, though the birth cash is paid for each"]
WAITING = "select count(*) from pg_locks where locktype = 'advisory' and objid = %s and not granted"


def test_a_set_waits_for_an_event_of_a_period_and_is_committed_after_it(desk: Desk) -> None:
    desk.publish(TWINS.events)
    with (
        connect(desk.url, "writer") as event,
        connect(desk.url, "reader") as watching,
        ThreadPoolExecutor(1) as pool,
    ):
        event.execute("select pg_advisory_xact_lock(%s)", (PERIOD_LOCK,))
        watching.autocommit = True
        deciding = pool.submit(desk.decide)
        while watching.execute(WAITING, (PERIOD_LOCK % 2**32,)).fetchone() == (0,):
            assert not deciding.done()
        assert watching.execute("select count(*) from block").fetchone() == (0,)
        event.commit()
        deciding.result()
    assert desk.rows("select count(*) > 0 from block") == [(True,)]
    assert desk.rows("select count(*) from parked_mark") == [(0,)]
