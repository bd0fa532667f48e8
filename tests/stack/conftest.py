"""A real Kafka and a real PostgreSQL for the tests: private to this run, started on first use, stopped at the end.

Ask for what you need: `ledger_url` (a fresh database with the schema), `empty_database_url` (one without),
`kafka` (the broker's address, all topics of the contract new and empty), `keys` (the sources' keys and registry),
`environment` (what a `spp` process needs to find all of them).
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory, gettempdir

import psycopg
import pytest

from ledger.store import migrate
from pipeline.local import kafka as local_kafka
from pipeline.local import postgres, processes, stack
from pipeline.local.jars import install
from pipeline.local.progress import Silent
from pipeline.local.topics import recreate_topics
from pipeline.settings import Settings, load_settings

TEMPLATE = "spp_template"
PREFIX = "spp-test-"
_numbers = count(1)


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory for a stack of one's own."""
    with _home() as directory:
        yield directory


@pytest.fixture(scope="session")
def local() -> Iterator[Settings]:
    """Settings of a stack of our own. What the environment names is never used: these tests delete topics."""
    jars = load_settings().jars_directory
    install(jars, Silent())
    _sweep()
    with _home() as directory:
        settings = Settings(home=directory, kafka_jars=jars).model_copy(
            update={"kafka_bootstrap": None, "ledger_url": None, "keys": None, "kafka_port": 0, "postgres_port": 0}
        )
        yield settings
        stack.down(settings, Silent())


@pytest.fixture(scope="session")
def database_server(local: Settings) -> str:
    """URL of the running PostgreSQL, without the database's name."""
    running = postgres.start(local, Silent())
    postgres.wait(running)
    return running.details["url"].rpartition("/")[0]


@pytest.fixture(scope="session")
def ledger_template(database_server: str) -> str:
    """Name of a database with the schema and no rows, to copy from."""
    _execute(database_server, f"CREATE DATABASE {TEMPLATE}")
    migrate(f"{database_server}/{TEMPLATE}")
    return TEMPLATE


@pytest.fixture
def ledger_url(database_server: str, ledger_template: str) -> Iterator[str]:
    """URL of a fresh ledger, gone after the test."""
    with fresh_ledger(database_server, ledger_template) as url:
        yield url


@contextmanager
def fresh_ledger(server: str, template: str) -> Iterator[str]:
    """URL of a fresh ledger, gone afterwards."""
    name = f"test_{next(_numbers)}"
    _execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield f"{server}/{name}"
    _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_database_url(database_server: str) -> Iterator[str]:
    """URL of a database without any schema, gone after the test."""
    name = f"test_{next(_numbers)}"
    _execute(database_server, f"CREATE DATABASE {name}")
    yield f"{database_server}/{name}"
    _execute(database_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def broker(local: Settings) -> str:
    """Address of the running broker; its topics are as the last test left them."""
    running = local_kafka.start(local)
    local_kafka.wait(running)
    return running.details["bootstrap"]


@pytest.fixture
def fresh_topics(broker: str) -> Callable[[], None]:
    """Call it to make all topics of the contract new and empty, as often as needed (0.3 s)."""
    return lambda: recreate_topics(broker)


@pytest.fixture
def kafka(broker: str, fresh_topics: Callable[[], None]) -> str:
    """Address of the broker, all topics of the contract new and empty."""
    fresh_topics()
    return broker


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directory with a key of each source and their registry."""
    from events.local_keys import make_local_keys

    directory = tmp_path_factory.mktemp("keys")
    make_local_keys(directory)
    return directory


@pytest.fixture
def environment(tmp_path: Path, kafka: str, ledger_url: str, keys: Path) -> dict[str, str]:
    """Environment for a `spp` process that shall work on this test's topics and ledger."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SPP_")}
    return {
        **ours,
        "SPP_HOME": str(tmp_path / "home"),
        "SPP_KAFKA_BOOTSTRAP": kafka,
        "SPP_LEDGER_URL": ledger_url,
        "SPP_KEYS": str(keys),
        "PYTHONUNBUFFERED": "1",
    }


@contextmanager
def _home() -> Iterator[Path]:
    """Not below pytest's own directory, which each new run of pytest shuts to the account that PostgreSQL runs as."""
    with TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as directory:
        (Path(directory) / "owner").write_text(f"{os.getpid()} {processes.birth_of(os.getpid())}")
        yield Path(directory)


def _sweep() -> None:
    """Stop and remove what runs of these tests that were killed have left."""
    for owner in Path(gettempdir()).glob(f"{PREFIX}*/owner"):
        pid, _, birth = owner.read_text().partition(" ")
        if processes.birth_of(int(pid)) != birth:
            stack.down(Settings(home=owner.parent), Silent())
            rmtree(owner.parent, ignore_errors=True)


def _execute(server: str, statement: str) -> None:
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(statement)
