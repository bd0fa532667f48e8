"""What a deployment has around its processes: whatever ends unasked is started again after a moment."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Final, Self

import psutil

from pipeline.local import processes
from pipeline.local.processes import Running

RESTART_SECONDS: Final = 0.5
"""Between an end and the next start, as `RestartSec` of a service has it."""
LOOK_SECONDS: Final = 0.05
STOP_SECONDS: Final = 40.0


@dataclass(frozen=True)
class Command:
    """How a process is started."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    user: tuple[int, int] | None = None

    @classmethod
    def of(cls, running: Running) -> Command:
        """The command of a process that runs, to be started again the same way."""
        process = psutil.Process(running.pid)
        user = (process.uids().real, process.gids().real)
        own = (os.getuid(), os.getgid())
        return cls(process.cmdline(), process.environ(), Path(process.cwd()), None if user == own else user)


@dataclass
class Kept:
    """One process that is kept alive. `exits` are the exit codes of those before, negative for signals."""

    name: str
    command: Command
    process: subprocess.Popen[bytes]
    starts: int = 1
    exits: list[int] = field(default_factory=list)
    wanted: bool = True
    ended: float | None = None

    @property
    def pid(self) -> int:
        """The one that runs, or ran last."""
        return self.process.pid


class Supervisor:
    """Keeps processes alive. A context manager: at its end all are stopped, last started first."""

    def __init__(self, run_directory: Path, log_directory: Path) -> None:
        self._run, self._logs = run_directory, log_directory
        self.kept: dict[str, Kept] = {}
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def __enter__(self) -> Self:
        processes.make_run_directory(self._run)
        self._logs.mkdir(parents=True, exist_ok=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        for name in reversed(list(self.kept)):
            self.release(name)

    def keep(self, name: str, command: Command) -> Kept:
        """Start a process and start it again whenever it ends, until `release`."""
        with self._lock:
            kept = Kept(name, command, self._start(name, command, 1))
            self.kept[name] = kept
            return kept

    def release(self, name: str, first: signal.Signals = signal.SIGTERM) -> int:
        """Stop a process and keep it no more; its exit code, negative for the signal that ended it."""
        with self._lock:
            kept = self.kept.pop(name)
            kept.wanted = False
        if kept.process.poll() is None:
            kept.process.send_signal(signal.SIGCONT)
            kept.process.send_signal(first)
            try:
                kept.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                kept.process.kill()
                kept.process.wait()
        (self._run / f"{name}.json").unlink(missing_ok=True)
        return int(kept.process.returncode)

    def restarts(self, prefix: str) -> int:
        """How often processes whose names begin so were started again."""
        with self._lock:
            return sum(kept.starts - 1 for name, kept in self.kept.items() if name.startswith(prefix))

    def log(self, name: str) -> Path:
        """What all starts of a process said."""
        return self._logs / f"{name}.log"

    def _start(self, name: str, command: Command, number: int) -> subprocess.Popen[bytes]:
        with self.log(name).open("wb" if number == 1 else "ab") as output:
            process = subprocess.Popen(
                list(command.arguments),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**command.environment, processes.OWNER: str(self._run)},
                cwd=command.directory,
                start_new_session=True,
                user=command.user[0] if command.user else None,
                group=command.user[1] if command.user else None,
                extra_groups=[] if command.user else None,
            )
        birth = processes.birth_of(process.pid) or "gone"
        processes.write(self._run, Running(name, process.pid, birth, str(self.log(name))))
        return process

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            with self._lock:
                for kept in self.kept.values():
                    self._look(kept)

    def _look(self, kept: Kept) -> None:
        code = kept.process.poll()
        if code is None or not kept.wanted:
            return
        if kept.ended is None:
            kept.ended = monotonic()
            kept.exits.append(code)
        elif monotonic() - kept.ended >= RESTART_SECONDS:
            kept.ended = None
            kept.process = self._start(kept.name, kept.command, kept.starts + 1)
            kept.starts += 1
