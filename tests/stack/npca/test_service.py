"""The agency's process on a real broker: killed in the middle, it goes on where its rows end."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from events.publisher import Publisher
from events.topics import TOPICS
from pipeline.local import agency
from pipeline.messages import Message
from pipeline.npca.follower import FOLLOWED
from pipeline.npca.tables import NpcaConnection, connect, ensure_tables
from pipeline.sender import BatchSender
from tests.births import declared, mother
from tests.stack.npca.conftest import Country

LINES = 400


def _start(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "pipeline.cli.main", "npca", "serve"], env=environment)


def _await(process: subprocess.Popen[bytes], condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, "the process ended"
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _count(connection: NpcaConnection, table: str) -> int:
    with connection.transaction():
        row = connection.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0


async def _send(bootstrap: str, country: Country) -> None:
    messages = [
        Message(TOPICS[topic.name], str(record.offset).encode(), record.value or b"")
        for topic in FOLLOWED[:2]
        for record in country.broker.topics[topic.name]
    ]
    async with BatchSender(bootstrap) as sender:
        for at in range(0, len(messages), 5):
            await sender.send(messages[at : at + 5])


def test_a_killed_process_goes_on_and_each_record_has_one_effect(
    country: Country, kafka: str, keys: Path, environment: dict[str, str], empty_database_url: str
) -> None:
    from events.local_keys import local_signer

    environment = {**environment, "SPP_NPCA_URL": empty_database_url}
    with connect(empty_database_url) as connection:
        ensure_tables(connection)
        process = _start(environment)
        _await(process, lambda: _count(connection, "place") > 0)
        country.births(LINES)
        events = [fact for number in range(1, LINES + 1) for fact in mother(number)]
        events.append(declared("nssf", "NB", LINES, LINES * 400_000))
        for source in ("nssf", "pmrs", "hef"):
            with Publisher(kafka, source, local_signer(keys, source)) as publisher:
                publisher.publish([event for event in events if event.source == source])
        asyncio.run(_send(kafka, country))
        for table in ("fact", "leaf", "line"):
            _await(process, lambda table=table: _count(connection, table) > 0)  # type: ignore[misc] # bound at once
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            process = _start(environment)
        row = country.desk.rows("select first_leaf + leaf_count from block order by block_no desc limit 1")
        _await(process, lambda: _count(connection, "leaf") == row[0][0])
        _await(process, lambda: _count(connection, "line") == LINES)
        _await(process, lambda: _count(connection, "fact") == len(events))
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) in {0, -signal.SIGTERM}  # the last one may not have got to its handlers
        assert _count(connection, "refusal") == 0


def test_the_agencys_database_is_made_once_and_its_role_reads_nothing_of_the_ledger(
    database_server: str, ledger_url: str, tmp_path: Path
) -> None:
    import json

    import psycopg
    import pytest

    from pipeline.settings import Settings

    run = tmp_path / "run"
    run.mkdir()
    (run / "postgres.json").write_text(json.dumps({"details": {"url": ledger_url}}))
    settings = Settings(home=tmp_path).model_copy(update={"ledger_url": None, "npca_url": None})
    agency.prepare(settings)
    agency.prepare(settings)
    with connect(settings.npca) as connection:
        ensure_tables(connection)
        assert connection.execute("select current_user, current_database()").fetchone() == ("npca", "npca")
    ours = ledger_url.rpartition("/")[2]
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(settings.npca.rpartition("/")[0] + f"/{ours}")
    with psycopg.connect(f"{database_server}/postgres", autocommit=True) as server:
        server.execute("drop database npca with (force)")
        server.execute("drop role npca")
