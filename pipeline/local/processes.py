"""Background processes by name: started once, found again by another command, never confused with a recycled pid."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from pipeline.local.errors import LocalError, tail

POLL_SECONDS = 0.05
# In the environment of each process started here: whose it is, even when its run file is lost.
OWNER = "SPP_RUN_DIRECTORY"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Running:
    """One process as its run file tells. `birth` is the operating system's start time, so a recycled pid differs."""

    name: str
    pid: int
    birth: str
    log: str
    details: dict[str, str] = field(default_factory=dict)


def birth_of(pid: int) -> str | None:
    """When the process was born, as text to compare; None if there is none or it is a zombie."""
    child = _children.get(pid)
    if child is not None and child.poll() is not None:
        del _children[pid]
        return None
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        if _BOOT_ID.exists():  # exact on Linux: ticks since a boot that has a name
            ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
            return f"{_BOOT_ID.read_text().strip()}:{ticks}"
        return f"{process.create_time():.3f}"
    except (psutil.Error, OSError):
        return None


def read(run_directory: Path, name: str) -> Running | None:
    """What runs under this name, or None. A run file left by a crash is removed."""
    path = run_directory / f"{name}.json"
    try:
        running = Running(**json.loads(path.read_text()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError):
        path.unlink(missing_ok=True)
        return None
    if birth_of(running.pid) == running.birth:
        return running
    path.unlink(missing_ok=True)
    return None


def read_all(run_directory: Path) -> list[Running]:
    """Everything that runs, by name."""
    names = sorted(path.stem for path in run_directory.glob("*.json"))
    return [running for name in names if (running := read(run_directory, name))]


def start(
    name: str,
    command: Sequence[str],
    *,
    run_directory: Path,
    log: Path,
    details: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    user: tuple[int, int] | None = None,
) -> Running:
    """Start a process in its own session, its output to `log` (the former one is kept as `.1`), and write its run file.

    `environment` comes on top of ours; `user` is (uid, gid) to run as. Whoever started it may end; the process goes on.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    make_run_directory(run_directory)
    if log.exists():
        log.replace(log.with_suffix(log.suffix + ".1"))
    with log.open("wb") as output:
        child = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {}), OWNER: str(run_directory)},
            cwd=directory,
            start_new_session=True,
            user=user[0] if user else None,
            group=user[1] if user else None,
            extra_groups=[] if user else None,
        )
    _children[child.pid] = child
    running = Running(name, child.pid, birth_of(child.pid) or "gone", str(log), dict(details or {}))
    write(run_directory, running)
    return running


def make_run_directory(run_directory: Path) -> None:
    """Run files name passwords: only the owner reads them."""
    run_directory.mkdir(parents=True, exist_ok=True)
    run_directory.chmod(0o700)


def write(run_directory: Path, running: Running) -> None:
    """Write the run file so that a reader sees it whole or not at all."""
    path = run_directory / f"{running.name}.json"
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(asdict(running), indent=1))
    draft.chmod(0o600)
    draft.replace(path)


def wait_until(ready: Callable[[], bool], running: Running, *, timeout_seconds: float, what: str) -> None:
    """Wait for a condition; LocalError with the end of the log when the process dies first or the time is over."""
    deadline = time.monotonic() + timeout_seconds
    while not ready():
        if birth_of(running.pid) != running.birth:
            raise LocalError(f"{what} stopped while starting. The end of {running.log}:\n{tail(Path(running.log))}")
        if time.monotonic() > deadline:
            late = f"{what} was not ready after {timeout_seconds:.0f} s"
            raise LocalError(f"{late}. The end of {running.log}:\n{tail(Path(running.log))}")
        time.sleep(POLL_SECONDS)


def stop(
    run_directory: Path, name: str, *, first: signal.Signals = signal.SIGTERM, timeout_seconds: float = 20
) -> bool:
    """Stop what runs under this name: ask, wait, then kill. True if something ran."""
    running = read(run_directory, name)
    if running is None:
        return False
    for sent, patience in ((first, timeout_seconds), (signal.SIGKILL, 10.0)):
        try:
            os.kill(running.pid, sent)
        except ProcessLookupError:
            break
        deadline = time.monotonic() + patience
        while birth_of(running.pid) == running.birth and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        if birth_of(running.pid) != running.birth:
            break
    else:
        raise LocalError(f"{name} (pid {running.pid}) does not end; look at {running.log}")
    (run_directory / f"{name}.json").unlink(missing_ok=True)
    return True


def stop_strays(run_directory: Path) -> int:
    """Stop processes of this home that no run file tells of, as when it was removed under them; returns how many."""
    known = {running.pid for running in read_all(run_directory)}
    strays = [
        process for process in psutil.process_iter() if process.pid not in known and _owned(process, run_directory)
    ]
    for process in strays:
        process.terminate()
    _, stubborn = psutil.wait_procs(strays, timeout=20)
    for process in stubborn:
        process.kill()
    psutil.wait_procs(stubborn, timeout=10)
    return len(strays)


def _owned(process: psutil.Process, run_directory: Path) -> bool:
    try:
        return process.environ().get(OWNER) == str(run_directory)
    except (psutil.Error, OSError):  # somebody else's
        return False


def kill(run_directory: Path, name: str) -> None:
    """Kill what runs under this name and wait until it is gone; its run file stays, as after a crash."""
    running = read(run_directory, name)
    if running is None:
        raise LocalError(f"{name} is not running, so it cannot be killed")
    os.kill(running.pid, signal.SIGKILL)
    while birth_of(running.pid) == running.birth:
        time.sleep(POLL_SECONDS)


def free_port(preferred: int = 0) -> int:
    """The preferred port of 127.0.0.1 if it is free, else any free one."""
    for port in (preferred, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise LocalError("no free port on 127.0.0.1")


def required_port(setting: int, variable: str, preferred: int) -> int:
    """The port that the user set, which must be free; else a free one, the preferred first."""
    if not setting:
        return free_port(preferred)
    if free_port(setting) != setting:
        raise LocalError(f"port {setting} of 127.0.0.1 is in use: free it, set another {variable}, or unset it")
    return setting


def answers(port: int) -> bool:
    """True if something accepts connections on this port of 127.0.0.1."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
