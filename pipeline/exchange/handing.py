"""A released run becomes a file, and the file is put where the bank takes it: once, whatever happens in between.

The bytes are kept before anything is put. They are written under a hidden name, then the intent is committed, then the
file gets its name. After a crash the hidden name tells: while it is there nothing was handed over; when it is gone
after the intent, the bank has the file or may have it, and it is never put again.
"""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from psycopg.pq import TransactionStatus

from pipeline.exchange.database import lock
from pipeline.exchange.releasing import check_released
from pipeline.exchange.running import RunError, check_still_due, read_run
from processors.exchange import pain001

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from pipeline.exchange.database import ExchangeConnection
    from pipeline.exchange.officers import Officer
    from processors.exchange.banks import Banks


class File(NamedTuple):
    """A file of ours for a bank."""

    message_id: str
    bank: str
    sha256: bytes
    execute_on: date


def make_file(
    connection: ExchangeConnection, run_no: int, officers: Mapping[str, Officer], banks: Banks, now_us: int
) -> File:
    """Make the file of a released run, or find the one that was made. Raises RunError, and FileError by the schema."""
    with connection.transaction():
        lock(connection)
        made = _read(connection, run_no)
        if made is not None:
            return made
        run = read_run(connection, run_no)
        check_released(connection, run, officers)
        check_still_due(connection, run, banks)
        bank = banks.by_code.get(run.paid.bank)
        if bank is None or bank.cut_off is None or not banks.usable(run.paid.bank, run.paid.currency):
            raise RunError(f"run {run_no}: the banks file no longer has all that is needed of {run.paid.bank}")
        message_id = f"SPP-{run_no}-{run.digest.hex()[:12]}"
        execute_on = banks.days.execution_day(now_us, bank.cut_off)
        body = pain001.write(pain001.Header(message_id, now_us, execute_on, banks.initiator), run.paid, bank)
        file = File(message_id, run.paid.bank, sha256(body).digest(), execute_on)
        connection.execute(
            "insert into file (message_id, run_no, bank, sha256, body, made_us, execute_on)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            (message_id, run_no, file.bank, file.sha256, body, now_us, execute_on),
        )
        return file


def _read(connection: ExchangeConnection, run_no: int) -> File | None:
    row = connection.execute(
        "select message_id, bank, sha256, execute_on from file where run_no = %s", (run_no,)
    ).fetchone()
    return None if row is None else File(row[0], row[1], bytes(row[2]), row[3])


def hand_over(connection: ExchangeConnection, message_id: str, directory: Path, now_us: int) -> Path:
    """Put a file where its bank takes it, `directory`/bank, unless that was done; returns where."""
    if connection.info.transaction_status != TransactionStatus.IDLE:
        raise RunError(f"file {message_id} is handed over outside any transaction, so that each step is committed")
    bank, body, handing, handed = _state(connection, message_id)
    place = directory / bank
    target, hidden = place / f"{message_id}.xml", place / f".{message_id}.part"
    if handed:
        return target
    if not handing:
        place.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            _write(hidden, body)
        with connection.transaction():
            connection.execute("update file set handing_us = %s where message_id = %s", (now_us, message_id))
    if hidden.exists():
        hidden.replace(target)
        _settle(place)
    with connection.transaction():
        connection.execute("update file set handed_us = %s where message_id = %s", (now_us, message_id))
    return target


def _state(connection: ExchangeConnection, message_id: str) -> tuple[str, bytes, bool, bool]:
    with connection.transaction():
        row = connection.execute(
            "select bank, body, handing_us is not null, handed_us is not null from file where message_id = %s",
            (message_id,),
        ).fetchone()
    if row is None:
        raise RunError(f"there is no file {message_id}")
    return row[0], bytes(row[1]), row[2], row[3]


def _write(path: Path, body: bytes) -> None:
    with path.open("wb") as opened:
        opened.write(body)
        opened.flush()
        os.fsync(opened.fileno())
    _settle(path.parent)


def _settle(directory: Path) -> None:
    """Names of a directory survive a crash of the machine from here on."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
