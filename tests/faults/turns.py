"""Processes of a simulated deployment take turns: one runs at a time, statement by statement, so a run can be repeated.

Each process is a thread that runs production code. It stops before every statement it sends; whoever drives the
simulation says how many statements it may send and what befalls the last of them. A statement may wait for a lock that
another process holds: PostgreSQL itself is asked, and then the turn ends with the process blocked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import TYPE_CHECKING, NoReturn

import psycopg

if TYPE_CHECKING:
    from tests.faults.broker import Broker
    from tests.faults.connection import Simulated

LIMITLESS = 1_000_000
HANGING_SECONDS = 60.0
_LOOK_SECONDS = 0.004

CURRENT: ContextVar[Process | None] = ContextVar("CURRENT", default=None)
"""The process whose code is running; None outside the simulation."""


class Died(BaseException):
    """The process was killed: nothing it does from here on reaches a server."""


class HangsError(Exception):
    """A process neither came to its next statement nor waits for a lock: the simulation cannot go on."""


class Stop(threading.Event):
    """The stop event production code is given. Waiting on it ends the turn instead of taking time."""

    def __init__(self, process: Process) -> None:
        super().__init__()
        self.process = process

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - no time passes here
        self.process.pause("wait", idle=True)
        return self.is_set()


class Process:
    """One operating-system process of the deployment; a new one is made for each restart."""

    def __init__(self, name: str, turns: Turns, main: Callable[[Process], None]) -> None:
        self.name, self.turns, self.main = name, turns, main
        self.stop = Stop(self)
        self.connections: list[Simulated] = []
        self.idle = self.dead = self.ended = self.blocked = self.frozen = False
        self.at = "start"
        self.crash: BaseException | None = None
        self.orders: list[str] = []
        """What befalls its consumer at its next poll."""
        self.deaf = False
        """It has not heard of the last rebalance."""
        self.budget, self.fault, self.until = 0, "", ""
        self.go, self.stopped = threading.Semaphore(0), threading.Semaphore(0)
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.thread.start()

    # -- called by the process's own code -----------------------------------------------------------------------------

    def pause(self, what: str, *, idle: bool = False) -> str:
        """Before a statement: go on, or wait for a turn. Returns the fault that befalls this statement, or ""."""
        if self.dead:
            raise Died
        if idle:
            self.budget = 0
        if self.until in what and self.until and not self.fault:
            self.budget, self.until = 0, ""
        while self.budget <= 0:
            self.at, self.idle = what, idle
            self.stopped.release()
            self.go.acquire()
            if self.dead:
                raise Died
            if idle:
                self.idle = False
                return ""
        self.at = what
        self.budget -= 1
        if self.until in what if self.until else self.budget == 0:
            fault, self.fault, self.until, self.budget = self.fault, "", "", 0
        else:
            fault = ""
        self.turns.trace(self, what, fault)
        return fault

    def die(self) -> NoReturn:
        """End here and now: sockets close, nothing that unwinds is sent any more."""
        self.dead = True
        for connection in self.connections:
            connection.pgconn.finish()
        raise Died

    def _run(self) -> None:
        CURRENT.set(self)
        try:
            self.pause("start", idle=True)
            self.main(self)
        except Died:
            pass
        except BaseException as error:  # noqa: BLE001 - how the process ended is told by whoever drives it
            self.crash = error
        finally:
            for connection in self.connections:
                connection.pgconn.finish()
            self.ended = True
            self.stopped.release()


@dataclass
class Turns:
    """Gives turns. `monitor` is a superuser's connection in autocommit, used to look at locks and to end sessions."""

    monitor: psycopg.Connection[tuple[object, ...]]
    broker: Broker
    processes: dict[str, Process] = field(default_factory=dict)
    traced: list[str] | None = None
    """Every statement in the order sent, when somebody wants them."""
    connected: Callable[[Simulated], None] = lambda _connection: None
    begins: Callable[[str], None] = lambda _name: None
    forget: Callable[[str], None] = lambda _name: None
    after_commit: Callable[[Simulated], None] = lambda _connection: None

    def trace(self, process: Process, what: str, fault: str) -> None:
        """Note a statement."""
        if self.traced is not None:
            self.traced.append(f"{process.name} {what}{' !' + fault if fault else ''}")

    def run(self, process: Process, statements: int = LIMITLESS, fault: str = "", until: str = "") -> None:
        """Let it send up to so many statements, the last under `fault`; ends early where it waits for work or a lock.

        `until` names a statement by words of it: the fault befalls that one, and without a fault it is not sent yet.
        """
        if process.ended or process.blocked:
            return
        process.budget, process.fault, process.until = statements, fault, until
        process.go.release()
        self._follow(process)
        self.look_at_blocked()

    def look_at_blocked(self) -> None:
        """Whoever got the lock it waited for comes to its next statement now."""
        for other in self.processes.values():
            if other.blocked and not self.waits_for_lock(other):
                other.blocked = False
                self._follow(other)

    def start(self, name: str, main: Callable[[Process], None]) -> Process:
        """A new process, which waits for its first turn."""
        process = Process(name, self, main)
        process.stopped.acquire()
        return process

    def kill(self, process: Process) -> None:
        """End a process wherever it is; returns when the server has forgotten it. Raises HangsError when it goes on."""
        if not process.ended:
            process.dead = True
            for connection in process.connections:
                connection.pgconn.finish()
            if process.blocked:
                self.end_sessions([connection.pid for connection in process.connections])
                process.blocked = False
            else:
                process.go.release()
            if not process.stopped.acquire(timeout=HANGING_SECONDS):
                raise HangsError(f"{process.name} was killed at {process.at!r} and does not end")
        self.await_gone([connection.pid for connection in process.connections])

    def _follow(self, process: Process) -> None:
        look, began = _LOOK_SECONDS, monotonic()
        while not process.stopped.acquire(timeout=look):
            if self.waits_for_lock(process):
                process.blocked, process.budget, process.fault, process.until = True, 0, "", ""
                self.trace(process, process.at, "waits for a lock")
                return
            if monotonic() - began > HANGING_SECONDS:
                raise HangsError(f"{process.name} hangs at {process.at!r}")
            look = min(2 * look, 0.1)
        if process.ended:
            self.await_gone([connection.pid for connection in process.connections])

    # -- what the server says -----------------------------------------------------------------------------------------

    def waits_for_lock(self, process: Process) -> bool:
        """Whether a session of the process waits for one of another session."""
        pids = [connection.pid for connection in process.connections if not connection.closed]
        query = "select exists(select from unnest(%s::int[]) pid where cardinality(pg_blocking_pids(pid)) > 0)"
        return self.monitor.execute(query, (pids,)).fetchone() == (True,)

    def end_sessions(self, pids: Iterable[int]) -> None:
        """Terminate sessions; returns when they are gone, and their locks with them."""
        wanted = list(pids)
        self.monitor.execute("select pg_terminate_backend(pid) from unnest(%s::int[]) pid", (wanted,))
        self.await_gone(wanted)

    def cancel(self, process: Process) -> None:
        """Cancel what the process waits for, as a lock or statement timeout does."""
        pids = [connection.pid for connection in process.connections if not connection.closed]
        self.monitor.execute("select pg_cancel_backend(pid) from unnest(%s::int[]) pid", (pids,))
        process.blocked = False
        self._follow(process)

    def await_gone(self, pids: list[int]) -> None:
        """Wait until the server has no session of these, so that what follows does not depend on its speed."""
        query = "select exists(select from pg_stat_get_activity(null) where pid = any(%s))"
        while pids and self.monitor.execute(query, (pids,)).fetchone() == (True,):
            sleep(0.0005)
