"""The faults themselves. Each is real: signals, cut connections, a full disk; none helps a process to recover."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import psycopg

from infra.faults.poison import burst
from infra.faults.site import KAFKA, POSTGRES
from infra.faults.waiting import LateError, pause, wait_until

if TYPE_CHECKING:
    from infra.faults.disk import Disk
    from infra.faults.load import Load
    from infra.faults.proxy import Link
    from infra.faults.site import Site
    from infra.faults.watch import Watch

CUT_SECONDS: Final = 6.0
STALL_SECONDS: Final = 13.0
"""Longer than the consumers' session timeout of 10 s, so that partitions change hands."""
FROZEN_SECONDS: Final = 13.0
HELD_SECONDS: Final = 20.0
LEAD_SECONDS: Final = 150.0
DELAY_SECONDS: Final = 0.01
BYTES_PER_SECOND: Final = 400_000.0
JOINERS: Final = 4


@dataclass
class Scene:
    """What a blow may touch, and what it noted."""

    site: Site
    load: Load
    watch: Watch
    rng: random.Random
    disk: Disk | None = None
    notes: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to the process of this name, by its id."""
        with suppress(ProcessLookupError):
            os.kill(self.site.pid(name), number)


@contextmanager
def held(site: Site, table: str) -> Iterator[int | None]:
    """Hold whoever writes `table` in the middle of a transaction; yields the id of that server process.

    None when nobody came: then a blow falls between transactions.
    """
    with _locking(site) as locking:
        locking.execute(f"lock table {table} in share mode".encode())
        yield _first_held(locking, f"a transaction that writes {table}")


@contextmanager
def held_relay(site: Site) -> Iterator[int | None]:
    """Hold the relay after the brokers have acknowledged what it sent, where it takes a row out of the outbox."""
    one = b"select outbox_id from outbox order by outbox_id limit 1 for update skip locked"
    with _locking(site) as locking:
        with suppress(LateError):
            wait_until(lambda: bool(locking.execute(one).fetchall()), HELD_SECONDS, "a row to relay")
        yield _first_held(locking, "the relay that takes a row out")


@contextmanager
def _locking(site: Site) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A transaction that lets go at the end, if the blow has not ended its session too."""
    locking = site.admin()
    try:
        locking.execute(b"begin")
        yield locking
    finally:
        locking.close()


def _first_held(locking: psycopg.Connection[tuple[object, ...]], what: str) -> int | None:
    query = b"select pid from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid)) limit 1"
    came: list[int] = []

    def somebody() -> bool:
        came.extend(int(str(row[0])) for row in locking.execute(query).fetchall())
        return bool(came)

    with suppress(LateError):
        wait_until(somebody, HELD_SECONDS, what)
    return came[0] if came else None


def kill_recording(scene: Scene) -> None:
    """Kill -9 the worker while a batch is half written."""
    with held(scene.site, "inbox") as inside:
        scene.signal("worker-1", signal.SIGKILL)
    scene.notes.append("killed inside a recording transaction" if inside else "killed between batches")


def kill_deciding(scene: Scene) -> None:
    """Kill -9 the worker while a decided set is half written."""
    with held(scene.site, "decision") as inside:
        scene.signal("worker-1", signal.SIGKILL)
    scene.notes.append("killed inside a deciding transaction" if inside else "killed between sets")


def kill_relaying(scene: Scene) -> None:
    """Kill -9 the worker when its messages are acknowledged and still stand in the outbox: they are sent again."""
    with held_relay(scene.site) as inside:
        scene.signal("worker-1", signal.SIGKILL)
    scene.notes.append("killed between sending and taking out" if inside else "killed while nothing was relayed")


def kill_worker(scene: Scene) -> None:
    """Kill -9 the worker wherever it is."""
    scene.signal("worker-1", signal.SIGKILL)


def terminate_recording(scene: Scene) -> None:
    """SIGTERM in the middle of a batch."""
    _terminate(scene, "inbox")


def terminate_deciding(scene: Scene) -> None:
    """SIGTERM in the middle of a decided set."""
    _terminate(scene, "decision")


def _terminate(scene: Scene, table: str) -> None:
    kept = scene.site.supervisor.kept["worker-1"]
    before = len(kept.exits)
    with held(scene.site, table) as inside:
        scene.signal("worker-1", signal.SIGTERM)
    wait_until(lambda: len(kept.exits) > before, 60, "the end of a worker after SIGTERM")
    place = "inside" if inside else "outside of"
    told = f"SIGTERM {place} a transaction on {table}: exit code {kept.exits[-1]}"
    (scene.wrong if kept.exits[-1] else scene.notes).append(told)


def chaos(scene: Scene) -> None:
    """Kill or freeze one of the workers at random, four times, the next before the last has recovered."""
    for _ in range(4):
        name = scene.rng.choice(sorted(scene.site.workers))
        if scene.rng.random() < 0.5:
            scene.signal(name, signal.SIGKILL)
            scene.notes.append(f"{name} killed")
            pause(scene.rng.uniform(0.5, 3.0))
        else:
            pid = scene.site.pid(name)
            os.kill(pid, signal.SIGSTOP)
            pause(FROZEN_SECONDS)
            os.kill(pid, signal.SIGCONT)
            scene.notes.append(f"{name} frozen for {FROZEN_SECONDS:.0f} s")


