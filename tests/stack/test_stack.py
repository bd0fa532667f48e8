"""The stack itself: what is started is found again, survives a crash, and never takes a stranger for its own."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from pipeline.local import kafka, postgres, processes, stack
from pipeline.local.errors import LocalError
from pipeline.local.progress import Silent
from pipeline.local.topics import ensure_topics
from pipeline.settings import Settings


@pytest.fixture
def own(local: Settings, home: Path) -> Iterator[Settings]:
    settings = local.model_copy(update={"home": home})
    yield settings
    stack.down(settings, Silent())


def _start(settings: Settings) -> processes.Running:
    running = postgres.start(settings, Silent())
    postgres.wait(running)
    return running


def _tables(settings: Settings) -> int:
    with psycopg.connect(settings.ledger) as connection:
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE tablename = 'kept'").fetchone()
        return int(row[0]) if row else -1


def test_a_second_start_finds_what_runs(own: Settings) -> None:
    assert _start(own) == _start(own)


def test_what_was_committed_survives_kill_9_and_the_next_start_needs_no_help(own: Settings) -> None:
    first = _start(own)
    with psycopg.connect(own.ledger) as connection:
        connection.execute("CREATE TABLE kept (n int)")
    processes.kill(own.run_directory, "postgres")
    second = _start(own)
    assert second.pid != first.pid
    assert _tables(own) == 1


def test_a_recycled_pid_in_postmaster_pid_does_not_hinder(own: Settings) -> None:
    first = _start(own)
    processes.kill(own.run_directory, "postgres")
    lock = postgres.directory(own) / "postmaster.pid"
    lines = lock.read_text().split("\n")
    lock.write_text("\n".join([str(os.getppid()), *lines[1:]]))
    assert _start(own).pid != first.pid


def test_a_server_whose_home_was_removed_under_it_is_stopped_before_the_next_start(own: Settings) -> None:
    first = _start(own)
    shutil.rmtree(own.run_directory)
    assert processes.stop_strays(own.run_directory) == 1
    assert processes.birth_of(first.pid) is None
    _start(own)
    assert _tables(own) == 0


def test_processes_of_another_home_are_no_strays(own: Settings, database_server: str) -> None:
    assert database_server
    assert processes.stop_strays(own.run_directory) == 0


def test_a_recycled_pid_is_never_killed(own: Settings) -> None:
    processes.make_run_directory(own.run_directory)
    stranger = processes.Running("postgres", os.getpid(), "born at another time", "log")
    processes.write(own.run_directory, stranger)
    assert not postgres.stop(own)
    assert processes.read_all(own.run_directory) == []


def test_two_homes_live_side_by_side(own: Settings, database_server: str) -> None:
    assert database_server.rpartition(":")[2] != _start(own).details["url"].rpartition(":")[2].partition("/")[0]


def test_the_database_is_durable_and_checks_its_pages(database_server: str) -> None:
    expected = {"fsync": "on", "data_checksums": "on", "full_page_writes": "on", "synchronous_commit": "on"}
    with psycopg.connect(f"{database_server}/postgres") as connection:
        found = {name: connection.execute(f"SHOW {name}").fetchone() for name in expected}
    assert found == {name: (value,) for name, value in expected.items()}


def test_without_the_password_nobody_gets_in(database_server: str) -> None:
    place = database_server.rpartition("@")[2]
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"postgresql://spp:wrong@{place}/postgres").close()


def test_run_files_are_for_the_owner_only(own: Settings) -> None:
    _start(own)
    assert (own.run_directory / "postgres.json").stat().st_mode & 0o077 == 0
    assert "password" not in json.dumps([part.address for part in stack.status(own)])


def test_a_process_that_dies_while_starting_shows_its_log(own: Settings) -> None:
    log = own.log_directory / "dying.log"
    command = [sys.executable, "-c", "print('the reason'); raise SystemExit(1)"]
    running = processes.start("dying", command, run_directory=own.run_directory, log=log)
    with pytest.raises(LocalError, match="the reason"):
        processes.wait_until(lambda: False, running, timeout_seconds=30, what="dying")


def test_topics_are_made_once_and_stamp_the_brokers_time(kafka: str) -> None:
    assert ensure_topics(kafka) == []


def test_a_port_that_is_taken_is_named_with_its_variable(own: Settings, broker: str) -> None:
    taken = int(broker.rpartition(":")[2])
    with pytest.raises(LocalError, match="SPP_POSTGRES_PORT"):
        _start(own.model_copy(update={"postgres_port": taken}))


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_a_home_may_have_any_name(local: Settings, home: Path, locale: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Java reads paths in an encoding of its own; what it misread it would write to a directory beside."""
    monkeypatch.setenv("LC_ALL", locale)
    own = local.model_copy(update={"home": home / "ផ្ទះ ünï"})
    try:
        for _ in range(2):
            kafka.wait(kafka.start(own))
            assert (kafka.directory(own) / "data" / "meta.properties").is_file()
            processes.kill(own.run_directory, kafka.NAME)
        postgres.wait(postgres.start(own, Silent()))
        assert [path.name for path in home.iterdir() if path.is_dir()] == ["ផ្ទះ ünï"]
    finally:
        stack.down(own, Silent())
