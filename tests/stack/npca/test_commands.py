"""The officers' way from the inbox to a checked certificate, with the commands as they type them."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.admission import Admission
from pipeline.cli.console import CommandError
from pipeline.cli.npca import app
from pipeline.npca.tables import NpcaConnection
from pipeline.settings import get_settings
from tests.stack.npca.conftest import Country
from tests.stack.npca.test_certifying import LOG, WITNESS, Agency

Run = Callable[..., Result]
NAMES = {"sok.dara": "preparer", "chan.sophea": "reviewer", "ly.vanna": "approver"}


@pytest.fixture
def run(database: NpcaConnection, empty_database_url: str, keys: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `spp npca ARGUMENTS` in this process on the test's agency."""
    database.commit()
    monkeypatch.setenv("SPP_NPCA_URL", empty_database_url)
    monkeypatch.setenv("SPP_KEYS", str(keys))
    get_settings.cache_clear()

    def spp(*arguments: object) -> Result:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return spp


def test_from_the_inbox_to_a_checked_certificate(
    country: Country,
    database: NpcaConnection,
    admission: Admission,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    country.births(3)
    Agency(country, database, admission).review()
    (row,) = json.loads(run("inbox", "--json").output)["batches"]
    assert (row["certified"], row["ruled"]) == (3, 0)
    first, second, _ = json.loads(run("review", "nssf", "NB", "--json").output)
    by_hand = ("review", "nssf", "NB", "--line")
    run(*by_hand, first["line_id"], "--as", "refused", "--reason", "paid_elsewhere")
    run(*by_hand, second["line_id"], "--as", "certified", "--reason", "agreed", "--amount", "399999")
    with pytest.raises(CommandError, match="at most 400000"):
        run(*by_hand, second["line_id"], "--as", "certified", "--reason", "agreed", "--amount", "400001")
    for name, role in NAMES.items():
        key = run("officer", "key", name, tmp_path / name).output.strip()
        run("officer", "appoint", key, "--role", role)
    run("officer", "band", "KHR", "1000000000", 2)
    certificate = run("certificate", "prepare", "nssf", "NB").output.strip()
    file = tmp_path / "certificate.json"
    with pytest.raises(CommandError, match="is not issued"):
        run("certificate", "write", certificate, file)
    for name, role in NAMES.items():
        with pytest.raises(CommandError, match="may not sign"):
            run(
                "sign",
                certificate,
                "--as",
                name,
                "--role",
                "approver" if role != "approver" else "reviewer",
                "--key",
                tmp_path / name,
            )
        run("sign", certificate, "--as", name, "--role", role, "--key", tmp_path / name)
    assert json.loads(run("certificate", "list", "--json").output)[0]["state"] == "issued"
    assert json.loads(run("inbox", "--json").output)["batches"] == []
    run("certificate", "write", certificate, file)
    (tmp_path / "officers.json").write_text(run("officer", "list", "--json").output)

    assert _verify(monkeypatch, file, tmp_path / "officers.json") == 0
    assert "2 lines certified (799999 KHR), 1 refused" in capsys.readouterr().out
    file.write_text(file.read_text().replace("399999", "399998"))
    assert _verify(monkeypatch, file, tmp_path / "officers.json") == 40
    assert "CERTIFICATE" in capsys.readouterr().err
    with pytest.raises(CommandError, match="no open line"):
        run("query", first["line_id"], "--reason", "too_late")


def _verify(monkeypatch: pytest.MonkeyPatch, file: Path, officers: Path) -> int:
    from ledger.verify.main import main

    arguments = ["--log-key", str(LOG.key), "--witness-key", str(WITNESS.key), "--officers", str(officers)]
    monkeypatch.setattr(sys, "argv", ["spp-verify", "certificate", str(file), *arguments])
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0
