"""The rows of the campaign: what is done to which part of the stack, and when in the load."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.faults import blows, disk

if TYPE_CHECKING:
    from infra.faults.blows import Scene
    from infra.faults.disk import Disk
    from infra.faults.site import Site

Blow = tuple[int, float, Callable[["Scene"], None]]
"""A wave of the scenario, the share of it that is confirmed when the blow falls, and the blow."""

REFERENCE = "none"


def _no_disk(_site: Site) -> AbstractContextManager[Disk | None]:
    return nullcontext()


@dataclass(frozen=True)
class Row:
    """One row: its name, what it does in words, how many workers there are, and its blows in order."""

    name: str
    what: str
    blows: tuple[Blow, ...] = ()
    workers: int = 1
    disk: Callable[[Site], AbstractContextManager[Disk | None]] = _no_disk
    tablespace: str | None = None


ROWS: tuple[Row, ...] = (
    Row(REFERENCE, "nothing: what every other row is compared with"),
    Row(
        "worker-kill",
        "`kill -9` of the only worker: in a half-written batch, in a half-written set of decisions, between sending "
        "messages and taking them out of the outbox, and while lines freeze",
        (
            (1, 0.2, blows.kill_recording),
            (1, 0.4, blows.kill_deciding),
            (1, 0.6, blows.kill_relaying),
            (2, 0.5, blows.kill_worker),
        ),
    ),
    Row(
        "two-workers",
        "two workers: random kills and freezes of 13 s (the session timeout is 10 s), then the leader frozen in a "
        "half-written set until the other one leads",
        ((1, 0.2, blows.chaos), (2, 0.5, blows.freeze_leader)),
        workers=2,
    ),
    Row(
        "sigterm",
        "`SIGTERM` in a half-written batch and in a half-written set",
        ((1, 0.25, blows.terminate_recording), (1, 0.6, blows.terminate_deciding)),
    ),
    Row(
        "kafka-kill",
        "`kill -9` of the broker, twice",
        ((1, 0.3, blows.kill_broker), (2, 0.5, blows.kill_broker)),
    ),
    Row(
        "postgres-kill",
        "`kill -9` of the postmaster, twice",
        ((1, 0.3, blows.kill_postmaster), (2, 0.5, blows.kill_postmaster)),
    ),
    Row(
        "backend-kill",
        "`kill -9` of the backend that writes, which makes PostgreSQL restart all of them; then all sessions ended",
        ((1, 0.25, blows.kill_backend), (1, 0.6, blows.end_backends), (2, 0.5, blows.end_backends)),
    ),
    Row(
        "both-kill",
        "`kill -9` of broker and postmaster at once, twice",
        ((1, 0.3, blows.kill_both), (2, 0.5, blows.kill_both)),
    ),
    Row(
        "cut-worker-kafka",
        "TCP between worker and broker: all cut for 6 s, later nothing passes for 13 s",
        ((1, 0.2, blows.cut_worker_kafka), (1, 0.6, blows.stall_worker_kafka)),
    ),
    Row(
        "cut-worker-postgres",
        "TCP between worker and database: all cut for 6 s, later nothing passes for 13 s",
        (
            (1, 0.2, blows.cut_worker_postgres),
            (1, 0.6, blows.stall_worker_postgres),
            (2, 0.5, blows.cut_worker_postgres),
        ),
    ),
    Row(
        "cut-publisher-kafka",
        "TCP between publisher and broker: all cut for 6 s, later nothing passes for 13 s",
        ((1, 0.2, blows.cut_publisher), (1, 0.6, blows.stall_publisher)),
    ),
    Row(
        "disk-full",
        "the disk of the tables filled to the last byte until transactions fail, twice",
        ((1, 0.25, blows.fill_tables), (1, 0.6, blows.fill_tables)),
        disk=disk.for_tables,
        tablespace=disk.TABLESPACE,
    ),
    Row(
        "log-disk-full",
        "the disk of the write-ahead log filled until PostgreSQL stops itself, and 6 s more",
        ((1, 0.4, blows.fill_log),),
        disk=disk.for_log,
    ),
    Row(
        "slow-database",
        "every piece to and from the database 10 ms late and 400 kB/s at most, for most of the load",
        ((1, 0.1, blows.slow_database),),
    ),
    Row(
        "rebalance-storm",
        "four more recording workers join and leave, orderly and killed by turns",
        ((1, 0.2, blows.rebalance_storm),),
    ),
    Row(
        "poison-burst",
        "1,500 well-signed bad records of one source, then good ones of the same",
        ((1, 0.2, blows.poison_burst),),
    ),
)


def chosen(names: list[str]) -> list[Row]:
    """The rows of these names, all without names; the reference always comes first. KeyError for an unknown name."""
    known = {row.name: row for row in ROWS}
    wanted = {REFERENCE, *(known[name].name for name in names)} if names else set(known)
    return [row for row in ROWS if row.name in wanted]
