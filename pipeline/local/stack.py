"""The whole local stack: what is embedded comes from here, what the settings name elsewhere is used as it is."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pipeline.local import agency, jars, kafka, postgres, processes, sealing, workers
from pipeline.local.errors import LocalError
from pipeline.local.progress import Progress
from pipeline.settings import Settings


@dataclass(frozen=True)
class Part:
    """One part of the stack as `status` shows it; `state` is running, stopped or external."""

    name: str
    state: str
    pid: int | None
    address: str
    log: str


def setup(settings: Settings, progress: Progress) -> None:
    """Bring everything that must be fetched or made before a first start; starts nothing."""
    with _alone(settings):
        _setup(settings, progress)


def up(settings: Settings, progress: Progress, *, with_workers: bool = True) -> None:
    """Start what is missing: broker, database, topics, schema, keys, workers. Returns when all are ready."""
    with _alone(settings):
        _strays(settings, progress)
        _setup(settings, progress)
        _servers(settings, progress)
        _contents(settings, progress)
        if with_workers:
            _witness(settings, progress)
            _workers(settings, progress)


def down(settings: Settings, progress: Progress) -> list[str]:
    """Stop what runs, workers first; returns the names of what was stopped."""
    stopped = []
    with _alone(settings):
        for running in sorted(processes.read_all(settings.run_directory), key=lambda one: _order(one.name)):
            with progress.step(f"Stopping {running.name}"):
                if _stop(settings, running.name):
                    stopped.append(running.name)
        _strays(settings, progress)
    return stopped


def status(settings: Settings) -> list[Part]:
    """Each part and its state."""
    parts = []
    external = _external(settings)
    running = {one.name: one for one in processes.read_all(settings.run_directory)}
    for name in dict.fromkeys([kafka.NAME, postgres.NAME, sealing.NAME, *workers.WORKERS, *running]):
        if address := external.get(name):
            parts.append(Part(name, "external", None, without_password(address), ""))
        elif one := running.get(name):
            address = one.details.get("bootstrap") or one.details.get("url") or one.details.get("metrics", "")
            parts.append(Part(name, "running", one.pid, without_password(address), one.log))
        else:
            parts.append(Part(name, "stopped", None, "", str(settings.log_directory / f"{name}.log")))
    return parts


def reset(settings: Settings, progress: Progress) -> None:
    """Stop everything and remove all data of the embedded servers; keys and downloads stay. What is external stays."""
    down(settings, progress)
    with _alone(settings), progress.step("Removing the local data"):
        for path in (kafka.directory(settings) / "data", postgres.directory(settings), settings.log_directory):
            if path.exists():
                shutil.rmtree(path)
    for name in (kafka.NAME, postgres.NAME):
        if _external(settings).get(name):
            progress.note(f"{name} is your own server: what it holds stays")


def without_password(url: str) -> str:
    """An address fit to be shown."""
    scheme, found, rest = url.partition("://")
    user, at, place = rest.rpartition("@")
    return f"{scheme}://{user.partition(':')[0]}@{place}" if found and at else url


def _external(settings: Settings) -> dict[str, str | None]:
    return {kafka.NAME: settings.kafka_bootstrap, postgres.NAME: settings.ledger_url, sealing.NAME: settings.witness}


def _order(name: str) -> int:
    return {kafka.NAME: 2, postgres.NAME: 1}.get(name, 0)


def _stop(settings: Settings, name: str) -> bool:
    if name == kafka.NAME:
        return kafka.stop(settings)
    if name == postgres.NAME:
        return postgres.stop(settings)
    return workers.stop(settings, name)


def _strays(settings: Settings, progress: Progress) -> None:
    if count := processes.stop_strays(settings.run_directory):
        progress.note(f"stopped {count} processes of {settings.home} that an interrupted command had left")


def _setup(settings: Settings, progress: Progress) -> None:
    if not settings.kafka_bootstrap:
        jars.install(settings.jars_directory, progress)
    if not settings.ledger_url:
        postgres.prepare(settings, progress)
    if not (settings.keys_directory / "registry.json").is_file():
        from events.local_keys import make_local_keys  # noqa: PLC0415 - cryptography, which other commands need not

        with progress.step("Making keys for the local sources"):
            settings.keys_directory.mkdir(parents=True, exist_ok=True)
            make_local_keys(settings.keys_directory)


def _servers(settings: Settings, progress: Progress) -> None:
    database = None if settings.ledger_url else postgres.start(settings, progress)  # both start at the same time
    broker = None if settings.kafka_bootstrap else kafka.start(settings)
    if database:
        with progress.step(f"Starting PostgreSQL ({without_password(database.details['url'])})"):
            postgres.wait(database)
    if broker:
        with progress.step(f"Starting Kafka ({broker.details['bootstrap']})"):
            kafka.wait(broker)


def _contents(settings: Settings, progress: Progress) -> None:
    from ledger.store import migrate  # noqa: PLC0415 - SQLAlchemy and Alembic, only where needed
    from pipeline.local.topics import ensure_topics  # noqa: PLC0415

    for name in workers.stop_outdated(settings):  # before the schema changes under them
        progress.note(f"{name} was of older code or settings and is started anew")
    with progress.step("Bringing the ledger's schema up to date"):
        migrate(settings.ledger)
    if not settings.ledger_url and not settings.npca_url:
        agency.prepare(settings)
    with progress.step("Making the topics"):
        ensure_topics(settings.bootstrap)


def _witness(settings: Settings, progress: Progress) -> None:
    from ledger.proof.keys import KeyFileError  # noqa: PLC0415
    from ledger.proof.note import NoteError  # noqa: PLC0415 - as above

    try:
        sealing.prepare(settings)
        running = None if settings.witness else sealing.start(settings)
    except (NoteError, KeyFileError) as error:
        raise LocalError(f"the log cannot be signed: {error}") from error
    if running:
        with progress.step(f"Starting the witness ({running.details['url']})"):
            sealing.wait(running)


def _workers(settings: Settings, progress: Progress) -> None:
    from ledger.store import connect  # noqa: PLC0415 - likewise
    from pipeline.active_policy import foresee  # noqa: PLC0415 - likewise

    with connect(settings.ledger, "reader") as connection:
        if note := foresee(connection, settings.policy):
            progress.note(note)
    started = [workers.start(settings, name) for name in workers.WORKERS]
    with progress.step("Starting the workers"):
        for one in started:
            workers.wait(one)


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One command at a time changes a home."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LocalError(f"another command is changing the stack in {settings.home}: wait for it") from error
        yield
