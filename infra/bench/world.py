"""One broker and one PostgreSQL for all rows, and a fresh ledger for each measurement."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TypeVar, cast

import psycopg

from events.outgoing import Outgoing
from infra.bench import prepare
from infra.bench.sizes import Sizes
from ledger.store import connect
from pipeline.cli.console import Steps
from pipeline.local import kafka, postgres, processes, sealing
from pipeline.local.topics import recreate_topics
from pipeline.settings import Settings
from pipeline.transport import BATCH_RECORDS

LEADER_SECONDS = 60.0
JOIN_MS = 2_000
"""How long the broker waits for a group to gather before it gives out partitions; 0 as `spp up` sets it."""
POLL_SECONDS = 0.02

T = TypeVar("T")

_LEADERS = """
select count(*) from pg_locks join pg_database on pg_database.oid = pg_locks.database
where locktype = 'advisory' and granted and datname = current_database()
"""


def gather_groups() -> None:
    """Let the broker of this process's home wait for all that record, so that a run is not broken by their joining.

    With no wait the first one records alone until it hears of the others with its next heartbeat, after seconds.
    """
    name = "group.initial.rebalance.delay.ms"
    kafka.PROPERTIES = kafka.PROPERTIES.replace(f"{name}=0\n", f"{name}={JOIN_MS}\n")
    if f"{name}={JOIN_MS}" not in kafka.PROPERTIES:
        raise LookupError(f"the local broker's properties do not set {name}")


class StalledError(Exception):
    """Nothing moved for too long; the message says where it stood."""


@dataclass
class World:
    """The servers, which run while it exists, and what the topics hold at the moment."""

    settings: Settings
    sizes: Sizes
    steps: Steps
    loaded: tuple[object, ...] = ()
    _kept: dict[object, object] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def keys(self) -> Path:
        """The local sources' keys."""
        return self.settings.keys_directory

    def once(self, name: object, make: Callable[[], T]) -> T:
        """What `make` gives, made once: rows that need the same measurement share it."""
        if name not in self._kept:
            self._kept[name] = make()
        return cast("T", self._kept[name])

    @contextmanager
    def ledger(self, template: str = postgres.DATABASE) -> Iterator[Settings]:
        """Settings with a fresh ledger, or a copy of the database `template`; it is dropped afterwards."""
        name = f"bench_{next(self._numbers)}"
        url = self.settings.ledger.rpartition("/")[0]
        self.execute(f"create database {name} template {template}")
        try:
            yield self.settings.model_copy(update={"ledger_url": f"{url}/{name}"})
        finally:
            self.execute(f"drop database {name} with (force)")

    def execute(self, statement: str) -> None:
        """One statement as superuser, outside any ledger."""
        server = self.settings.ledger.rpartition("/")[0]
        with psycopg.connect(f"{server}/postgres", autocommit=True) as conn:
            conn.execute(statement)

    def load(self, name: tuple[object, ...], records: Sequence[Outgoing]) -> None:
        """Make the topics hold these records and nothing else; `name` tells whether they do already."""
        if self.loaded != name:
            recreate_topics(self.settings.bootstrap)
            prepare.load(self.settings.bootstrap, list(records))
            self.loaded = name

    def empty_topics(self) -> None:
        """Make the topics hold nothing."""
        recreate_topics(self.settings.bootstrap)
        self.loaded = ()

    @contextmanager
    def workers(
        self, settings: Settings, recording: int = 1, batch: int = BATCH_RECORDS, leaders: Sequence[str] = ()
    ) -> Iterator[None]:
        """Run one process for each of `leaders`, wait until they lead, then so many that record; stop all at the end.

        So that starting up is not measured, recorders come last.
        """
        names: list[str] = []
        try:
            if "seal" in leaders:
                sealing.prepare(settings)
                sealing.wait(sealing.start(settings))
                names.append(sealing.NAME)
            names += [self.start(settings, role, role, batch) for role in leaders]
            self._await_leaders(settings, len(leaders))
            names += [self.start(settings, f"record-{n + 1}", "record", batch) for n in range(recording)]
            yield
        finally:
            for name in reversed(names):
                processes.stop(settings.run_directory, name)

    def start(self, settings: Settings, name: str, *arguments: object, module: str = "infra.bench.worker") -> str:
        """Start `python -m module arguments` on a ledger; returns its name."""
        own = {key: value for key, value in os.environ.items() if not key.startswith("SPP_")}
        processes.start(
            name,
            [sys.executable, "-m", module, *(str(one) for one in arguments)],
            run_directory=settings.run_directory,
            log=settings.log_directory / f"{name}.log",
            details={"roles": name},
            environment={
                **own,
                "SPP_HOME": str(settings.home),
                "SPP_LEDGER_URL": settings.ledger,
                "PYTHONUNBUFFERED": "1",
            },
        )
        return name

    def pids(self) -> dict[str, int]:
        """The processes of this home by name."""
        return {one.name: one.pid for one in processes.read_all(self.settings.run_directory)}

    def _await_leaders(self, settings: Settings, wanted: int) -> None:
        deadline = time.monotonic() + LEADER_SECONDS
        with connect(settings.ledger, "reader") as conn:
            conn.autocommit = True
            while (row := conn.execute(_LEADERS).fetchone()) is None or row[0] < wanted:
                if time.monotonic() > deadline:
                    raise StalledError(f"{wanted} processes were to lead, {row[0] if row else 0} do")
                time.sleep(POLL_SECONDS)
