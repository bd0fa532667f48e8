"""How a report is written out: as a table, as JSON, as CSV, as a workbook. Each form states what it is bound to."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from events.money import CURRENCIES
from ledger.statements.amount import decimal_text, readable_text
from ledger.statements.report import Amount, Kind
from pipeline.cli.console import CommandError, ExitCode, out, write_json, write_table

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from ledger.statements.report import Cell, Column, Report, Table

Csv = Annotated[str | None, typer.Option("--csv", metavar="FILE", help="Write comma-separated values; `-` prints.")]
Xlsx = Annotated[Path | None, typer.Option("--xlsx", metavar="FILE", help="Write a workbook for a spreadsheet.")]

SHEET_ROWS = 1_048_576
"""Rows of a sheet in the format (ECMA-376)."""
_EXACT_DIGITS = 15
"""Decimal digits a spreadsheet keeps of a number; a longer amount is written as text."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a text for a formula."""


def write(report: Report, *, json: bool, csv_file: str | None, xlsx: Path | None) -> None:
    """Write the report in every form asked for; as a table when none is."""
    if json:
        write_json(as_json(report))
    if csv_file == "-":
        typer.echo(as_csv(report), nl=False)
    elif csv_file is not None:
        _save(Path(csv_file), lambda path: path.write_text(as_csv(report), encoding="utf-8-sig", newline=""))
    if xlsx is not None:
        _save(xlsx, lambda path: write_workbook(report, path))
    if not json and csv_file is None and xlsx is None:
        _show(report)


def _save(path: Path, work: Callable[[Path], object]) -> None:
    try:
        work(path)
    except OSError as error:
        message = f"{path} cannot be written ({error.strerror}): name a file in a directory you may write to"
        raise CommandError(message, ExitCode.FAILED) from error
    out.print(f"Wrote {path}.", markup=False)


# -- as a table -------------------------------------------------------------------------------------------------------


def _show(report: Report) -> None:
    for table in report.tables:
        headings = [f"{'' if column.kind is Kind.TEXT else '>'}{column.name}" for column in table.columns]
        title = table.name.capitalize() if len(report.tables) > 1 else None
        write_table(headings, [tuple(map(_readable, row)) for row in table.rows], title=title)
        out.print()
    for line in report.lines():
        out.print(line, markup=False)


def _readable(cell: Cell) -> str | None:
    if isinstance(cell, Amount):
        return readable_text(*cell)
    return f"{cell:,}" if isinstance(cell, int) else None if cell is None else str(cell)


# -- as JSON ----------------------------------------------------------------------------------------------------------


def as_json(report: Report) -> dict[str, object]:
    """Tables by name, their rows as objects; amounts are decimal strings."""
    head = report.bound.head
    tables = {
        table.name.replace(" ", "_"): [
            {
                column.name.replace(" ", "_"): _plain(cell)
                for column, cell in zip(table.columns, _whole(table, row), strict=True)
            }
            for row in table.rows
        ]
        for table in report.tables
    }
    return {
        "report": report.name,
        "block": {"block_no": head.block_no, "hash": head.hash.hex(), "leaf_count": head.leaf_count},
        "checkpoint_size": report.bound.checkpoint_size,
        "asked": dict(report.bound.asked),
        "query_sha256": report.bound.query_digest,
        "notes": list(report.notes),
        **tables,
    }


def _whole(table: Table, row: tuple[Cell, ...]) -> tuple[Cell, ...]:
    return (*row, *(None,) * (len(table.columns) - len(row)))


def _plain(cell: Cell) -> str | int | None:
    if isinstance(cell, Amount):
        return decimal_text(*cell)
    return cell.isoformat() if isinstance(cell, date) else cell


# -- as CSV -----------------------------------------------------------------------------------------------------------


def as_csv(report: Report) -> str:
    """The tables one after the other, each under its headings; lines that begin with `#` say what they are."""
    text = io.StringIO()
    writer = csv.writer(text)
    for line in (report.title, *report.lines()):
        writer.writerow([f"# {line}"])
    for table in report.tables:
        if len(report.tables) > 1:
            writer.writerow([])
            writer.writerow([f"# {table.name}"])
        writer.writerow([column.name for column in table.columns])
        writer.writerows([_safe(cell) for cell in _whole(table, row)] for row in table.rows)
    return text.getvalue()


