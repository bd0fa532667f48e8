"""What commands on the ledger share: connections, and errors a person can act on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import IsolationLevel

from ledger.statements.snapshot import snapshot
from ledger.store import LedgerConnection, Role, connect
from ledger.store.connection import LedgerCursor
from pipeline.cli.console import CommandError
from pipeline.settings import get_settings


@contextmanager
def open_snapshot() -> Iterator[LedgerConnection]:
    """The books in one read-only view, through the reader role."""
    with explained(), snapshot(get_settings().ledger) as conn:
        yield conn


@contextmanager
def open_lookup() -> Iterator[LedgerCursor]:
    """A binary cursor for looking things up by key, in one read-only view of the ledger, through the reader role."""
    with explained(), connect(get_settings().ledger, "reader") as conn:
        conn.isolation_level = IsolationLevel.REPEATABLE_READ
        conn.read_only = True
        with conn.transaction(), conn.cursor(binary=True) as cursor:
            yield cursor


@contextmanager
def open_ledger(role: Role) -> Iterator[LedgerConnection]:
    """A connection under `role`, closed at the end."""
    with explained(), connect(get_settings().ledger, role) as conn:
        yield conn


@contextmanager
def explained() -> Iterator[None]:
    """Faults of the server, as errors a person can act on."""
    try:
        yield
    except psycopg.errors.UndefinedTable as error:
        raise CommandError(
            "the ledger has no tables, or they are older than this program: `spp up` brings them to date"
        ) from error
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise CommandError(
            f"the ledger does not answer: {reason}. `spp status` shows whether it runs, `spp up` starts it; your own "
            "server is the one in SPP_LEDGER_URL"
        ) from error
