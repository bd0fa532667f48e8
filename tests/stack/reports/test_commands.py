"""The reports as commands: every form says the same, and what they say is what the transfers come to."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import typer
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from ledger.model.step import Step
from pipeline.cli import report
from pipeline.cli.console import CommandError
from pipeline.settings import get_settings
from tests.stack.reports.conftest import entries

Run = Callable[..., Result]


@pytest.fixture
def run(books_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `spp report ARGUMENTS` in this process on the test's books."""
    monkeypatch.setenv("SPP_LEDGER_URL", books_url)
    get_settings.cache_clear()
    app = typer.Typer(pretty_exceptions_enable=False)
    app.add_typer(report.app, name="report")

    def spp(*arguments: object) -> Result:
        result = CliRunner().invoke(app, ["report", *map(str, arguments)], env={"COLUMNS": "200"})
        if result.exception is not None:
            raise result.exception
        return result

    return spp


def from_json(result: Result) -> Any:
    return json.loads(result.stdout)


def minor(row: dict[str, str], name: str) -> int:
    return int(row[name].replace(".", ""))


EVERY = (
    ("trial-balance",),
    ("trial-balance", "--from", "2018-02-01", "--by", "programme"),
    ("general-ledger", "cash:bank.wing/family.base/nsaf/KHR"),
    ("receipts-payments", "--from", "2018-02-01", "--to", "2018-02-28"),
    ("budget", "2018"),
    ("cash-forecast",),
    ("outstanding",),
    ("corrections",),
    ("back-dated", "--days", "3"),
    ("sign-off", "--cycle", "2018-03"),
)


