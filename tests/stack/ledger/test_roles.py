"""Who may do what: the books only grow, whatever role or setting is tried."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege, RestrictViolation

from events.reasons import Reason
from events.states import LineState
from ledger.model.access import AccessReason
from ledger.model.account import Dimensions
from ledger.store import LedgerConnection, connect, policies
from ledger.store.access_log import Access, record_access
from ledger.store.inbox import ensure_offsets, record_batch
from ledger.store.quarantine import discard
from ledger.store.schema import APPEND_ONLY_TABLES, WORKING_TABLES
from tests.stack.ledger.samples import TOPIC_NO, Bookkeeper, admitted, refused

OF = Dimensions("nssf.maternal.delivery", "nssf", "nssf", "fund", "", "10.4", "27.1", "KHR")
CHANGES = (
    "update {table} set {column} = {column}",
    "delete from {table}",
    "truncate {table}",
)


@pytest.fixture
def filled_url(ledger_url: str) -> str:
    """A ledger with a row in every append-only table."""
    with connect(ledger_url, "writer") as conn:
        ensure_offsets(conn, TOPIC_NO, 1)
        record_batch(conn, TOPIC_NO, 0, 0, 2, [admitted(0, "e1")], [refused(1, Reason.SCHEMA)])
        discard(conn, 1, actor="somebody", note="")
        keeper = Bookkeeper(conn)
        keeper.submit(1, [keeper.decide(b"l" * 16, LineState.SUBMITTED, 400_000, OF)])
        keeper.post()
        conn.execute("insert into claim_double values ('a', 1, 'g', 'k', 'b', 1)")
        conn.execute("insert into log_entry values (1000, 2, 3, 1, '')")
        conn.execute("insert into set_journal values (1, 1, %s, '')", (bytes(32),))
        conn.execute("insert into schema_digest (digest, objects, summary) values (%s, 1, '{}')", (bytes(32),))
        conn.execute(
            "insert into signing_key (origin, algorithm, public_key, actor, os_user, note)"
            " values ('log.example', 1, %s, 'sokha', 'sokha', '')",
            (bytes(32),),
        )
        conn.execute("insert into tile values (0, 0, %s)", (bytes(8192),))
        conn.execute("insert into checkpoint values (1, 0, %s, 'note', 1)", (bytes(32),))
        conn.execute("insert into cosignature values (1, 'witness.example', 'line', 1)")
        conn.execute("insert into block_span values (1, 0, 0, 'hash')")
        conn.execute("insert into span_sum values (1, 0, 1, 2, 1, 0, '2018-03-01', 1, 1)")
        conn.execute(
            "insert into period_request (period, kind, first_day, last_day, asked_by, os_user, note)"
            " values ('2018-03', 1, '2018-03-01', '2018-03-31', 'sokha', 'sokha', '')"
        )
        conn.execute(
            "insert into period_event (event_no, request_no, approved_by, os_user, note, at_block, block_hash)"
            " select 1, request_no, 'dara', 'dara', '', block_no, hash from period_request, block"
        )
        first = policies.Proposal(bytes(32), None, {}, "{}", "release 1", "spp", "")
        policies.begin(conn, first)
        policies.propose(conn, first._replace(base=bytes(32), proposed_by="sokha"))
        policies.approve(conn, policies.list_policies(conn)[0], approved_by="dara", os_user="dara", note="")
        record_access(conn, Access("sokha", "sokha", AccessReason.AUDIT, "1000000001", ("1000000001",)))
    return ledger_url


def column_of(conn: LedgerConnection, table: str) -> str:
    row = conn.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and attidentity = ''"
        " order by attnum limit 1",
        (table,),
    ).fetchone()
    assert row is not None
    return str(row[0])


def attempts(conn: LedgerConnection, table: str) -> Iterator[sql.Composed]:
    column = column_of(conn, table)
    for change in CHANGES:
        yield sql.SQL(change).format(table=sql.Identifier(table), column=sql.Identifier(column))


def test_the_writer_can_only_add_to_the_books(filled_url: str) -> None:
    with connect(filled_url, "writer") as conn:
        for table in APPEND_ONLY_TABLES:
            assert conn.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(table))).fetchone() != (0,)
            for attempt in attempts(conn, table):
                with pytest.raises(InsufficientPrivilege), conn.transaction():
                    conn.execute(attempt)


@pytest.mark.parametrize("replication_role", ["origin", "replica"])
def test_not_even_the_owner_changes_the_books(filled_url: str, replication_role: str) -> None:
    """Needs a superuser to set the replication role, which silences ordinary triggers."""
    with psycopg.connect(filled_url) as conn:
        conn.execute(sql.SQL("set session_replication_role = {}").format(replication_role))
        conn.commit()
        for role in ("spp_owner", conn.info.user):
            conn.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
            conn.commit()
            for table in APPEND_ONLY_TABLES:
                for attempt in attempts(conn, table):
                    with pytest.raises(RestrictViolation, match=f"append-only: (UPDATE|DELETE|TRUNCATE) on {table}"):
                        conn.execute(attempt)
                    conn.rollback()


def test_an_upsert_changes_nothing(filled_url: str) -> None:
    with psycopg.connect(filled_url) as conn, pytest.raises(RestrictViolation):
        conn.execute(
            "insert into inbox select position, source, event_id, type_no, time_us, received_us, key_id, signature,"
            " 'forged'::bytea from inbox on conflict (source, event_id) do update set value = excluded.value"
        )


def test_the_reader_writes_nothing(filled_url: str) -> None:
    with connect(filled_url, "reader") as conn:
        for table in (*APPEND_ONLY_TABLES, *WORKING_TABLES):
            name = sql.Identifier(table)
            conn.execute(sql.SQL("select count(*) from {}").format(name))
            for attempt in (*attempts(conn, table), sql.SQL("insert into {} default values").format(name)):
                with pytest.raises(InsufficientPrivilege), conn.transaction():
                    conn.execute(attempt)


@pytest.mark.parametrize(
    "statement", ["create table x (y int)", "alter table inbox disable trigger all", "drop table inbox"]
)
def test_the_writer_changes_no_table(ledger_url: str, statement: str) -> None:
    with connect(ledger_url, "writer") as conn, pytest.raises(InsufficientPrivilege):
        conn.execute(statement)


def test_a_reset_role_comes_back_to_the_role_asked_for(ledger_url: str) -> None:
    with connect(ledger_url, "reader") as conn:
        conn.execute("reset role")
        assert conn.execute("select current_user").fetchone() == ("spp_reader",)


def test_a_window_of_no_days_is_refused(ledger_url: str) -> None:
    with connect(ledger_url, "writer") as conn, pytest.raises(psycopg.errors.CheckViolation):
        conn.execute("insert into claim_window values (1, 1, 'empty', 'line')")


def test_windows_of_one_holder_and_group_never_overlap(ledger_url: str) -> None:
    insert = "insert into claim_window values (%s, %s, daterange(%s, %s), 'line')"
    with connect(ledger_url, "writer") as conn:
        conn.execute(insert, (1, 1, "2018-01-01", "2018-10-01"))
        for other in (
            (2, 1, "2018-01-01", "2018-10-01"),
            (1, 2, "2018-01-01", "2018-10-01"),
            (1, 1, "2018-10-01", None),
        ):
            conn.execute(insert, other)
        with pytest.raises(psycopg.errors.ExclusionViolation):
            conn.execute(insert, (1, 1, "2018-09-30", "2018-10-01"))
