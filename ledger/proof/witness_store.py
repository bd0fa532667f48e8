"""What a witness keeps, in one SQLite file: the logs it knows and every checkpoint it countersigned."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.proof.checkpoint import Checkpoint
from ledger.proof.note import VerifierKey, parse_key
from ledger.proof.witness import judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.proof.note import NoteSigner
    from ledger.proof.witness import Submitted

_SCHEMA = """
create table if not exists log_key (origin text not null, vkey text not null, primary key (origin, vkey)) strict;
create table if not exists seen (
    origin text not null, size integer not null, root blob not null, note text not null, line text not null,
    seconds integer not null, primary key (origin, size)) strict;
"""
_KEEP = """
insert into seen values (?, ?, ?, ?, ?, ?) on conflict (origin, size) do update set
    note = excluded.note, line = excluded.line, seconds = excluded.seconds
"""
_LOCK_SECONDS = 10.0


class WitnessStore:
    """The witness's memory. Safe for several threads and processes: one request after the other."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as db:
            db.executescript(_SCHEMA)

    def trust(self, key: VerifierKey) -> None:
        """Countersign the log of this key's name from now on; a log may have several keys."""
        with self._open() as db, db:
            db.execute("insert or ignore into log_key values (?, ?)", (key.name, str(key)))

    def distrust(self, key: VerifierKey) -> bool:
        """Countersign nothing more that only this key signed; whether it was trusted. What was seen is kept."""
        with self._open() as db, db:
            gone = db.execute("delete from log_key where origin = ? and vkey = ?", (key.name, str(key)))
        return gone.rowcount > 0

    def logs(self) -> dict[str, list[VerifierKey]]:
        """The keys of every known log, by origin."""
        with self._open() as db:
            return _logs(db)

    def last(self, origin: str) -> tuple[Checkpoint, str] | None:
        """The newest checkpoint that was countersigned, and its note with the cosignature."""
        with self._open() as db:
            row = db.execute(
                "select origin, size, root, note, line from seen where origin = ? order by size desc limit 1", (origin,)
            ).fetchone()
        return None if row is None else (Checkpoint(*row[:3]), row[3] + row[4])

    def countersign(self, request: Submitted, signer: NoteSigner, seconds: int) -> str:
        """Judge, keep, and only then hand out the cosignature line, all as one. RefusedError as `witness.judge`."""
        with self._open() as db, db:
            db.execute("begin immediate")
            row = db.execute(
                "select origin, size, root from seen where origin = ? order by size desc limit 1",
                (request.checkpoint.origin,),
            ).fetchone()
            told = judge(request, _logs(db), None if row is None else Checkpoint(*row))
            line = signer.cosign(request.text, seconds)
            db.execute(_KEEP, (*told[:3], request.note, line, seconds))
        return line

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=_LOCK_SECONDS, isolation_level=None)) as db:
            db.execute("pragma journal_mode = wal")
            db.execute("pragma synchronous = full")
            yield db


def _logs(db: sqlite3.Connection) -> dict[str, list[VerifierKey]]:
    logs: dict[str, list[VerifierKey]] = {}
    for origin, vkey in db.execute("select origin, vkey from log_key order by origin, vkey"):
        logs.setdefault(origin, []).append(parse_key(vkey))
    return logs
