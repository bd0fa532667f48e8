from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from ledger.store import LedgerConnection, connect
from ledger.store.inbox import ensure_offsets
from tests.stack.ledger.samples import TOPIC_NO

Query = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="session")
def scratch_url(database_server: str, ledger_template: str) -> Iterator[str]:
    """A ledger for tests that leave no trace in it."""
    name = "scratch"
    with psycopg.connect(f"{database_server}/postgres", autocommit=True) as server:
        server.execute(f"create database {name} template {ledger_template}")
        yield f"{database_server}/{name}"
        server.execute(f"drop database {name} with (force)")


@pytest.fixture
def scratch(scratch_url: str) -> Iterator[LedgerConnection]:
    with connect(scratch_url, "writer") as conn:
        yield conn
        conn.rollback()


@pytest.fixture
def writer(ledger_url: str) -> Iterator[LedgerConnection]:
    """A writer on a ledger that knows two partitions."""
    with connect(ledger_url, "writer") as conn:
        ensure_offsets(conn, TOPIC_NO, 2)
        yield conn


@pytest.fixture
def query(ledger_url: str) -> Iterator[Query]:
    """Asks the ledger through the reader role, each question a snapshot of its own."""
    with connect(ledger_url, "reader") as conn:
        conn.autocommit = True
        yield lambda statement: conn.execute(statement).fetchall()
