"""The servers and workers of a campaign in a home of their own: a broker and a database behind links, kept alive."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit, urlunsplit

import psycopg

from infra.faults.proxy import Link, Loop
from infra.faults.supervisor import Command, Supervisor
from infra.faults.waiting import wait_until
from ledger.store import migrate
from pipeline.local import kafka, postgres, processes, stack
from pipeline.local.jars import install
from pipeline.local.progress import Progress
from pipeline.local.topics import ensure_topics, recreate_topics
from pipeline.local.workers import SIGNS_OF_LIFE
from pipeline.settings import CHECKOUT, Settings, load_settings

TEMPLATE: Final = "spp_template"
KAFKA, POSTGRES = kafka.NAME, postgres.NAME
READY_SECONDS: Final = 120.0
LISTENERS = ("WORKERS", "PUBLISHERS")


def own_settings() -> Settings:
    """A home of its own beside the user's, whose downloads it shares; servers named by the environment are not used."""
    user = load_settings()
    unset = dict.fromkeys(("kafka_bootstrap", "ledger_url", "keys", "witness", "witness_key"))
    ports = dict.fromkeys(("kafka_port", "postgres_port", "metrics_port", "witness_port"), 0)
    return user.model_copy(update={"home": user.home / "faults", "kafka_jars": user.jars_directory, **unset, **ports})


