"""What is decided waits for an event of a period, is booked behind it, and never fails for it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

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


def test_an_event_of_a_period_becomes_a_leaf_of_the_next_block(desk: Desk) -> None:
    request = (
        "insert into period_request (period, kind, first_day, last_day, asked_by, os_user, note)"
        " values ('2026-11', 1, '2026-11-01', '2026-11-30', 'sokha', 'u1', 'as planned')"
    )
    with desk.connection.transaction():
        desk.connection.execute(request)
        desk.connection.execute(
            "insert into period_event (event_no, request_no, approved_by, os_user, note, at_block, block_hash)"
            " select 1, request_no, 'dara', 'u2', '', coalesce((select max(block_no) from block), 0),"
            " coalesce((select hash from block order by block_no desc limit 1), '') from period_request"
        )
    desk.publish(TWINS.events)
    desk.decide()
    ((body,),) = desk.rows("select body from log_entry where kind = 7 and ref = 1")
    days = b"".join(day.toordinal().to_bytes(4, "big") for day in (date(2026, 11, 1), date(2026, 11, 30)))
    assert days in body
    assert b"sokha" in body
    assert b"as planned" not in body
