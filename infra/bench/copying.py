"""The yardstick: the same rows by one raw binary COPY a table into tables without index, trigger or check."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from ledger.store import LedgerConnection, connect, schema

TRIES = 3
NOT_WRITTEN_BY_EVENTS = ("policy_",)


class Content(NamedTuple):
    """All rows of one table as COPY gives them; a bare copy of the table is called `bare`."""

    table: str
    rows: int
    data: bytes

    @property
    def bare(self) -> str:
        """The name of a table without index, trigger or check."""
        return f"bench_{self.table}"


def content(conn: LedgerConnection, table: str) -> Content:
    """What a table holds now."""
    with conn.cursor() as cursor:
        with cursor.copy(f"copy {table} to stdout (format binary)") as out:
            data = b"".join(bytes(part) for part in out)
        return Content(table, cursor.rowcount, data)


def everything(conn: LedgerConnection, but: Sequence[str] = ()) -> list[Content]:
    """What every table holds that events are written to, without empty ones and those of `but`."""
    names = [name for name in schema.metadata.tables if name not in but and not name.startswith(NOT_WRITTEN_BY_EVENTS)]
    found = [content(conn, name) for name in sorted(names)]
    return [one for one in found if one.rows]


def copy_seconds(url: str, contents: Sequence[Content]) -> float:
    """The least of some tries to copy everything into bare tables and commit it, in one transaction."""
    with connect(url, "owner") as conn:
        return min(_copy(conn, contents) for _ in range(TRIES))


def _copy(conn: LedgerConnection, contents: Sequence[Content]) -> float:
    for one in contents:
        conn.execute(f"create table {one.bare} (like {one.table})")
    conn.commit()
    began = time.monotonic()
    for one in contents:
        with conn.cursor().copy(f"copy {one.bare} from stdin (format binary)") as into:
            into.write(one.data)
    conn.commit()
    took = time.monotonic() - began
    for one in contents:
        conn.execute(f"drop table {one.bare}")
    conn.commit()
    return took


def raw_copy_seconds(url: str) -> tuple[int, float]:
    """How many rows the inbox has, and how long a committed COPY of them takes."""
    with connect(url, "owner") as conn:
        inbox = content(conn, "inbox")
        conn.commit()
        return inbox.rows, _copy(conn, [inbox])
