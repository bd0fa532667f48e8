"""`spp publish` as far as no broker is needed: what it refuses, and how it says so."""

import json
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from events.local_keys import make_local_keys
from pipeline.cli.console import CommandError, ExitCode
from pipeline.cli.publish import publish
from pipeline.settings import get_settings
from tests.unit.events.test_lines import line

app = Typer()
app.command()(publish)


@pytest.fixture(autouse=True)
def _local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPP_HOME", str(tmp_path))
    monkeypatch.setenv("SPP_KAFKA_BOOTSTRAP", "127.0.0.1:1")
    get_settings.cache_clear()
    make_local_keys(tmp_path / "keys", ["nssf"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--as", "hef", "-"], "holds no key of source 'hef'; it holds: nssf"),
        (["--as", "nssf", "nowhere.jsonl"], "nowhere.jsonl cannot be read"),
        (["--as", "nssf", "--unsigned", "-"], "go with --raw"),
        (["--as", "nssf", "--topic", "payment", "-"], "go with --raw"),
        (["--as", "nssf", "--raw", "--topic", "decision", "-"], "is no input topic"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(app, arguments, input="")
    assert isinstance(result.exception, CommandError)
    assert message in str(result.exception)
    assert result.exception.code is ExitCode.USAGE


def test_bad_lines_are_named_and_nothing_is_published() -> None:
    content = b"\n".join([line(), b"nonsense", line(time="noon")])
    result = CliRunner().invoke(app, ["--as", "nssf", "-"], input=content)
    assert isinstance(result.exception, CommandError)
    assert str(result.exception) == "2 of 3 lines are bad, so nothing was published"
    assert result.exception.code is ExitCode.FAILED
    assert "line 2: " in result.stderr
    assert "line 3, time: " in result.stderr


def test_bad_lines_as_json() -> None:
    result = CliRunner().invoke(app, ["--as", "nssf", "--json", "-"], input=line(time="noon"))
    told = json.loads(result.stdout)
    assert (told["read"], told["published"], told["topics"]) == (1, 0, {})
    assert [(bad["line"], bad["field"], bad["reason"]) for bad in told["bad"]] == [(1, "time", "schema")]


def test_only_bad_lines_to_skip_needs_no_broker_and_is_partly_done() -> None:
    result = CliRunner().invoke(app, ["--as", "nssf", "--skip-bad", "-"], input=b"nonsense")
    assert result.exit_code == ExitCode.PARTLY
    assert "Published 0 records; 1 bad lines skipped." in result.stdout


def test_an_empty_file_is_published_at_once() -> None:
    result = CliRunner().invoke(app, ["--as", "nssf", "-"], input=b"\n\n")
    assert (result.exit_code, result.stdout) == (0, "Published 0 records.\n")
