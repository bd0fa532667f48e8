"""The yardstick: the same inbox rows by one raw binary COPY into a table without index, trigger or check."""

from __future__ import annotations

import time

from ledger.store import connect

_TABLE = "bench_inbox"


def raw_copy_seconds(url: str) -> tuple[int, float]:
    """How many rows the inbox has, and how long a committed COPY of them takes."""
    with connect(url, "owner") as conn:
        with conn.cursor().copy("copy inbox to stdout (format binary)") as out:
            parts = [bytes(part) for part in out]
        conn.execute(f"create table {_TABLE} (like inbox)")
        conn.commit()
        began = time.monotonic()
        with conn.cursor() as cursor:
            with cursor.copy(f"copy {_TABLE} from stdin (format binary)") as into:
                into.write(b"".join(parts))
            rows = cursor.rowcount
        conn.commit()
        took = time.monotonic() - began
        conn.execute(f"drop table {_TABLE}")
    return rows, took
