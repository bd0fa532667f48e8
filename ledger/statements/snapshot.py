"""One consistent view of the books for all figures of a report, and which state of the books it is."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg import IsolationLevel

from ledger.store.connection import LedgerConnection, connect

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Head:
    """The block a report is bound to: its number, its hash, and how many leaves the books had. 0 for empty books."""

    block_no: int
    hash: bytes
    leaf_count: int


@contextmanager
def snapshot(url: str) -> Iterator[LedgerConnection]:
    """A reader's connection in one read-only snapshot, closed at the end."""
    with connect(url, "reader") as conn:
        conn.isolation_level = IsolationLevel.REPEATABLE_READ
        conn.read_only = True
        # Whole sets are compared. A table just filled has no statistics yet, and nested loops over it take a minute.
        conn.execute("set enable_nestloop = off")
        yield conn


def read_head(conn: LedgerConnection) -> Head:
    """The last block of the snapshot."""
    row = conn.execute(
        "select block_no, hash, first_leaf + leaf_count from block order by block_no desc limit 1", binary=True
    ).fetchone()
    return Head(0, b"", 0) if row is None else Head(*row)


def head_at(conn: LedgerConnection, block_no: int) -> Head | None:
    """The books as they stood after this block; None if there is no such block."""
    row = conn.execute(
        "select block_no, hash, first_leaf + leaf_count from block where block_no = %s", (block_no,), binary=True
    ).fetchone()
    return None if row is None else Head(*row)
