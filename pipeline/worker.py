"""One process with one or more roles. Faust records in the main thread; the other roles run in their own."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING, Any

from events.keys import RegistryError
from pipeline.errors import PipelineError, is_transient
from pipeline.logging import get_logger
from pipeline.metrics import Metrics, program_version
from pipeline.settings import SettingsError
from processors.policy.loader import PolicyError

if TYPE_CHECKING:
    from pipeline.settings import Settings

GRACE_SECONDS = 20.0
"""After SIGTERM a batch in hand may finish; then the process ends, whatever hangs. Nothing committed is lost."""
CRASH_SECONDS = 5.0
"""After a fault Faust may leave its group; then the process ends with 1."""

OUR_WORDS = (PipelineError, SettingsError, RegistryError, PolicyError)
"""Exceptions whose text we wrote ourselves: it names settings, files and positions, never what a record holds."""

_log = get_logger("worker")


class Role(StrEnum):
    """What a process does. All processes of a role share its work or stand by for it."""

    RECORD = "record"
    DECIDE = "decide"
    RELAY = "relay"
    SEAL = "seal"


Runner = Callable[[threading.Event], None]
"""Works until the event is set, then returns; an exception ends the process."""


@dataclass(slots=True)
class Supervisor:
    """Runs the threads of a process; the first fault in any of them ends it with 1."""

    stop: threading.Event = field(default_factory=threading.Event)
    failed: bool = False
    leave: Callable[[int], None] = os._exit
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self, role: Role, runner: Runner) -> None:
        """Run `runner` in a thread of its own."""
        thread = threading.Thread(target=self._guard, args=(role, runner), name=role.value, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _guard(self, role: Role, runner: Runner) -> None:
        try:
            runner(self.stop)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the process must not go on without the role
            self.report(error, role)
            if self.failed:
                self.leave(1)
        else:
            if not self.stop.is_set():
                _log.critical("role_ended", role=role.value)
                self.leave(1)

    def report(self, error: BaseException, role: Role = Role.RECORD) -> None:
        """Say why the process ends, and see that it does within `CRASH_SECONDS`."""
        if self.stop.is_set() and is_transient(error):
            return  # a stop ended the waiting for a server that was away; nothing is lost
        self.failed = True
        message = str(error) if isinstance(error, OUR_WORDS) else ""
        _log.critical("role_failed", role=role.value, message=message, exc_info=error)
        self.end_within(CRASH_SECONDS, 1)

    def begin_stop(self) -> None:
        """Ask every role to finish what it has in hand."""
        self.stop.set()
        self.end_within(GRACE_SECONDS, 1)

    def end_within(self, seconds: float, code: int) -> None:
        """End the process with `code` after `seconds`, however it hangs."""
        timer = threading.Timer(seconds, self.leave, (code,))
        timer.daemon = True
        timer.start()

    def join(self) -> None:
        """Wait for the threads, no longer than the grace."""
        deadline = monotonic() + GRACE_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - monotonic()))


def _serve(metrics: Metrics, address: str, port: int) -> int:
    try:
        return metrics.serve(port, address)
    except OSError as error:
        message = f"metrics cannot be served on {address}:{port} ({error.strerror}): another --metrics-port, or 0 for a"
        raise SettingsError(f"{message} free one; the address is SPP_METRICS_ADDRESS") from error


def run_worker(settings: Settings, roles: frozenset[Role], metrics_port: int | None) -> int:
    """Run the roles until SIGTERM or SIGINT; returns the exit code: 0 after a stop, 1 after a fault.

    Raises what is wrong with settings, keys or packs (`OUR_WORDS`) before anything is started.
    """
    _log.info("worker_starting", roles=sorted(roles), pid=os.getpid(), version=program_version())
    require_servers(settings)
    metrics = Metrics()
    supervisor = Supervisor()
    recording = _recording(settings, metrics, supervisor) if Role.RECORD in roles else None
    runners = _runners(settings, roles, metrics)
    tune_garbage_collector()
    port = _serve(metrics, settings.metrics_address, metrics_port) if metrics_port is not None else None
    _log.info("worker_started", port=port, pid=os.getpid())
    for role, runner in runners.items():
        supervisor.start(role, runner)
    if recording is not None:
        code = _run_faust(recording, supervisor)
    else:
        _wait_for_signal(supervisor)
        code = 0
    supervisor.stop.set()
    supervisor.join()
    _log.info("worker_stopped", pid=os.getpid())
    return 1 if supervisor.failed else code


def require_servers(settings: Settings) -> tuple[str, str]:
    """The addresses of the brokers and of the ledger; SettingsError when nobody said where they are."""
    return settings.bootstrap, settings.ledger


def tune_garbage_collector() -> None:
    """Thousands of short-lived records a batch set off full collections that find nothing."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _runners(settings: Settings, roles: frozenset[Role], metrics: Metrics) -> Mapping[Role, Runner]:
    runners: dict[Role, Runner] = {}
    if Role.DECIDE in roles:
        from pipeline.decide import Decider  # noqa: PLC0415 - a recording process need not load the packs' engine

        runners[Role.DECIDE] = Decider(settings, metrics).run
    if Role.RELAY in roles:
        from pipeline.relay import Relay  # noqa: PLC0415 - likewise

        runners[Role.RELAY] = Relay(settings, metrics).run
    if Role.SEAL in roles:
        from pipeline.seal import SealService  # noqa: PLC0415 - likewise

        runners[Role.SEAL] = SealService(settings, metrics).run
    return runners


def _wait_for_signal(supervisor: Supervisor) -> None:
    def on_signal(number: int, _frame: FrameType | None) -> None:
        _log.info("stopping", signal=number)
        supervisor.begin_stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    while not supervisor.stop.wait(1.0):
        pass


def _recording(settings: Settings, metrics: Metrics, supervisor: Supervisor) -> Any:
    """Faust's worker. Faust takes 1.4 s to import, so only here."""
    from pipeline.recording import recording_worker  # noqa: PLC0415

    return recording_worker(settings, metrics, supervisor)


def _run_faust(worker: Any, supervisor: Supervisor) -> int:
    """Run Faust in this thread until it ends; returns the exit code."""
    try:
        worker.execute_from_commandline()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except Exception as error:  # noqa: BLE001 - Faust raises its crash reason again
        if not supervisor.failed:
            supervisor.report(error)
        return 1
    finally:
        sys.stderr.flush()
    return 0
