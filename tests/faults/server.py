"""A PostgreSQL of one's own for schedules: each gets a fresh ledger, copied from a template in milliseconds.

Nothing here is durable, which makes it fast: in a schedule processes and sessions die, never the server's machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from psycopg import sql

from events.topics import TOPICS
from ledger.store import connect, migrate
from ledger.store.inbox import ensure_offsets
from pipeline.active_policy import settle
from pipeline.local import postgres, processes
from pipeline.local.progress import Silent
from pipeline.settings import Settings
from tests.faults.story import PARTITIONS, PLACES

TEMPLATE = "faults_template"
_NOT_DURABLE = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")


class Server:
    """A running server with an empty ledger to copy from."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.control = psycopg.Connection.connect(f"{server}/postgres", autocommit=True)
        self._numbers = count(1)
        for setting in _NOT_DURABLE:
            self._do("alter system set {} = off", setting)
        self.control.execute("select pg_reload_conf()")
        self.make_template()

    def make_template(self) -> None:
        """The ledger that every schedule begins with; what a variant changes of it is done to a copy."""
        self._do("create database {}", TEMPLATE)
        url = f"{self.server}/{TEMPLATE}"
        migrate(url)
        with connect(url, "writer") as connection:
            settle(connection, None)
            for topic in {topic for topic, _ in PLACES}:
                ensure_offsets(connection, TOPICS[topic].number, PARTITIONS)

    @contextmanager
    def ledger(self) -> Iterator[str]:
        """The URL of a fresh ledger, gone afterwards."""
        name = f"schedule_{os.getpid()}_{next(self._numbers)}"
        self._do("create database {} template {} strategy file_copy", name, TEMPLATE)
        try:
            yield f"{self.server}/{name}"
        finally:
            self._do("drop database {} with (force)", name)

    def _do(self, statement: str, *names: str) -> None:
        self.control.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextmanager
def running() -> Iterator[Server]:
    """A server in a directory of its own, stopped and removed afterwards."""
    with TemporaryDirectory(prefix="spp-test-", ignore_cleanup_errors=True) as directory:
        settings = Settings(home=Path(directory)).model_copy(update={"postgres_port": 0, "ledger_url": None})
        # As tests/stack does: the next run removes what a killed one has left.
        (Path(directory) / "owner").write_text(f"{os.getpid()} {processes.birth_of(os.getpid())}")
        started = postgres.start(settings, Silent())
        try:
            postgres.wait(started)
            server = Server(_cheap_login(started.details["url"]))
            yield server
            server.control.close()
        finally:
            postgres.stop(settings)


def _cheap_login(url: str) -> str:
    """The server's URL, logging in without 4,096 rounds of hashing: schedules connect tens of thousands of times."""
    server, _, database = url.rpartition("/")
    with psycopg.Connection.connect(f"{server}/{database}", autocommit=True) as connection:
        connection.execute("set scram_iterations = 1")
        name, password = connection.info.user, connection.info.password
        connection.execute(sql.SQL("alter user {} password {}").format(sql.Identifier(name), sql.Literal(password)))
    return server
