"""Recording on real servers: once each, whatever is killed, and nothing of one record harms another."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.stack.flow.support import Workers, evidence, publish, recorded_sum, records, wait_until

Query = Callable[..., list[tuple[Any, ...]]]


def test_a_worker_records_what_is_published(kafka: str, keys: Path, workers: Workers, query: Query) -> None:
    publish(kafka, records(keys, [evidence(number) for number in range(3_000)]))
    workers.start("record")
    wait_until(lambda: recorded_sum(query) == (3_000, 0, 0), workers)
    assert query("select count(*), count(distinct event_id) from inbox") == [(3_000, 3_000)]
    assert query("select count(*) from mark") == [(3_000,)]
    assert workers.stop(workers.running[0]) == 0, workers.logs()


def test_nothing_is_lost_or_doubled_when_workers_are_killed(
    kafka: str, keys: Path, workers: Workers, query: Query
) -> None:
    total = 40_000
    first, second = workers.start("record"), workers.start("record")
    sent = 0
    for step in range(8):
        part = [evidence(number) for number in range(sent, sent + total // 8)]
        publish(kafka, records(keys, part))
        sent += len(part)
        if step in {1, 3, 5}:
            done = recorded_sum(query)[0]
            wait_until(lambda done=done: recorded_sum(query)[0] > done, workers)  # type: ignore[misc]
            workers.kill(first)
            first = workers.start("record")
        if step == 4:
            assert workers.stop(second) == 0, workers.logs()
            second = workers.start("record")
    wait_until(lambda: sum(recorded_sum(query)) >= total, workers, 200)
    assert recorded_sum(query) == (total, 0, 0)
    assert query("select count(*), count(distinct event_id), count(distinct position) from inbox") == [(total,) * 3]
    assert query("select sum(next_offset), sum(skipped) from consumer_offset") == [(total, 0)]
    assert query("select count(*) from mark") == [(total,)]


def test_two_workers_share_the_partitions(kafka: str, keys: Path, workers: Workers, query: Query) -> None:
    workers.start("record")
    workers.start("record")
    publish(kafka, records(keys, [evidence(number) for number in range(4_000)]))
    wait_until(lambda: recorded_sum(query) == (4_000, 0, 0), workers)
    again = records(keys, [evidence(number) for number in range(4_000)])
    publish(kafka, again)
    wait_until(lambda: sum(recorded_sum(query)) == 8_000, workers)
    assert recorded_sum(query) == (4_000, 4_000, 0)


def test_a_worker_that_was_frozen_records_nothing_twice(kafka: str, keys: Path, workers: Workers, query: Query) -> None:
    """A frozen worker loses its partitions and wakes up with batches in hand that another has recorded."""
    total = 20_000
    first = workers.start("record")
    publish(kafka, records(keys, [evidence(number) for number in range(total // 2)]))
    wait_until(lambda: recorded_sum(query)[0] > 0, workers)
    first.send_signal(signal.SIGSTOP)
    workers.start("record")
    publish(kafka, records(keys, [evidence(number) for number in range(total // 2, total)]))
    wait_until(lambda: recorded_sum(query) == (total, 0, 0), workers)
    first.send_signal(signal.SIGCONT)
    publish(kafka, records(keys, [evidence(number) for number in range(total, total + 400)]))
    wait_until(lambda: sum(recorded_sum(query)) >= total + 400, workers)
    assert recorded_sum(query) == (total + 400, 0, 0)
    assert query("select count(*), count(distinct event_id) from inbox") == [(total + 400, total + 400)]


def test_a_database_that_restarts_is_waited_for(kafka: str, keys: Path, workers: Workers, query: Query) -> None:
    worker = workers.start("record")
    publish(kafka, records(keys, [evidence(number) for number in range(2_000)]))
    wait_until(lambda: recorded_sum(query) == (2_000, 0, 0), workers)
    ended = query(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity"
        " where application_name like 'spp%%' and datname = current_database() and pid <> pg_backend_pid()"
    )
    assert ended[0][0] > 0
    publish(kafka, records(keys, [evidence(number) for number in range(2_000, 4_000)]))
    wait_until(lambda: recorded_sum(query) == (4_000, 0, 0), workers)
    assert worker.poll() is None
    assert "record_retry" in workers.logs()
