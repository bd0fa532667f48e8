"""The stored offset is the authority: what does not fit it is refused with a message, never recorded."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from ledger.store import connect
from tests.stack.flow.support import Workers, evidence, publish, recorded_sum, records, wait_until

Query = Callable[..., list[tuple[Any, ...]]]


def test_a_topic_made_anew_is_refused(
    kafka: str, keys: Path, workers: Workers, query: Query, fresh_topics: Callable[[], None]
) -> None:
    publish(kafka, records(keys, [evidence(number) for number in range(40)]))
    first = workers.start("record")
    wait_until(lambda: recorded_sum(query) == (40, 0, 0), workers)
    workers.kill(first)
    fresh_topics()
    publish(kafka, records(keys, [evidence(number) for number in range(100, 180)]))
    assert workers.start("record").wait(60) == 1
    assert "was deleted and made again" in workers.logs()
    assert recorded_sum(query) == (40, 0, 0)


def test_offsets_beyond_the_end_of_the_topic_are_refused(
    kafka: str, keys: Path, workers: Workers, ledger_url: str, query: Query
) -> None:
    publish(kafka, records(keys, [evidence(number) for number in range(40)]))
    first = workers.start("record")
    wait_until(lambda: recorded_sum(query) == (40, 0, 0), workers)
    workers.kill(first)
    with psycopg.connect(ledger_url) as connection:
        connection.execute("update consumer_offset set next_offset = 500 where topic_no = 2 and partition = 1")
    assert workers.start("record").wait(60) == 1
    assert "has recorded it up to 500" in workers.logs()


def test_drain_waits_for_all_and_says_what_is_outstanding(
    kafka: str, keys: Path, environment: dict[str, str], workers: Workers
) -> None:
    publish(kafka, records(keys, [evidence(number) for number in range(40)]))
    ended = _drain(environment, "0.5")
    assert ended.returncode == 1
    assert "40 records not yet recorded" in ended.stderr
    workers.start("record,decide,relay")
    ended = _drain(environment, "60")
    assert ended.returncode == 0, ended.stderr + workers.logs()


def _drain(environment: dict[str, str], timeout: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipeline.cli.main", "drain", "--timeout", timeout],
        env=environment,
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_former_owner_frozen_in_a_transaction_is_ended(
    kafka: str, keys: Path, workers: Workers, ledger_url: str, query: Query
) -> None:
    publish(kafka, records(keys, [evidence(number) for number in range(40)]))
    first = workers.start("record")
    wait_until(lambda: recorded_sum(query) == (40, 0, 0), workers)
    with connect(ledger_url, "writer") as frozen:
        frozen.execute("update consumer_offset set accepted = accepted where topic_no = 2 and partition = 1")
        publish(kafka, records(keys, [evidence(number) for number in range(40, 80)]))
        wait_until(lambda: recorded_sum(query) == (80, 0, 0), workers)
        assert frozen.info.transaction_status != TransactionStatus.IDLE
        frozen.close()
    assert first.poll() is None
    assert "frozen_ended" in workers.logs()