def freeze_leader(scene: Scene) -> None:
    """Freeze the worker that decides, in a half-written set, until the other one leads; then let it wake up."""
    names = sorted(scene.site.workers)
    scene.watch.look()
    leader = next((name for name in names if scene.watch.leads(name, "decide")), names[0])
    others = [name for name in names if name != leader]
    pid = scene.site.pid(leader)
    with held(scene.site, "decision") as inside:
        os.kill(pid, signal.SIGSTOP)
    scene.notes.append("the leader frozen in a half-written set" if inside else "the leader frozen between sets")
    try:
        took = wait_until(
            lambda: any(scene.watch.leads(name, "decide") for name in others), LEAD_SECONDS, "another leader"
        )
        scene.notes.append(f"the frozen leader was replaced after {took:.0f} s")
    finally:
        os.kill(pid, signal.SIGCONT)


def kill_broker(scene: Scene) -> None:
    """Kill -9 the broker."""
    scene.signal(KAFKA, signal.SIGKILL)


def kill_postmaster(scene: Scene) -> None:
    """Kill -9 the database's first process."""
    scene.signal(POSTGRES, signal.SIGKILL)


def kill_both(scene: Scene) -> None:
    """Kill -9 broker and database at once."""
    scene.signal(POSTGRES, signal.SIGKILL)
    scene.signal(KAFKA, signal.SIGKILL)


def kill_backend(scene: Scene) -> None:
    """Kill -9 the one server process that records, in its transaction; PostgreSQL then restarts all of them."""
    with held(scene.site, "inbox") as inside:
        if inside is not None:
            os.kill(inside, signal.SIGKILL)
    scene.notes.append("a backend killed inside a transaction" if inside else "no backend was writing")


def end_backends(scene: Scene) -> None:
    """End every session of the workers."""
    query = b"select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name like 'spp %'"
    with scene.site.admin() as connection:
        row = connection.execute(query).fetchone()
    scene.notes.append(f"{row[0] if row else 0} sessions ended")


def _cut(scene: Scene, link: Link) -> None:
    before = link.cuts
    link.cut()
    pause(CUT_SECONDS)
    link.restore()
    scene.notes.append(f"{link.cuts - before} connections cut, none for {CUT_SECONDS:.0f} s")


def _stall(link: Link) -> None:
    link.stall()
    pause(STALL_SECONDS)
    link.restore()


def cut_worker_kafka(scene: Scene) -> None:
    """End all connections between worker and broker, and let none be made for a while."""
    _cut(scene, scene.site.to_broker)


def stall_worker_kafka(scene: Scene) -> None:
    """Nothing passes between worker and broker for longer than the session timeout; no connection ends."""
    _stall(scene.site.to_broker)


def cut_worker_postgres(scene: Scene) -> None:
    """End all connections between worker and database, and let none be made for a while."""
    _cut(scene, scene.site.to_database)


def stall_worker_postgres(scene: Scene) -> None:
    """Nothing passes between worker and database for a while; no connection ends."""
    _stall(scene.site.to_database)


def cut_publisher(scene: Scene) -> None:
    """End all connections between publisher and broker, and let none be made for a while."""
    _cut(scene, scene.site.to_publisher)


def stall_publisher(scene: Scene) -> None:
    """Nothing passes between publisher and broker for a while; no connection ends."""
    _stall(scene.site.to_publisher)


def fill_tables(scene: Scene) -> None:
    """Fill the disk of the tables until transactions fail for it, then make room."""
    disk = _disk_of(scene)
    before = scene.watch.count("spp_retries_total")
    disk.fill()
    try:
        wait_until(lambda: scene.watch.count("spp_retries_total") >= before + 3, 60, "transactions that find no space")
    finally:
        disk.free()
    scene.notes.append(f"{_no_space(scene.site)} statements found no space so far")


def fill_log(scene: Scene) -> None:
    """Fill the disk of the write-ahead log until PostgreSQL stops itself, then make room."""
    disk = _disk_of(scene)
    disk.fill()
    try:
        wait_until(lambda: _switch_fails(scene.site), 60, "the end of PostgreSQL for lack of space")
        pause(CUT_SECONDS)
    finally:
        disk.free()
    scene.notes.append(f"PostgreSQL stopped itself; {_no_space(scene.site)} messages of no space so far")


def _switch_fails(site: Site) -> bool:
    """Ask for the next file of the log until there is none to be had."""
    try:
        with site.admin() as connection:
            connection.execute(
                b"select pg_logical_emit_message(true, 'campaign', repeat('x', 100000)), pg_switch_wal()"
            )
    except psycopg.Error:
        return True
    return False


def _no_space(site: Site) -> int:
    return site.supervisor.log(POSTGRES).read_text(errors="replace").count("No space left on device")


def _disk_of(scene: Scene) -> Disk:
    if scene.disk is None:
        raise LookupError("this row has no disk of its own")
    return scene.disk


def slow_database(scene: Scene) -> None:
    """Each answer of the database late and thin until most of the wave is published."""
    scene.site.to_database.slow(DELAY_SECONDS, BYTES_PER_SECOND)
    scene.load.at(1, 0.8)
    scene.site.to_database.restore()


def rebalance_storm(scene: Scene) -> None:
    """Recording workers join, are given partitions and leave again, orderly and killed by turns."""
    site = scene.site
    for number in range(1, JOINERS + 1):
        site.start_worker(f"joiner-{number}", "record")
    for number in range(1, JOINERS + 1):
        site.wait_for_worker(f"joiner-{number}")
        scene.watch.look()
        first = signal.SIGTERM if number % 2 else signal.SIGKILL
        site.stop_worker(f"joiner-{number}", first)
    scene.notes.append(f"{JOINERS} workers joined and left")


def poison_burst(scene: Scene) -> None:
    """One source sends nothing but bad records until it is muted, then a few good ones, which are held."""
    scene.notes.append(burst(scene.site, scene.load))
