"""Other book-keepers read our journal and find the balances we state."""

import csv
import io
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
import typer
from beancount import loader
from beancount.core import realization
from typer.testing import CliRunner

from events.money import CURRENCIES
from ledger.statements.accounts import read_accounts
from ledger.statements.journal import beancount_name
from ledger.statements.snapshot import snapshot
from ledger.statements.trial_balance import trial_balance
from pipeline.cli import journal
from pipeline.settings import get_settings

HLEDGER = shutil.which("hledger")


@pytest.fixture
def export(books_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("SPP_LEDGER_URL", books_url)
    get_settings.cache_clear()
    app = typer.Typer(pretty_exceptions_enable=False)
    journal.add_to(app)
    for name in ("hledger", "beancount"):
        result = CliRunner().invoke(app, [name, str(tmp_path / name)])
        assert result.exit_code == 0, result.output
    return tmp_path


def balances(url: str) -> dict[str, Decimal]:
    with snapshot(url) as conn:
        rows = trial_balance(conn)
    return {row.code: Decimal(row.balance_minor).scaleb(-CURRENCIES[row.currency]) for row in rows if row.balance_minor}


@pytest.mark.skipif(HLEDGER is None, reason="hledger is not installed: `apt install hledger`")
def test_hledger_finds_our_trial_balance(export: Path, books_url: str) -> None:
    def run(*arguments: str) -> str:
        command = [HLEDGER or "", "-f", str(export / "hledger"), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    run("check", "--strict")
    found = csv.DictReader(io.StringIO(run("balance", "--flat", "--no-total", "-O", "csv")))
    told = {row["account"]: Decimal(row["balance"].split()[0]) for row in found}
    assert told == balances(books_url)


def test_beancount_finds_our_trial_balance(export: Path, books_url: str) -> None:
    entries, errors, _ = loader.load_file(str(export / "beancount"))
    assert errors == []
    with snapshot(books_url) as conn:
        names = {beancount_name(row): row.code for row in read_accounts(conn).values()}
    told = {
        names[leaf.account]: position.units.number
        for leaf in realization.iter_children(realization.realize(entries))
        for position in leaf.balance
    }
    assert told == balances(books_url)


def test_every_transfer_is_in_the_journal_with_its_leaf(export: Path, books_url: str) -> None:
    with snapshot(books_url) as conn:
        leaves = {str(leaf) for (leaf,) in conn.execute("select leaf_no from transfer")}
    lines = (export / "hledger").read_text().splitlines()
    assert {line.split("(")[1].split(")")[0] for line in lines if line[:2] == "20"} == leaves
