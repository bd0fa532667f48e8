"""Sums of amounts are not bounded by what one amount may be: a source may name absurd figures as often as it likes."""

from ledger.statements.suspense import read_suspense
from ledger.store import books, connect

LARGEST = 2**63 - 1


def test_the_figures_of_a_batch_may_sum_up_to_more_than_an_amount_can_be(ledger_url: str) -> None:
    with connect(ledger_url, "writer") as conn:
        conn.execute(
            "insert into line (line_id, entity, source, benefit, cycle, batch_id, amount_minor, currency)"
            " select int4send(number), 'P1', 'nsaf', 'maternal.delivery', 202501, 'B1', %s, 'KHR'"
            " from generate_series(1, 3) as number",
            (LARGEST,),
        )
        with conn.cursor(binary=True) as cursor:
            assert books.read_groups(cursor, "nsaf", "B1") == [("maternal.delivery", 202501, "KHR", 3, 3 * LARGEST)]


def test_suspense_may_hold_more_than_one_amount_can_be(ledger_url: str) -> None:
    with connect(ledger_url, "writer") as conn:
        conn.execute(
            "insert into account values"
            " (1, 'suspense:a/-/-/KHR', 'suspense', 'a', '', '', '', '', '', '', '', 'KHR', 0)"
        )
        conn.execute(
            "insert into transfer (leaf_no, block_no, subject, version, leg, step, debit_account, credit_account,"
            " amount_minor, currency, effective_date)"
            " select number, 1, int4send(number), 1, 1, 7, 2, 1, %s, 'KHR', '2025-01-01'"
            " from generate_series(1, 3) as number",
            (LARGEST,),
        )
        conn.execute("insert into block values (1, %s, 1, 3, %s, '', %s, 0, 'test', '', %s)", (bytes(32),) * 4)
        conn.commit()
        assert read_suspense(conn) == {"KHR": 3 * LARGEST}
