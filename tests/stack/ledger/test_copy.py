"""Rows packed by hand come back from the server as they were."""

import struct
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.errors import UniqueViolation
from psycopg.types.range import Range

from ledger.store import LedgerConnection, connect
from ledger.store.copy import (
    ACCOUNT,
    CLAIM_WINDOW,
    DECISION,
    HEADER,
    MARK,
    SPECS,
    TRAILER,
    TRANSFER,
    ColumnSpec,
    Kind,
    TableSpec,
    copy_rows,
    make_spec,
)

DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31))


def integers(bits: int) -> st.SearchStrategy[int]:
    return st.integers(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)


VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.INT2: integers(16),
    Kind.INT4: integers(32),
    Kind.INT8: integers(64),
    Kind.DATE: DAYS,
    Kind.TEXT: st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    Kind.BYTEA: st.binary(),
    Kind.INT2_ARRAY: st.lists(integers(16), max_size=4),
    Kind.DATE_RANGE: st.builds(
        lambda day, days: (day, day + timedelta(days)), st.dates(max_value=date(9000, 1, 1)), st.integers(1, 400)
    ),
}


def row_of(spec: TableSpec) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.tuples(
        *(st.none() | VALUES[column.kind] if column.nullable else VALUES[column.kind] for column in spec.columns)
    )


def as_sent(value: object) -> object:
    return (value.lower, value.upper) if isinstance(value, Range) else value


def round_trip(
    conn: LedgerConnection, table: str, spec: TableSpec, rows: list[tuple[Any, ...]]
) -> list[tuple[Any, ...]]:
    """Through a temporary table without constraints, in order."""
    names = ", ".join(column.name for column in spec.columns)
    stage = make_spec("stage", spec.columns)
    conn.execute(f"create temporary table stage as select {names} from {table} where false")
    with conn.cursor() as cursor:
        assert copy_rows(cursor, stage, rows) == len(rows)
        found = cursor.execute(f"select {names} from stage order by ctid", binary=True).fetchall()
    conn.rollback()
    return [tuple(map(as_sent, row)) for row in found]


@pytest.mark.parametrize("table", sorted(SPECS))
def test_rows_come_back_as_they_were(scratch: LedgerConnection, table: str) -> None:
    @settings(max_examples=25, deadline=None)
    @given(st.lists(row_of(SPECS[table]), max_size=5))
    def check(rows: list[tuple[Any, ...]]) -> None:
        assert round_trip(scratch, table, SPECS[table], rows) == rows

    check()


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_may_be_null(scratch: LedgerConnection, kind: Kind) -> None:
    spec = make_spec("nullable", [ColumnSpec("a", kind, nullable=True), ColumnSpec("b", Kind.INT2, nullable=False)])
    types = {Kind.INT2: "int2", Kind.INT4: "int4", Kind.INT8: "int8"}
    conn = scratch
    conn.execute(f"create temporary table nullable (a {types.get(kind, kind.value)}, b int2)")

    @settings(max_examples=25, deadline=None)
    @given(st.lists(row_of(spec), max_size=5))
    def check(rows: list[tuple[Any, ...]]) -> None:
        with conn.cursor() as cursor:
            cursor.execute("truncate nullable")
            copy_rows(cursor, spec, rows)
            found = cursor.execute("select a, b from nullable order by ctid", binary=True).fetchall()
        assert [(as_sent(a), b) for a, b in found] == rows

    check()
    conn.rollback()


def test_no_rows_send_nothing(scratch: LedgerConnection) -> None:
    assert MARK.pack([]) == HEADER + TRAILER
    with scratch.cursor() as cursor:
        assert copy_rows(cursor, MARK, iter(())) == 0


def test_numbers_that_the_database_gives_are_not_sent() -> None:
    assert [column.name for column in MARK.columns] == ["entity", "position", "cause", "ref"]
    assert [column.name for column in ACCOUNT.columns][:2] == ["account_no", "code"]


@pytest.mark.parametrize(
    ("spec", "row"),
    [
        (MARK, (b"P1", 1 << 63, 1, None)),
        (MARK, (None, 1, 1, None)),
        (MARK, (b"P1", 1, 1)),
        (CLAIM_WINDOW, (1, 1, (date(2018, 1, 1), date(2018, 1, 1)), b"l")),
        (TRANSFER, (1, 1, b"l", 1, 0, 1, 1, 2, None, "KHR", date(2018, 1, 1), None)),
        (DECISION, (1,) * len(DECISION.columns)),
    ],
)
def test_a_row_that_does_not_fit_is_refused_before_anything_is_sent(spec: TableSpec, row: tuple[Any, ...]) -> None:
    with pytest.raises((struct.error, TypeError, ValueError, AttributeError)):
        spec.pack([row])


def test_what_the_server_refuses_is_raised_and_undone(ledger_url: str) -> None:
    row = (1, "code", "payable", "", "", "", "", "", "", "", "", "KHR", 0)
    with connect(ledger_url, "writer") as conn, conn.cursor() as cursor:
        with pytest.raises(UniqueViolation), conn.transaction():
            copy_rows(cursor, ACCOUNT, [row, row])
        assert cursor.execute("select count(*) from account").fetchone() == (0,)
