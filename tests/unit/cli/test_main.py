"""The command's face: names, help, exit codes, errors in one line."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli.main import COMMANDS


def _spp(home: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline.cli.main", *arguments]
    environment = {"SPP_HOME": str(home), "COLUMNS": "200", **variables}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_help_names_every_command_without_importing_one(tmp_path: Path) -> None:
    watched = "import sys; from pipeline.cli.main import app; app(['--help'], standalone_mode=False); "
    watched += "sys.exit(any(name in sys.modules for name in ('faust', 'kafka', 'sqlalchemy', 'psycopg')))"
    environment = {"SPP_HOME": str(tmp_path), "COLUMNS": "200"}
    done = subprocess.run([sys.executable, "-c", watched], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    told = " ".join(done.stdout.split())
    for name, (_, _, text) in COMMANDS.items():
        assert f" {name} {text}" in told


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_can_be_loaded_and_says_what_it_does(tmp_path: Path, name: str) -> None:
    done = _spp(tmp_path, name, "--help")
    assert done.returncode == 0, done.stderr
    assert f"spp {name}" in done.stdout or f"main {name}" in done.stdout


def test_an_unknown_command_is_wrong_usage(tmp_path: Path) -> None:
    assert _spp(tmp_path, "nonsense").returncode == 2


@pytest.mark.parametrize("arguments", [("report", "--help"), ("nonsense",), ("explain",), ("quarantine", "discard")])
def test_help_and_errors_of_usage_are_plain_text_where_no_terminal_is(tmp_path: Path, arguments: tuple[str]) -> None:
    done = _spp(tmp_path, *arguments, COLUMNS="80")
    told = done.stdout + done.stderr
    assert "Usage: " in told
    assert told.isascii()
    assert "--install-completion" not in told
    assert "..." not in told.replace("COMMAND [ARGS]...", "")


def test_a_worker_says_which_port_it_cannot_have(tmp_path: Path) -> None:
    servers = {"SPP_KAFKA_BOOTSTRAP": "127.0.0.1:1", "SPP_LEDGER_URL": "postgresql://127.0.0.1:1/none"}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = _spp(tmp_path, "worker", "--roles", "decide", "--metrics-port", port, **servers)
    assert done.returncode == 1
    assert f"metrics cannot be served on 127.0.0.1:{port}" in done.stderr
    assert "Traceback" not in done.stderr
    assert _spp(tmp_path, "worker", "--metrics-port", "70000").returncode == 2


def test_a_wrong_setting_is_named_without_a_traceback(tmp_path: Path) -> None:
    done = _spp(tmp_path, "status", SPP_KAFKA_PORT="many")
    assert done.returncode == 1
    assert done.stderr.startswith("spp: SPP_KAFKA_PORT: ")
    assert "Traceback" not in done.stderr


def test_status_as_json_says_what_is_stopped_and_what_is_external(tmp_path: Path) -> None:
    done = _spp(tmp_path, "status", "--json", SPP_LEDGER_URL="postgresql://me:secret@db.example/ledger")
    parts = {part["name"]: part for part in json.loads(done.stdout)["parts"]}
    assert done.returncode == 1
    assert parts["kafka"]["state"] == "stopped"
    assert parts["postgres"]["state"] == "external"
    assert "secret" not in done.stdout


def test_reset_without_a_terminal_wants_a_yes(tmp_path: Path) -> None:
    assert _spp(tmp_path, "reset").returncode == 2


def test_down_with_nothing_running_is_no_failure(tmp_path: Path) -> None:
    done = _spp(tmp_path, "down")
    assert (done.returncode, done.stdout) == (0, "Nothing was running.\n")
