"""Orders that wait are kept once in the journal, not every moment, and a parked order is still an order."""

from ledger.store import books, connect
from tests.births import declared, mother
from tests.stack.decide.conftest import Desk
from tests.stack.rebuild.conftest import Rebuilding

ORDERS = "select count(*) from mark where cause = 3"
KEPT = "select count(*) from set_journal"


def _ordered(desk: Desk) -> None:
    """Two mothers, whose lines have freeze orders that nobody has looked at yet."""
    desk.publish([*mother(1), *mother(2), declared("nssf", "NB", 2, 800_000)])
    while desk.rows(ORDERS) == [(0,)]:
        assert desk.steps.step(1)
        desk.steps.settle()


def test_an_order_that_waits_is_kept_once(desk: Desk, rebuilding: Rebuilding) -> None:
    _ordered(desk)
    desk.rows(
        "insert into parked_mark (mark_id, entity, cause, error) values (1000000, 'P0000000001', 2, 'put there')"
        " returning 1"
    )
    desk.decide()
    kept = desk.rows(KEPT)
    for _ in range(5):
        assert desk.steps.step(1_000) == 0
    assert desk.rows(KEPT) == kept
    assert desk.rows(ORDERS) == [(1,)]
    assert rebuilding.journal(desk.url) == [], "while it waits"
    desk.retry_parked()
    desk.decide()
    assert desk.rows("select count(*) from submission_line") == [(2,)]
    rebuilding.same(desk.url)


def test_a_parked_order_is_outstanding(desk: Desk) -> None:
    _ordered(desk)
    keys = [key for (key,) in desk.rows("select entity from mark where cause = 3")]
    desk.rows(
        "with gone as (delete from mark where cause = 3 returning *) insert into parked_mark"
        " (mark_id, entity, position, cause, ref, error) select *, 'put there' from gone returning 1"
    )
    with connect(desk.url, "reader") as connection, connection.cursor(binary=True) as cursor:
        assert books.read_ordered(cursor, keys) == set(map(bytes, keys))
