"""Decided sets on their way: a thread writes and commits them in order, while the next one is decided.

Each set is one transaction on the connection that holds the lead. A failure drops every set behind it, since they were
decided on what was not committed; nothing is lost, because marks are deleted only by the transaction that commits.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Self

from ledger.store import books_writer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from ledger.store.books import MarkRow
    from ledger.store.connection import LedgerConnection, LedgerCursor
    from pipeline.decide.writing import Written
    from processors.desk import Plan


class MarksGoneError(Exception):
    """Marks of a set are gone before it was committed: another leader decided them. Nothing of the set is written."""


class _DroppedError(Exception):
    """Not done, because something before it failed."""


@dataclass(slots=True)
class Flying:
    """One decided set: its marks, what was decided, and when its commit is done."""

    marks: Sequence[MarkRow]
    plan: Plan
    written: Written
    sent_at: float
    committed: Future[None]


class Flight:
    """Sets being written, oldest first. Used by one thread; the database is worked in another."""

    def __init__(self, connection: LedgerConnection) -> None:
        self.sets: deque[Flying] = deque()
        self._connection = connection
        self._cursor = connection.cursor(binary=True)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="decide-write")
        self._error: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True)

    @property
    def marks(self) -> set[int]:
        """The marks of all sets on their way; deleted already or not, they are taken."""
        return {row[0] for flying in self.sets for row in flying.marks}

    def begin(self, marks: Sequence[MarkRow]) -> None:
        """Begin the transaction of a set by taking its marks."""
        self.send(_take, [row[0] for row in marks])

    def send(self, work: Callable[..., object], *arguments: object) -> None:
        """Have `work(cursor, *arguments)` done in the transaction begun last, after what was sent before."""
        self._pool.submit(self._run, work, arguments)

    def commit(self, marks: Sequence[MarkRow], plan: Plan, written: Written) -> None:
        """End the transaction of a set; it is on its way."""
        done = self._pool.submit(self._run, self._commit, ())
        self.sets.append(Flying(marks, plan, written, perf_counter(), done))

    def land(self) -> Flying:
        """Wait for the oldest set and return it. Raises why it was not committed, and then it stays the oldest."""
        oldest = self.sets[0]
        try:
            oldest.committed.result()
        except _DroppedError:
            if self._error is not None:
                raise self._error from None
            raise
        return self.sets.popleft()

    def drop(self) -> None:
        """Roll back what is begun and forget all sets; the caller forgets what it decided on them."""
        self._pool.submit(self._rollback).result()
        self.sets.clear()
        self._error = None

    def ping(self) -> None:
        """Ask the database something when nothing is on its way: a leader that lost its session must notice."""
        self._connection.execute("select 1")
        self._connection.commit()

    # -- in the writing thread ----------------------------------------------------------------------------------------

    def _run(self, work: Callable[..., object], arguments: tuple[object, ...]) -> None:
        if self._error is not None:
            raise _DroppedError
        try:
            work(self._cursor, *arguments)
        except Exception as error:
            self._error = error
            self._rollback()
            raise

    def _commit(self, _cursor: LedgerCursor) -> None:
        self._connection.commit()

    def _rollback(self) -> None:
        if not self._connection.closed:
            self._connection.rollback()


def _take(cursor: LedgerCursor, mark_ids: list[int]) -> None:
    """Delete the marks of a set; all of them, or the set was decided on what is no longer true."""
    gone = len(mark_ids) - books_writer.delete_marks(cursor, mark_ids)
    if gone:
        message = f"{gone} of {len(mark_ids)} marks to be deleted are gone: another leader decided them"
        raise MarksGoneError(message)
