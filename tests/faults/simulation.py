"""Runs a schedule on a fresh ledger, then restarts everybody until all is quiet, and hands over what there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import psycopg

from tests.faults import processes, schedule
from tests.faults.broker import Broker
from tests.faults.connection import SERVER_ERRORS
from tests.faults.schedule import EVERYBODY, KAFKA, PROCESSES, Move, Schedule
from tests.faults.story import PLACES
from tests.faults.turns import LIMITLESS, HangsError, Process, Turns
from tests.faults.witness import Witness

if TYPE_CHECKING:
    from tests.faults.checks import Wrong
    from tests.faults.server import Server
    from tests.faults.variants import Variant

ROUNDS = 60
"""Everybody gets so many turns to become quiet; a dozen is enough where nothing is wrong."""

_QUIET = """
select (select coalesce(sum(next_offset), 0) from consumer_offset) = %s
    and not exists (select from mark) and not exists (select from outbox)
"""


@dataclass
class Outcome:
    """What is left when a schedule is over. `url` is of the ledger, as long as the schedule's `run` has it."""

    schedule: Schedule
    broker: Broker
    url: str
    observer: psycopg.Connection[tuple[object, ...]]
    quiet: bool = False
    crashes: list[tuple[str, BaseException]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    """What was wrong while it ran."""


class Simulation:
    """One schedule being run."""

    def __init__(self, told: Schedule, url: str, trace: list[str] | None = None) -> None:
        self.told, self.url = told, url
        self.broker = Broker({place: [] for place in PLACES})
        observer = psycopg.Connection[tuple[object, ...]].connect(url, autocommit=True)
        self.turns = Turns(observer, self.broker, traced=trace)
        self.witness = Witness(observer)
        self.turns.connected, self.turns.after_commit = self.witness.connected, self.witness.after_commit
        self.turns.begins, self.turns.forget = self.witness.begins, self.witness.forget
        self.unpublished, self.end = list(told.published), list(told.end)
        self.outcome = Outcome(told, self.broker, url, observer, seen=self.witness.seen)
        self._kafka: dict[str, Callable[[int], None]] = {
            schedule.PUBLISH: self._publish,
            schedule.HOLD_BACK: self._hold_back,
            schedule.END: self._come_to_the_end,
            schedule.REBALANCE: self._rebalance,
            schedule.FORGET: self._forget,
            schedule.PASS_OVER: self._pass_over,
        }
        self._rebalance(0b0101010101)

    def run(self) -> Outcome:
        """Make every move, then recover."""
        processes.Pool.lag = self.told.lag
        try:
            for move in self.told.moves:
                self._move(move)
            self._come_to_the_end()
            self._publish(len(self.unpublished))
            self.outcome.quiet = self._settle()
        finally:
            for process in self.turns.processes.values():
                self._end(process)
        return self.outcome

    def _move(self, move: Move) -> None:
        if self.turns.traced is not None:
            self.turns.traced.append(f"-- {move}")
        if move.who == EVERYBODY:
            self._settle()
        elif move.who == KAFKA:
            self._kafka[move.what](move.many)
        else:
            self._move_process(self._process(move.who), move)

    def _move_process(self, process: Process, move: Move) -> None:
        what = move.what
        if what == schedule.KILL:
            self.turns.kill(process)
        elif what in {schedule.FREEZE, schedule.THAW}:
            process.frozen = what == schedule.FREEZE
        elif what in {schedule.DEAF, schedule.HEAR}:
            process.deaf = what == schedule.DEAF
        elif what in {schedule.REWIND, schedule.SKIP}:
            process.orders.append(what)
        elif what == schedule.CUT_IDLE:
            alive = [connection for connection in process.connections if not connection.closed]
            self.turns.end_sessions([alive[move.many % len(alive)].pid] if alive else [])
            self.turns.look_at_blocked()
        elif process.blocked and what in SERVER_ERRORS:
            self.turns.cancel(process)
        elif not process.frozen:
            self.turns.run(process, move.many, what, move.at)

    # -- kafka --------------------------------------------------------------------------------------------------------

    def _publish(self, count: int) -> None:
        for record in self.unpublished[:count]:
            self.broker.append(record.place, record.value, record.headers)
        del self.unpublished[:count]

    def _hold_back(self, count: int) -> None:
        self._publish(max(0, len(self.unpublished) - count))

    def _come_to_the_end(self, _count: int = 0) -> None:
        self.unpublished += self.end
        self.end = []

    def _rebalance(self, bits: int) -> None:
        names = schedule.RECORDERS
        self.broker.rebalance({place: names[bits >> at & 1] for at, place in enumerate(PLACES)})

    def _forget(self, _count: int) -> None:
        self._leave_group()
        self.broker.forget()

    def _pass_over(self, _count: int) -> None:
        self._leave_group()
        self.broker.pass_over()

    def _leave_group(self) -> None:
        """Kafka changes offsets behind its consumers' backs only while there are none."""
        for name in schedule.RECORDERS:
            if name in self.turns.processes:
                self.turns.kill(self.turns.processes[name])

    # -- processes ----------------------------------------------------------------------------------------------------

    def _process(self, name: str) -> Process:
        """The process of this name, started when there is none."""
        process = self.turns.processes.get(name)
        if process is None or process.ended:
            if process is not None:
                self._note_crash(process)
            process = self.turns.processes[name] = self.turns.start(name, self._main(name))
        return process

    def _main(self, name: str) -> Callable[[Process], None]:
        if name in schedule.RECORDERS:
            return partial(processes.record, url=self.url, fetched=self.told.fetched)
        if name in schedule.DECIDERS:
            return partial(processes.decide, url=self.url, marks_at_once=self.told.marks_at_once)
        return partial(processes.relaying, url=self.url)

    def _end(self, process: Process) -> None:
        try:
            self.turns.kill(process)
        except HangsError as error:
            process.crash = error
        self._note_crash(process)

    def _note_crash(self, process: Process) -> None:
        if process.crash is not None:
            self.outcome.crashes.append((process.name, process.crash))
            process.crash = None

    def _settle(self) -> bool:
        """No more faults: everybody wakes up, hears, is restarted, and goes on until nothing is left to be done."""
        for process in self.turns.processes.values():
            process.frozen = process.deaf = False
        for _ in range(ROUNDS):
            for name in PROCESSES:
                self.turns.run(self._process(name), LIMITLESS)
            if self._is_quiet():
                return True
        return False

    def _is_quiet(self) -> bool:
        published = sum(map(len, self.broker.logs.values()))
        if any(process.blocked for process in self.turns.processes.values()):
            return False
        return self.turns.monitor.execute(_QUIET, (published,)).fetchone() == (True,)


def run(
    server: Server,
    told: Schedule,
    check: Callable[[Outcome], list[Wrong]],
    variant: Variant,
    trace: list[str] | None = None,
) -> list[Wrong]:
    """Run a schedule on production as `variant` has it; returns what is wrong and adds every statement to `trace`."""
    with server.ledger() as url:
        with variant.installed(url):
            simulation = Simulation(told, url, trace)
            try:
                outcome = simulation.run()
            finally:
                simulation.outcome.observer.close()
        return check(outcome)
