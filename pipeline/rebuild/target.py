"""The database that the books are rebuilt in: made beside the original and dropped again, or given by its URL."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from ledger.store import connect, migrate
from ledger.store.connection import plain_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.store.connection import LedgerConnection

COPIED = (
    "inbox", "quarantine", "quarantine_audit", "policy_proposal", "policy_approval", "policy_activation",
    "schema_digest", "signing_key", "period_request",
)  # fmt: skip
"""What people and programs other than the decider wrote. Events of periods follow one by one: they name blocks."""


class RebuildError(Exception):
    """The books cannot be rebuilt at all; the message says why and what to do."""


@contextmanager
def database(url: str, into: str | None, *, keep: bool) -> Iterator[str]:
    """The URL of an empty ledger: `into`, or a database made beside `url` and dropped at the end unless `keep`."""
    if into is not None:
        _prepare(into)
        yield into
        return
    server, _, tail = plain_url(url).rpartition("/")
    name, mark, options = tail.partition("?")
    ours = f"{name[:40]}_rebuilt_{os.getpid()}"
    _control(url, "create database {}", ours)
    target = f"{server}/{ours}{mark}{options}"
    try:
        _prepare(target)
        yield target
    finally:
        if not keep:
            with suppress(RebuildError):
                _control(url, "drop database if exists {} with (force)", ours)


def name_of(url: str) -> str:
    """The database's name, for a person."""
    return str(conninfo_to_dict(plain_url(url)).get("dbname", ""))


def _control(url: str, statement: str, name: str) -> None:
    try:
        with psycopg.connect(plain_url(url), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
    except psycopg.errors.InsufficientPrivilege as error:
        raise RebuildError(
            f"the user of the ledger's URL may not make the database {name}: make an empty one and name it with --into"
        ) from error


def _prepare(url: str) -> None:
    """Make the tables; RebuildError when there is something in them."""
    try:
        migrate(url)
    except PermissionError as error:
        raise RebuildError(str(error)) from error
    with connect(url, "reader") as connection:
        for table in ("block", "inbox", "policy_proposal", "mark"):
            found = connection.execute(sql.SQL("select exists(select from {})").format(sql.Identifier(table)))
            if found.fetchone() == (True,):
                raise RebuildError(
                    f"the database {name_of(url)} is no place to rebuild in: its table {table} is not empty; name an "
                    "empty database with --into, or none"
                )


def copy_tables(original: LedgerConnection, target: str, tables: Sequence[str] = COPIED) -> None:
    """Copy whole tables as they are. What would wait for its leaf is told by the journal, so it does not wait."""
    with connect(target, "owner") as connection:
        for table in tables:
            name = sql.Identifier(table)
            with (
                original.cursor() as source,
                connection.cursor() as sink,
                source.copy(
                    sql.SQL("copy (select * from {} order by 1) to stdout (format binary)").format(name)
                ) as out,
                sink.copy(sql.SQL("copy {} from stdin (format binary)").format(name)) as into,
            ):
                for piece in out:
                    into.write(piece)
        connection.execute("delete from awaiting_leaf")


def copy_period_events(original: LedgerConnection, connection: LedgerConnection, block_no: int) -> None:
    """Copy the events that happened after this block; the database holds them against the rebuilt block."""
    columns = (
        "event_no, at, request_no, approved_by, os_user, note, at_block, block_hash, checkpoint_size, trial_balance"
    )
    rows = original.execute(
        f"select {columns} from period_event where at_block = %s order by event_no", (block_no,), binary=True
    ).fetchall()
    for row in rows:
        connection.execute(f"insert into period_event ({columns}) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)", row)