class Site:
    """Everything a row needs. A context manager; `begin` gives a fresh ledger, fresh topics and fresh workers."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self.settings, self._progress = settings, progress
        self._open = ExitStack()
        self.supervisor = Supervisor(settings.run_directory, settings.log_directory)
        self.database = ""
        self.workers: dict[str, int] = {}
        """The metrics port of each worker that belongs to the row."""

    def __enter__(self) -> Self:
        stack.down(self.settings, self._progress)  # what an interrupted campaign has left
        shutil.rmtree(self.settings.home, ignore_errors=True)
        try:
            self._start()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _start(self) -> None:
        install(self.settings.jars_directory, self._progress)
        stack.setup(self.settings, self._progress)
        loop = self._open.enter_context(Loop())
        self._open.enter_context(self.supervisor)
        ports = [processes.free_port() for _ in range(2 + len(LISTENERS))]
        database = self._start_postgres()
        broker = self._start_kafka(ports)
        self.server_url = database.rpartition("/")[0]
        self.bootstrap = broker
        self.to_broker = Link(loop, ports[2], ports[0])
        self.to_publisher = Link(loop, ports[3], ports[1])
        there = urlsplit(database).port
        self.to_database = Link(loop, processes.free_port(), there or 5432)
        for link in (self.to_broker, self.to_publisher, self.to_database):
            self._open.callback(link.close)
        self.execute(f"create database {TEMPLATE}")
        migrate(f"{self.server_url}/{TEMPLATE}")
        ensure_topics(self.bootstrap)

    def _start_postgres(self) -> str:
        """Start it once as `spp up` does, then under the supervisor."""
        running = postgres.start(self.settings, self._progress)
        postgres.wait(running)
        command = Command.of(running)
        postgres.stop(self.settings)
        self.supervisor.keep(POSTGRES, command)
        self.server_url = running.details["url"].rpartition("/")[0]
        wait_until(self.database_answers, READY_SECONDS, "PostgreSQL")
        return running.details["url"]

    def _start_kafka(self, ports: list[int]) -> str:
        """Start it once as `spp up` does, then under the supervisor with a listener for each link to it."""
        running = kafka.start(self.settings)
        kafka.wait(running)
        command = Command.of(running)
        kafka.stop(self.settings)
        properties = kafka.directory(self.settings) / "server.properties"
        lines = dict(line.split("=", 1) for line in properties.read_text().splitlines() if "=" in line)
        for name, port, told in zip(LISTENERS, ports, ports[len(LISTENERS) :], strict=False):
            lines["listeners"] += f",{name}://127.0.0.1:{port}"
            lines["advertised.listeners"] += f",{name}://127.0.0.1:{told}"
            lines["listener.security.protocol.map"] += f",{name}:PLAINTEXT"
        properties.write_text("".join(f"{key}={value}\n" for key, value in lines.items()))
        self.bootstrap = running.details["bootstrap"]
        self.supervisor.keep(KAFKA, command)
        wait_until(self.broker_answers, READY_SECONDS, "Kafka")
        return self.bootstrap

    # -- one row ----------------------------------------------------------------------------------------------------

    def begin(self, row: str, workers: int, tablespace: str | None = None) -> None:
        """A fresh ledger and fresh topics for a row, and so many workers with every role that moves events."""
        self.database = f"row_{row.replace('-', '_')}"
        placed = f" tablespace {tablespace}" if tablespace else ""
        self.execute(f"create database {self.database} template {TEMPLATE}{placed}")
        recreate_topics(self.bootstrap)
        for number in range(1, workers + 1):
            self.start_worker(f"worker-{number}", "record,decide,relay")
        for name in list(self.workers):
            self.wait_for_worker(name)

    def end(self) -> dict[str, int]:
        """Stop the row's workers orderly; the exit code of each."""
        names = list(self.workers)
        self.workers.clear()
        return {name: self.supervisor.release(name) for name in names}

    def start_worker(self, name: str, roles: str) -> None:
        """One more worker, kept alive; it speaks to both servers through the links."""
        port = processes.free_port()
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("SPP_")},
            "SPP_HOME": str(self.settings.home),
            "SPP_KEYS": str(self.settings.keys_directory),
            "SPP_KAFKA_BOOTSTRAP": f"127.0.0.1:{self.to_broker.port}",
            "SPP_LEDGER_URL": self._linked(self.ledger),
            "PYTHONUNBUFFERED": "1",
        }
        command = [sys.executable, "-m", "pipeline.cli.main", "worker", "--roles", roles, "--metrics-port", str(port)]
        self.supervisor.keep(name, Command(command, environment, CHECKOUT))
        self.workers[name] = port

    def wait_for_worker(self, name: str) -> None:
        """Until it was given partitions or stands by, as `spp up` waits."""
        wait_until(lambda: any(sign in self.metrics(name) for sign in SIGNS_OF_LIFE), READY_SECONDS, name)

    def stop_worker(self, name: str, first: signal.Signals = signal.SIGTERM) -> int:
        """Take a worker out of the row for good; its exit code."""
        self.workers.pop(name)
        return self.supervisor.release(name, first)

    def pid(self, name: str) -> int:
        """The process that runs under this name."""
        return self.supervisor.kept[name].pid

    def metrics(self, name: str) -> str:
        """What a worker tells of itself now; nothing when it does not answer."""
        port = self.workers.get(name)
        if port is None:
            return ""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=1) as response:
                return str(response.read().decode())
        except OSError:
            return ""

    # -- the servers, past the links --------------------------------------------------------------------------------

    @property
    def ledger(self) -> str:
        """URL of the row's ledger."""
        return f"{self.server_url}/{self.database}"

    @property
    def publishing(self) -> Settings:
        """Where a publisher finds the broker: behind its link."""
        address = f"127.0.0.1:{self.to_publisher.port}"
        return self.settings.model_copy(update={"kafka_bootstrap": address, "ledger_url": self.ledger})

    @property
    def watching(self) -> Settings:
        """Where the campaign itself finds both servers: past the links."""
        return self.settings.model_copy(update={"kafka_bootstrap": self.bootstrap, "ledger_url": self.ledger})

    def execute(self, statement: str) -> None:
        """One statement as the administrator, outside of any row's ledger."""
        with self.admin("postgres") as connection:
            connection.execute(statement.encode())

    def admin(self, database: str = "") -> psycopg.Connection[tuple[object, ...]]:
        """A connection as the server's superuser, in autocommit."""
        url = f"{self.server_url}/{database or self.database}"
        return psycopg.connect(url, autocommit=True, connect_timeout=5, application_name="campaign")

    def database_answers(self) -> bool:
        """Whether PostgreSQL takes connections."""
        try:
            self.admin("postgres").close()
        except psycopg.Error:
            return False
        return True

    def broker_answers(self) -> bool:
        """Whether Kafka tells of its topics."""
        from infra.faults.topics import TopicReader  # noqa: PLC0415 - kafka-python takes a while to import

        return TopicReader.answers(self.bootstrap)

    def _linked(self, url: str) -> str:
        parts = urlsplit(url)
        login = parts.netloc.rpartition("@")[0]
        return urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{self.to_database.port}"))


def data_directory(site: Site) -> Path:
    """Where the site's PostgreSQL keeps its data."""
    return postgres.directory(site.settings)
