"""`spp period open|soft-close|close|reopen|approve|list`: periods of the books, each step asked by one, done by two."""

import calendar
import getpass
import re
from datetime import date
from typing import Annotated

import typer

from ledger.model.period import PeriodEvent, PeriodKind, may_follow
from ledger.statements.periods import balance_digest, period_balance
from ledger.statements.report import checkpoint_over
from ledger.statements.snapshot import head_at, read_head
from ledger.store import LedgerConnection, periods
from ledger.store.periods import PeriodError, PeriodRow
from pipeline.cli.console import CommandError, ExitCode, Json, out, write_json, write_table
from pipeline.cli.ledger import open_ledger
from pipeline.cli.report_options import day_of

app = typer.Typer(no_args_is_help=True, help="Open, close and reopen periods of the books.")

Name = Annotated[str, typer.Argument(metavar="PERIOD", help="Its name; a month as 2026-11 has the days of the month.")]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who asks or approves.")]
Note = Annotated[str, typer.Option(help="Why.")]
First = Annotated[str | None, typer.Option("--first", metavar="DAY", help="First day, unless the name is a month.")]
Last = Annotated[str | None, typer.Option("--last", metavar="DAY", help="Last day, unless the name is a month.")]

_ITS_OWN = (date.min, date.max)
"""Days of what happens to a period that is there: those it was opened with are taken instead."""

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_WORDS = {
    PeriodKind.OPENED: "open",
    PeriodKind.SOFT_CLOSED: "soft closed",
    PeriodKind.CLOSED: "closed",
    PeriodKind.REOPENED: "reopened",
}


@app.command("open")
def open_(period: Name, *, by: By, first: First = None, last: Last = None, note: Note = "", json: Json = False) -> None:
    """Ask that a new period is opened; facts of its days are booked in it from then on."""
    first_day, last_day = _days(period, day_of(first, "--first"), day_of(last, "--last"))
    _ask(PeriodKind.OPENED, period, (first_day, last_day), by, note, json=json)


@app.command("soft-close")
def soft_close(period: Name, *, by: By, note: Note = "", json: Json = False) -> None:
    """Ask that nothing more is booked in a period, so that it can be checked; late facts go to the next open one."""
    _ask(PeriodKind.SOFT_CLOSED, period, _ITS_OWN, by, note, json=json)


@app.command()
def close(period: Name, *, by: By, note: Note = "", json: Json = False) -> None:
    """Ask that a soft closed period is closed with the trial balance it has."""
    _ask(PeriodKind.CLOSED, period, _ITS_OWN, by, note, json=json)


@app.command()
def reopen(period: Name, *, by: By, note: Note, json: Json = False) -> None:
    """Ask that a closed period is opened again; the note says why."""
    _ask(PeriodKind.REOPENED, period, _ITS_OWN, by, note, json=json)


@app.command()
def approve(period: Name, *, by: By, note: Note = "", json: Json = False) -> None:
    """Approve what another person asked for; it happens after the last block."""
    with open_ledger("writer") as conn:
        rows = periods.read_rows(conn)
        waiting = _outstanding(rows, period)
        if waiting is None:
            raise CommandError(f"nothing is asked for period {period}: `spp period list` shows what is")
        if waiting.asked_by.strip().lower() == by.strip().lower():
            raise CommandError(f"{by} asked for it: another person has to approve")
        last_event = max((row.event_no for row in rows if row.event_no is not None), default=0)
        digest = None
        if waiting.kind is PeriodKind.CLOSED:
            _require_checkpoint(conn, rows, period)
            digest = _trial_balance(conn, rows, period)
        conn.commit()
        try:
            block_no = periods.approve(
                conn, waiting, approved_by=by.strip(), os_user=getpass.getuser(), note=note,
                last_event=last_event, trial_balance=digest,
            )  # fmt: skip
        except PeriodError as error:
            raise CommandError(str(error)) from error
    told = digest.hex() if digest is not None else None
    if json:
        write_json({"period": period, "state": _WORDS[waiting.kind], "at_block": block_no, "trial_balance": told})
        return
    out.print(f"Period {period} is {_WORDS[waiting.kind]} after block {block_no:,}.", markup=False)
    if told is not None:
        out.print(f"Its trial balance: SHA-256 {told}, as `spp report trial-balance --period {period}` says.")