def _safe(cell: Cell) -> str | int | None:
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return f"'{cell}"
    return _plain(cell)


# -- as a workbook ----------------------------------------------------------------------------------------------------


def write_workbook(report: Report, path: Path) -> None:
    """One sheet a table, and a first one that says what they are. Raises OSError when it cannot be written."""
    # Takes a twentieth of a second to import, which only workbooks should pay.
    from xlsxwriter import Workbook  # noqa: PLC0415
    from xlsxwriter.exceptions import FileCreateError  # noqa: PLC0415

    longest = max((len(table.rows) for table in report.tables), default=0)
    if longest >= SHEET_ROWS:
        raise CommandError(
            f"{report.name} has {longest:,} rows and a sheet holds {SHEET_ROWS - 1:,}: ask for fewer days with --from "
            "and --to, or use --csv",
            ExitCode.USAGE,
        )
    book = Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
    formats = _Formats(book)
    _about(book, formats, report)
    for table in report.tables:
        _sheet(book.add_worksheet(table.name.capitalize()), formats, table)
    for sheet in book.worksheets():
        _printed(sheet, report)
    try:
        book.close()
    except FileCreateError as error:
        raise OSError(None, str(error)) from error


class _Formats:
    """The looks of cells: a number's decimals are those of its currency."""

    def __init__(self, book: Workbook) -> None:
        self.bold = book.add_format({"bold": True})
        self.heading = book.add_format({"bold": True, "bottom": 1})
        self.heading_of_numbers = book.add_format({"bold": True, "bottom": 1, "align": "right"})
        self.wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})
        self.count = book.add_format({"num_format": "#,##0"})
        self.right = book.add_format({"align": "right"})
        self.amounts: dict[int, Format] = {
            exponent: book.add_format({"num_format": f"#,##0{'.' + '0' * exponent if exponent else ''}"})
            for exponent in {0, *CURRENCIES.values()}
        }


def _about(book: Workbook, formats: _Formats, report: Report) -> None:
    sheet = book.add_worksheet("About")
    sheet.set_column(0, 0, 110)
    sheet.write_string(0, 0, report.title, formats.bold)
    lines = [*report.lines(), "", *dict.fromkeys(report.bound.queries)]
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        # A height left to the program that opens it is too small for a line that is just too long.
        heights = sum(1 + len(part) // 100 for part in text.split("\n"))
        sheet.set_row(number, 15 * heights)
        sheet.write_string(number, 0, text, formats.wrapped)


def _sheet(sheet: Worksheet, formats: _Formats, table: Table) -> None:
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(table.columns):
        looks = formats.heading if column.kind in {Kind.TEXT, Kind.DAY} else formats.heading_of_numbers
        sheet.write_string(0, place, column.name, looks)
        sheet.set_column(place, place, _width(table, place, column))
    for number, row in enumerate(table.rows, start=1):
        for place, cell in enumerate(row):
            _write(sheet, formats, number, place, cell)
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)


def _printed(sheet: Worksheet, report: Report) -> None:
    """On A4, all columns on one page, the headings on each; every page says which block it is of."""
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    head = report.bound.head
    title = report.title.replace("&", "&&")
    sheet.set_footer(f"&L&8{title}, block {head.block_no} {head.hash.hex()[:16]}&R&8&A, page &P of &N")


def _width(table: Table, place: int, column: Column) -> int:
    def lengths() -> Iterator[int]:
        yield len(column.name) + 4
        for row in table.rows[:200]:
            yield len(_readable(row[place]) or "") + 2 if place < len(row) else 0

    return min(60, max(lengths()))


def _write(sheet: Worksheet, formats: _Formats, row: int, place: int, cell: Cell) -> None:
    if isinstance(cell, Amount):
        exponent = CURRENCIES.get(cell.currency, 0)
        if len(str(abs(cell.minor))) > _EXACT_DIGITS:
            sheet.write_string(row, place, decimal_text(*cell), formats.right)
        else:
            sheet.write_number(row, place, Decimal(decimal_text(*cell)), formats.amounts[exponent])
    elif isinstance(cell, date):
        sheet.write_datetime(row, place, cell, formats.day)
    elif isinstance(cell, int):
        sheet.write_number(row, place, cell, formats.count)
    elif cell is not None:
        sheet.write_string(row, place, cell)
