"""A ledger with its decider, and the commands that answer questions about it."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from pipeline.cli import case, explain, precheck, receipt
from pipeline.logging import configure_logging
from pipeline.settings import get_settings
from tests.stack.decide.conftest import Desk

Run = Callable[..., Result]
Ask = Callable[..., Any]


@pytest.fixture(scope="session", autouse=True)
def json_logs() -> None:
    """As in a worker: without this a traceback is drawn with all its local variables, which takes minutes."""
    configure_logging(sys.__stderr__)


@pytest.fixture
def desk(ledger_url: str) -> Iterator[Desk]:
    made = Desk(ledger_url)
    yield made
    made.close()


@pytest.fixture
def run(desk: Desk, keys: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `spp ARGUMENTS` in this process on the test's ledger, as into a file; `code` None lets it end as it may."""
    monkeypatch.setenv("SPP_LEDGER_URL", desk.url)
    monkeypatch.setenv("SPP_KEYS", str(keys))
    get_settings.cache_clear()
    app = typer.Typer(pretty_exceptions_enable=False)
    app.callback()(lambda: None)
    app.command("explain")(explain.explain)
    app.command("case")(case.case)
    app.command("receipt")(receipt.receipt)
    app.command("precheck")(precheck.precheck)
    app.command("accesses")(case.accesses)

    def spp(*arguments: object, code: int | None = 0) -> Result:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "100"})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert code is None or result.exit_code == code, result.output
        return result

    return spp


@pytest.fixture
def ask(run: Run) -> Ask:
    """The JSON that `spp ARGUMENTS --json` prints."""
    return lambda *arguments, code=0: json.loads(run(*arguments, "--json", code=code).stdout)