@app.command("list")
def list_(*, json: Json = False) -> None:
    """Every event of a period, and what is asked and not approved yet."""
    with open_ledger("reader") as conn:
        rows = periods.read_rows(conn)
    if json:
        write_json({"events": [_row(row) for row in rows]})
        return
    write_table(
        ("period", "days", "what", ">after block", "asked by", "approved by", "note"),
        [
            (
                row.period,
                f"{row.first_day} to {row.last_day}",
                _WORDS[row.kind] if row.event_no is not None else f"asked: {_WORDS[row.kind]}",
                None if row.at_block is None else f"{row.at_block:,}",
                row.asked_by,
                row.approved_by,
                row.note,
            )
            for row in rows
        ],
    )
    if not rows:
        out.print("No period was ever opened: everything is booked in none.", markup=False)


def _ask(kind: PeriodKind, period: str, days: tuple[date, date], by: str, note: str, *, json: bool) -> None:
    with open_ledger("writer") as conn:
        rows = periods.read_rows(conn)
        if _outstanding(rows, period) is not None:
            raise CommandError(f"something is asked for period {period} already: `spp period approve {period}` does it")
        latest = next((row for row in reversed(rows) if row.period == period), None)
        if not may_follow(kind, latest.kind if latest is not None else None):
            now = _WORDS[latest.kind] if latest is not None else "not there"
            raise CommandError(f"period {period} is {now} and cannot be {_WORDS[kind]}")
        if latest is not None:
            days = latest.first_day, latest.last_day
        event = PeriodEvent(0, period, kind, *days)
        number = periods.ask(conn, event, asked_by=by.strip(), os_user=getpass.getuser(), note=note)
    if json:
        write_json({"request": number, "period": period, "asked": _WORDS[kind]})
        return
    out.print(f"Asked. Another person approves it: spp period approve {period} --by ANOTHER", markup=False)


def _days(period: str, first: date | None, last: date | None) -> tuple[date, date]:
    month = _MONTH.fullmatch(period)
    if first is None and last is None and month is not None:
        year, number = int(month[1]), int(month[2])
        return date(year, number, 1), date(year, number, calendar.monthrange(year, number)[1])
    if first is None or last is None or first > last:
        raise CommandError(f"period {period}: give --first and a --last that is not before it", ExitCode.USAGE)
    return first, last


def _outstanding(rows: list[PeriodRow], period: str) -> PeriodRow | None:
    return next((row for row in rows if row.period == period and row.event_no is None), None)


def _require_checkpoint(conn: LedgerConnection, rows: list[PeriodRow], period: str) -> None:
    """All that is booked in a period came before it was closed softly, and has to be under a signed checkpoint."""
    softly = (row.at_block for row in rows if row.period == period and row.kind is PeriodKind.SOFT_CLOSED)
    block_no = max((number for number in softly if number is not None), default=0)
    head = head_at(conn, block_no)
    if head is not None and checkpoint_over(conn, head) is None:
        raise CommandError(
            f"period {period} cannot be closed yet: no signed checkpoint covers block {block_no:,}, the last one that"
            " could book in it. Is a worker with the role seal running? `spp ledger checkpoint` tells the newest"
        )


def _trial_balance(conn: LedgerConnection, rows: list[PeriodRow], period: str) -> bytes:
    """Found in two ways, which must agree: from the sums kept, and from every transfer."""
    events, head = periods.events_of(rows), read_head(conn)
    digests = {balance_digest(period_balance(conn, events, period, head.block_no, scan=scan)) for scan in (False, True)}
    if len(digests) != 1:
        raise CommandError(f"period {period}: the sums kept differ from the transfers: `spp reconcile` says where")
    return digests.pop()


def _row(row: PeriodRow) -> dict[str, object]:
    return {
        "period": row.period,
        "first_day": row.first_day,
        "last_day": row.last_day,
        "kind": _WORDS[row.kind],
        "asked_by": row.asked_by,
        "asked_at": row.asked_at,
        "note": row.note,
        "event": row.event_no,
        "approved_by": row.approved_by,
        "at": row.happened_at,
        "at_block": row.at_block,
        "block_hash": row.block_hash.hex() if row.block_hash is not None else None,
        "checkpoint_size": row.checkpoint_size,
        "trial_balance": row.trial_balance.hex() if row.trial_balance is not None else None,
    }
