"""What ends unasked is started again; what is released is not."""

import os
import signal
import sys
from pathlib import Path

import psutil

from infra.faults.supervisor import Command, Supervisor
from infra.faults.waiting import wait_until

WAITS = "import signal; signal.signal(signal.SIGTERM, lambda *_: exit(7)); print('up', flush=True); signal.pause()"


def _command(code: str, directory: Path) -> Command:
    return Command([sys.executable, "-c", code], dict(os.environ), directory)


def test_a_killed_process_is_started_again_and_its_end_is_known(tmp_path: Path) -> None:
    with Supervisor(tmp_path / "run", tmp_path / "logs") as supervisor:
        kept = supervisor.keep("one", _command(WAITS, tmp_path))
        first = kept.pid
        wait_until(lambda: supervisor.log("one").read_text().count("up") == 1, 20, "the first start")
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: kept.starts == 2, 20, "the second start")
        assert kept.exits == [-signal.SIGKILL]
        assert kept.pid != first
        assert supervisor.restarts("one") == 1
        wait_until(lambda: supervisor.log("one").read_text().count("up") == 2, 20, "its signal handler")
        assert supervisor.release("one") == 7
        assert not psutil.pid_exists(kept.pid)


def test_nothing_is_left_running_at_the_end(tmp_path: Path) -> None:
    with Supervisor(tmp_path / "run", tmp_path / "logs") as supervisor:
        pids = [supervisor.keep(name, _command(WAITS, tmp_path)).pid for name in ("one", "two")]
        assert all(psutil.pid_exists(pid) for pid in pids)
    assert not any(psutil.pid_exists(pid) for pid in pids)
