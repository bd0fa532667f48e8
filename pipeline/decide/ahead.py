"""Reading ahead: while one set is decided, the marks and events of the next are read on a connection of its own.

Nothing is taken by reading: marks are deleted in the transaction of their set.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from ledger.store import connect
from pipeline.decide.taking import Taken, read_next

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from types import TracebackType


class Ahead:
    """Reads what the next set will take. Used by one thread; reading ahead happens in another."""

    def __init__(self, url: str) -> None:
        self._connection = connect(url, "reader")
        self._connection.autocommit = True
        self._cursor = self._connection.cursor(binary=True)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="decide-ahead")
        self._reading: Future[Taken] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True)
        self._connection.close()

    def begin(self, taken: AbstractSet[int], limit: int) -> None:
        """Begin to read what follows, but for the marks that are taken."""
        self._reading = self._pool.submit(read_next, self._cursor, taken, limit)

    def next(self, taken: AbstractSet[int], limit: int) -> Taken:
        """What was read ahead, else what is there now but for the marks that are taken. May be nothing."""
        reading, self._reading = self._reading, None
        found = reading.result() if reading is not None else None
        return found if found is not None and found.rows else read_next(self._cursor, taken, limit)

    def drop(self) -> None:
        """Forget what was read: it leaves out marks that were not taken after all."""
        reading, self._reading = self._reading, None
        if reading is not None:
            with suppress(Exception):  # whatever it was, reading again will tell
                reading.result()
