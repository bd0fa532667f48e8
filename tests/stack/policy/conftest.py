"""A ledger with its decider, and `spp policy …` on it."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from pipeline.cli import policy
from pipeline.cli.console import CommandError
from pipeline.policy_files import read
from pipeline.settings import get_settings
from tests.stack.decide.conftest import Desk, json_logs

__all__ = ["json_logs"]

BIRTH = "nssf.maternal.delivery.yaml"


class Spp:
    """Runs commands on the test's ledger as a file would receive them; `(exit code, output)` of the last is kept."""

    def __init__(self) -> None:
        self.app = typer.Typer(pretty_exceptions_enable=False)
        self.app.add_typer(policy.app, name="policy")

    def __call__(self, *arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(self.app, ["policy", *arguments], env={"COLUMNS": "40"})
        if isinstance(result.exception, CommandError):
            assert result.exception.code == code, result.exception
            return str(result.exception)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result.stdout

    def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self(*arguments, "--json", code=code))


@pytest.fixture
def desk(ledger_url: str) -> Iterator[Desk]:
    made = Desk(ledger_url)
    yield made
    made.close()


@pytest.fixture
def spp(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Spp]:
    monkeypatch.setenv("SPP_LEDGER_URL", desk.url)
    get_settings.cache_clear()
    yield Spp()
    get_settings.cache_clear()


@pytest.fixture
def packs(tmp_path: Path) -> Callable[..., Path]:
    """Writes the packaged packs with edits of texts, each of which must be there, into a directory of that name."""

    def write(name: str = "packs", edits: Sequence[tuple[str, str, str]] = ()) -> Path:
        files = read()
        for file, old, new in edits:
            assert old in files[file]
            files[file] = files[file].replace(old, new)
        directory = tmp_path / name
        directory.mkdir()
        for file, text in files.items():
            (directory / file).write_text(text, encoding="utf-8")
        return directory

    return write
