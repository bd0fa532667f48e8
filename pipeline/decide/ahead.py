"""Reading ahead: while one step is written, the marks and events of the next are read on a connection of their own.

Nothing is taken by reading: the step deletes the marks on its own connection, and only those it deletes are its own.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

import psycopg

from ledger.store import books, books_writer, connect
from pipeline.decide.taking import Taken, read_events, sharing
from pipeline.logging import get_logger

if TYPE_CHECKING:
    from types import TracebackType

    from ledger.store.books import MarkRow
    from ledger.store.connection import LedgerCursor

_log = get_logger("decide")


class Ahead:
    """Reads what the next step will take. Used by one thread; reading happens in another."""

    def __init__(self, url: str) -> None:
        self._connection = connect(url, "reader")
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="decide-ahead")
        self._read: Future[Taken] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True)
        self._connection.close()

    def begin(self, taken: Taken, limit: int) -> None:
        """Begin to read what follows the marks that are being decided now."""
        self._read = self._pool.submit(self._next, {row[0] for row in taken.rows}, limit)

    def take(self, cursor: LedgerCursor) -> Taken | None:
        """Delete and return the marks read ahead; None when there are none, and then the step reads for itself."""
        if self._read is None:
            return None
        reading, self._read = self._read, None
        try:
            found = reading.result()
        except psycopg.Error as error:
            _log.warning("read_ahead_failed", error=type(error).__name__)
            return None
        rows = books_writer.take_mark_ids(cursor, [row[0] for row in found.rows])
        return Taken(rows, found.events) if rows else None

    def drop(self) -> None:
        """Forget what was read: the step before it was not written."""
        if self._read is not None:
            self._read.exception()
            self._read = None

    def _next(self, busy: set[int], limit: int) -> Taken:
        with self._connection.transaction(), self._connection.cursor(binary=True) as cursor:
            rows = self._free(books.read_oldest(cursor, limit + len(busy)), busy)[:limit]
            rows = self._free(books.read_marks(cursor, {row[1] for row in rows}), busy)
            events = read_events(cursor, rows)
            near = sharing(events.values()) - {row[1] for row in rows}
            more = self._free(books.read_marks(cursor, near), busy)
            return Taken(rows + more, events | read_events(cursor, [row for row in more if row[2] not in events]))

    @staticmethod
    def _free(rows: list[MarkRow], busy: set[int]) -> list[MarkRow]:
        return [row for row in rows if row[0] not in busy]