@pytest.mark.parametrize("arguments", EVERY, ids=" ".join)
def test_every_form_of_a_report_says_the_same_and_names_its_block(
    run: Run, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    found = from_json(run(*arguments, "--json"))
    told = run(*arguments).stdout
    file = tmp_path / "report.xlsx"
    run(*arguments, "--xlsx", file)
    book = load_workbook(file)
    text = run(*arguments, "--csv", "-").stdout
    for form in (told, text, "\n".join(str(row[0].value) for row in book["About"].rows)):
        assert found["block"]["hash"] in form
        assert found["query_sha256"] in form
    cells = [row for row in csv.reader(io.StringIO(text)) if row and not row[0].startswith("#")]
    for sheet in book.worksheets[1:]:
        rows = found[sheet.title.lower().replace(" ", "_")]
        headings, *body = list(sheet.iter_rows(values_only=True))
        assert len(body) == len(rows)
        assert list(headings) in cells
        for shown, row in zip(body, rows, strict=True):
            assert [plain(cell) for cell in shown] == [plain(cell) for cell in row.values()]
            assert ["" if cell is None else str(cell) for cell in row.values()] in cells


def plain(cell: object) -> str:
    """A cell of a spreadsheet as JSON has it, numbers without trailing zeros."""
    if cell is None:
        return ""
    text = cell.date().isoformat() if hasattr(cell, "date") else str(cell)
    try:
        return f"{float(text):.2f}"
    except ValueError:
        return text


def test_the_general_ledger_runs_to_the_balance_of_the_account(run: Run, books_url: str) -> None:
    code = "payable/family.base/nsaf/KHR"
    whole = from_json(run("general-ledger", code, "--json"))["entries"]
    since, until = "2018-02-01", "2018-02-28"
    part = from_json(run("general-ledger", code, "--from", since, "--to", until, "--json"))
    balance = from_json(run("trial-balance", "--from", since, "--to", until, "--json"))["accounts"]
    (of,) = [row for row in balance if row["account"] == code]
    assert len(whole) == sum(code in {row.debit, row.credit} for row in entries(books_url))
    assert [row for row in whole if since <= row["effective"] <= until] != []
    assert part["entries"][-1]["balance"] == of["balance"]
    first = part["entries"][0]
    before = minor(first, "balance") - (minor(first, "debits") if first["debits"] else -minor(first, "credits"))
    assert before == minor(of, "opening")


def test_payments_count_when_they_are_settled_and_returns_reduce_them(run: Run, books_url: str) -> None:
    rows = from_json(run("receipts-payments", "--json"))["statement"]
    sums: Counter[tuple[str, str]] = Counter()
    for row in rows:
        sums[row["line"], row["currency"]] += minor(row, "amount")
    expected: Counter[tuple[str, str]] = Counter()
    for entry in entries(books_url):
        if entry.step == Step.PAY and entry.reverses is None:
            expected["paid", entry.currency] += entry.amount_minor
        elif entry.step == Step.PAY:
            expected["returned or taken back", entry.currency] -= entry.amount_minor
    expected["received, belonging to no instruction", "KHR"] = 777
    assert sums == expected


def test_opening_cash_and_what_moved_make_the_closing_cash(run: Run) -> None:
    for row in from_json(run("receipts-payments", "--from", "2018-02-01", "--to", "2018-02-28", "--json"))[
        "cash_by_bank"
    ]:
        assert minor(row, "opening") + minor(row, "in") - minor(row, "out") == minor(row, "closing")
        assert minor(row, "opening") != 0


def test_every_figure_of_cash_stands_beside_that_of_the_year_before(run: Run) -> None:
    def statement(year: int) -> Any:
        return from_json(run("receipts-payments", "--from", f"{year}-02-01", "--to", f"{year}-02-28", "--json"))

    then, now = statement(2018), statement(2019)
    for table, names in (("statement", ["amount"]), ("cash_by_bank", ["opening", "in", "out", "closing"])):
        assert len(then[table]) > 0
        assert [[row[name] for name in names] for row in then[table]] == [
            [row[f"prior_{name}"] for name in names] for row in now[table]
        ]
        assert all(minor(row, f"prior_{name}") == 0 for row in then[table] for name in names)
    assert any("2018-02-01 to 2018-02-28" in note for note in now["notes"])
    leap = from_json(run("receipts-payments", "--from", "2020-02-29", "--to", "2020-02-29", "--json"))
    assert any("2019-02-28 to 2019-02-28" in note for note in leap["notes"])


def test_the_forecast_and_the_outstanding_are_what_is_recognised_and_not_paid(run: Run, books_url: str) -> None:
    left: Counter[str] = Counter()
    for entry in entries(books_url):
        sign = (1 if entry.reverses is None else -1) * (1 if entry.step == Step.RECOGNISE else -1)
        if entry.step in {Step.RECOGNISE, Step.PAY}:
            left[entry.currency] += sign * entry.amount_minor
    for name, table in (("cash-forecast", "forecast"), ("outstanding", "outstanding")):
        sums: Counter[str] = Counter()
        for row in from_json(run(name, "--json"))[table]:
            sums[row["currency"]] += minor(row, "amount")
        assert sums == left


def test_corrections_name_what_they_take_back(run: Run, books_url: str) -> None:
    reversed_ = {row.leaf_no: row for row in entries(books_url) if row.reverses is not None}
    found = from_json(run("corrections", "--json"))["corrections"]
    assert {row["leaf"]: row["reverses_leaf"] for row in found} == {
        row.leaf_no: row.reverses for row in reversed_.values()
    }
    some = from_json(run("corrections", "--from", "2018-02-01", "--to", "2018-02-28", "--json"))["corrections"]
    assert {row["leaf"] for row in some} == {
        row.leaf_no for row in reversed_.values() if date(2018, 2, 1) <= row.day <= date(2018, 2, 28)
    }


def test_a_report_of_an_earlier_block_knows_nothing_later(run: Run, books_url: str) -> None:
    found = from_json(run("back-dated", "--block", "20", "--json"))
    recorded = date(2018, 3, 4)
    late = sum(row.block_no <= 20 and row.day < recorded for row in entries(books_url))
    assert sum(row["transfers"] for row in found["back-dated"]) == late
    assert found["block"]["block_no"] == 20


def test_the_sign_off_pack_adds_up_and_has_a_place_to_sign(run: Run, books_url: str) -> None:
    found = from_json(run("sign-off", "--cycle", "2018-03", "--json"))
    assert sum(row["requests"] for row in found["summary"]) == 150
    paid = sum(minor(row, "paid") for row in found["submissions"] if row["currency"] == "KHR")
    net = sum(
        entry.amount_minor if entry.reverses is None else -entry.amount_minor
        for entry in entries(books_url)
        if entry.step == Step.PAY and entry.currency == "KHR"
    )
    assert paid == net
    assert [row["role"] for row in found["signatures"]] == ["Prepared by", "Checked by", "Approved by"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("trial-balance", "--from", "2018-13-01"), "expected a day"),
        (("trial-balance", "--from", "2018-03-02", "--to", "2018-03-01"), "earlier day first"),
        (("trial-balance", "--block", "100000"), "the last one is"),
        (("trial-balance", "--by", "mood"), "expected one of"),
        (("general-ledger", "cash"), "there is no account"),
        (("sign-off", "--cycle", "2018"), "expected a month"),
        (("trial-balance", "--xlsx", "nowhere/report.xlsx"), "cannot be written"),
        (("trial-balance", "--csv", "nowhere/report.csv"), "cannot be written"),
    ],
)
def test_what_cannot_be_reported_is_said_plainly(run: Run, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run(*arguments)
