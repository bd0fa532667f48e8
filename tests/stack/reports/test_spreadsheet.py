"""A spreadsheet program opens the workbooks and reads in them what the CSV says."""

import csv
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tests.stack.reports.test_commands import EVERY, plain, run

OFFICE = shutil.which("soffice")
SHEETS = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
"""Comma, quote, UTF-8, from the first row, values and not their looks, every sheet into a file of its own."""

__all__ = ["run"]


def opened(book: Path, directory: Path) -> dict[str, list[list[str]]]:
    """The cells of every sheet, as the program read them."""
    command = [
        OFFICE or "",
        "--headless",
        f"-env:UserInstallation={directory.as_uri()}/profile",
        "--convert-to",
        SHEETS,
    ]
    subprocess.run([*command, "--outdir", str(directory), str(book)], check=True, capture_output=True, timeout=240)
    found = {}
    for path in directory.glob(f"{book.stem}-*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            found[path.stem.removeprefix(f"{book.stem}-").lower()] = [row for row in csv.reader(file) if any(row)]
    return found


@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed: `apt install libreoffice-calc-nogui`")
@pytest.mark.parametrize("arguments", EVERY, ids=" ".join)
def test_a_spreadsheet_program_reads_what_the_csv_says(
    run: Callable[..., Result], tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    book = tmp_path / "report.xlsx"
    run(*arguments, "--xlsx", book)
    sheets = opened(book, tmp_path)
    told: dict[str, list[list[str]]] = {}
    name = ""
    for row in csv.reader(run(*arguments, "--csv", "-").stdout.splitlines()):
        if len(row) == 1 and row[0].startswith("# "):
            name = row[0].removeprefix("# ")
        elif row:
            told.setdefault(name, []).append(row)
    assert "about" in sheets
    del sheets["about"]
    assert len(sheets) == len(told)
    for rows, (title, expected) in zip(
        (sheets.get(title, next(iter(sheets.values()))) for title in told), told.items(), strict=True
    ):
        assert [list(map(plain, row)) for row in rows] == [list(map(plain, row)) for row in expected], title
