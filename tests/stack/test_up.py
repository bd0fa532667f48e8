"""`spp up|status|down|reset` as a user calls them, on a home of their own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.settings import Settings

Spp = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def spp(local: Settings, home: Path) -> Iterator[Spp]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SPP_")}
    environment = {**ours, "SPP_HOME": str(home), "SPP_KAFKA_JARS": str(local.kafka_jars)}

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pipeline.cli.main", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)

    yield call
    call("down")


def _pids(spp: Spp) -> dict[str, int | None]:
    return {part["name"]: part["pid"] for part in json.loads(spp("status", "--json").stdout)["parts"]}


def test_up_brings_everything_up_once_and_down_takes_all_of_it_down(spp: Spp) -> None:
    first = spp("up")
    assert first.returncode == 0, first.stderr
    running = _pids(spp)
    workers = {"worker-record", "worker-decide", "worker-relay", "worker-seal"}
    assert set(running) == {"kafka", "postgres", "witness", *workers}
    assert all(running.values())
    assert spp("status").returncode == 0

    assert spp("up").returncode == 0
    assert _pids(spp) == running

    worker = running["worker-decide"]
    assert worker is not None
    os.kill(worker, signal.SIGKILL)
    assert spp("up").returncode == 0
    again = _pids(spp)
    assert again["worker-decide"] not in {None, worker}
    assert {**again, "worker-decide": worker} == running

    assert spp("down").returncode == 0
    assert not any(_pids(spp).values())


def test_reset_empties_everything_and_keeps_the_keys(spp: Spp, home: Path) -> None:
    assert spp("up", "--no-workers").returncode == 0
    registry = (home / "keys" / "registry.json").read_bytes()
    assert spp("reset", "--yes").returncode == 0
    assert not any(_pids(spp).values())
    assert not (home / "postgres" / "data").exists()
    assert not (home / "kafka" / "data").exists()
    assert (home / "keys" / "registry.json").read_bytes() == registry
    assert spp("up", "--no-workers").returncode == 0
