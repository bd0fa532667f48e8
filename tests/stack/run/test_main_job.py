"""The main job, also with workers killed in the middle: totals agree to the riel, every identity is zero."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import psycopg
import pytest

from pipeline.policy_files import load
from pipeline.settings import Settings

MOTHERS = "400"
ROLES = ("record", "decide", "relay")
WAIT_SECONDS = 120.0


@pytest.fixture
def environment(local: Settings, home: Path) -> Iterator[dict[str, str]]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SPP_")}
    found = {**ours, "SPP_HOME": str(home), "SPP_KAFKA_JARS": str(local.kafka_jars), "PYTHONUNBUFFERED": "1"}
    yield found
    subprocess.run([*_command("down")], env=found, check=True, capture_output=True)


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pipeline.cli.main", *arguments]


def _wait_until(said: Callable[[], bool]) -> None:
    pause = Event()
    for _ in range(int(WAIT_SECONDS / 0.05)):
        if said():
            return
        pause.wait(0.05)
    raise TimeoutError(f"nothing came of it within {WAIT_SECONDS:.0f} s")


def _details(home: Path, name: str) -> dict[str, object]:
    try:
        found: dict[str, object] = json.loads((home / "run" / f"{name}.json").read_text())
    except (OSError, ValueError):
        return {}
    return found


def _count(home: Path, table: str) -> int:
    details = _details(home, "postgres").get("details")
    if not isinstance(details, dict):
        return 0
    try:
        with psycopg.connect(str(details["url"]), connect_timeout=2) as connection:
            row = connection.execute(f"select count(*) from {table}").fetchone()
    except psycopg.Error:
        return 0
    return int(row[0]) if row else 0


@pytest.mark.parametrize(("table", "rows"), [("inbox", 300), ("decision", 100)], ids=["recording", "deciding"])
def test_killed_workers_lose_and_double_nothing(environment: dict[str, str], home: Path, table: str, rows: int) -> None:
    run = subprocess.Popen(
        _command("run", "births-2018", "--size", MOTHERS, "--json"),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    _wait_until(lambda: _count(home, table) >= rows or run.poll() is not None)
    assert run.poll() is None, "the run ended before anything could be killed"
    for role in ROLES:
        pid = _details(home, f"worker-{role}")["pid"]
        assert isinstance(pid, int)
        os.kill(pid, signal.SIGKILL)
    subprocess.run(_command("up"), env=environment, check=True, capture_output=True)

    told, said = run.communicate(timeout=WAIT_SECONDS)
    assert run.returncode == 0, said + told
    reconciled = subprocess.run(
        _command("reconcile", "--full", "--json"), env=environment, check=False, capture_output=True
    )
    assert reconciled.returncode == 0, reconciled.stdout


@pytest.mark.long
def test_a_month_of_the_country_agrees_twice_and_reconciles(environment: dict[str, str]) -> None:
    for again in (False, True):
        run = subprocess.run(
            _command("run", "country-month", "--size", "small", "--json"),
            env=environment,
            check=False,
            capture_output=True,
        )
        assert run.returncode == 0, run.stderr.decode() + run.stdout.decode()
        told = json.loads(run.stdout)
        assert told["agrees"]
        assert (told["replayed"] > told["quantity"] * 10) is again
    benefits = {figure["name"].split()[0] for figure in told["figures"] if figure["group"] == "decided"}
    assert benefits == set(load().packs)
    reconciled = subprocess.run(
        _command("reconcile", "--full", "--json"), env=environment, check=False, capture_output=True
    )
    assert reconciled.returncode == 0, reconciled.stdout
