"""Set after set: marks are read, their cases decided, and the outcome sent on its way while the next set is read.

What is decided is the same as if each set were committed before the next is looked at; `pipeline.decide.shelf` says
why. Only the connection that holds the lead writes.
"""

from __future__ import annotations

from contextlib import ExitStack
from time import perf_counter
from typing import TYPE_CHECKING, Self

from ledger.store import connect, entries, policies
from pipeline.active_policy import adopt
from pipeline.decide.ahead import Ahead
from pipeline.decide.flight import Flight, MarksGoneError
from pipeline.decide.parking import isolate
from pipeline.decide.shelf import Cache, DatabaseShelf
from pipeline.decide.taking import Taken
from pipeline.decide.writing import Ledger
from pipeline.errors import is_transient
from pipeline.logging import get_logger
from processors.desk import Mark, Step

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from ledger.store.connection import LedgerConnection
    from pipeline.decide.observing import Observer
    from processors.desk import Plan
    from processors.policy.model import Policy

MARKS_AT_ONCE = 1_000
"""About 350 cases share the costs of a commit. 2,000 marks took a third more processor time an event: larger sets live
long enough to be looked through by the garbage collector."""
SETS_ON_THEIR_WAY = 2
"""One is being committed and one is waiting, so that neither thread waits for a set that takes longer than others."""

_log = get_logger("decide")


class Steps:
    """Decides sets of marks for the leader whose `connection` it is. Used by one thread.

    `policy_of` tells the policy in force; it is asked when nothing is on its way.
    """

    def __init__(
        self,
        policy_of: Callable[[LedgerConnection], Policy],
        observer: Observer,
        connection: LedgerConnection,
        url: str,
        on_way: int = SETS_ON_THEIR_WAY,
    ) -> None:
        self._policy_of, self.observer, self.connection, self.on_way = policy_of, observer, connection, on_way
        self.cache = Cache()
        self._opened = ExitStack()
        self.flight = self._opened.enter_context(Flight(connection))
        self.ahead = self._opened.enter_context(Ahead(url))
        reader = self._opened.enter_context(connect(url, "reader"))
        reader.autocommit = True
        self.reading = reader.cursor(binary=True)
        self.reload()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.__exit__(kind, error, trace)

    def reload(self) -> None:
        """Drop what is on its way, forget everything, and read which policy is in force and where the log stands."""
        self.ahead.drop()
        self.flight.drop()
        self.cache.drop()
        self.policy = self._policy_of(self.connection)
        with self.connection.transaction(), self.connection.cursor(binary=True) as cursor:
            self.ledger = Ledger(cursor, self.cache, self.policy)

    def step(self, limit: int) -> int:
        """Decide what the `limit` oldest marks touch and send it on its way; a case that fails is parked.

        Returns how many marks were done with. A freeze order that has to wait is not, so that waiting is no work. When
        it returns 0, nothing is on its way any more.
        """
        taken = Taken([], {})
        try:
            self._adopt()
            self._note()
            began = perf_counter()
            taken = self.ahead.next(self.flight.marks, limit)
            done = 0
            if taken.rows:
                self.observer.phase("take", perf_counter() - began)
                done = self._send(taken, limit)
            return done or self.settle()
        except Exception as error:  # noqa: BLE001 - what nothing can be done about is raised again
            return self._recover(error, taken)

    def _adopt(self) -> None:
        """Bring a newly approved policy into force, with nothing on its way that was decided by the other."""
        if policies.read_waiting(self.reading.connection) is not None:
            self.settle()
            if adopt(self.connection):
                self.reload()

    def _note(self) -> None:
        """Take what waits for its leaf (audits, activations, schema, keys) into the log, with nothing on its way."""
        while waiting := entries.read_awaiting(self.reading):
            self.settle()
            with self.connection.transaction(), self.connection.cursor(binary=True) as cursor:
                self.ledger.note(cursor, waiting)

    def settle(self, concerned: Callable[[Plan], bool] = lambda _plan: True) -> int:
        """Wait until every set on its way whose plan is concerned is committed; returns how many marks were done with.

        Raises the failure of the first set that fails; it then stays the oldest on its way.
        """
        done = 0
        while any(concerned(flying.plan) for flying in self.flight.sets):
            flying = self.flight.land()
            self.observer.landed(flying)
            done += _done(flying.plan, len(flying.marks))
        return done

    def decide(self, taken: Taken) -> int:
        """Decide these marks alone and wait for the commit; after an exception call `reload`."""
        self._send(taken, 0)
        return self.settle()

    def _send(self, taken: Taken, limit: int) -> int:
        """Decide one set and send it; with a `limit`, read ahead what follows if there was so much."""
        ids = self.flight.marks | {row[0] for row in taken.rows}
        if limit and len(taken.rows) >= limit:
            self.ahead.begin(ids, limit)
        began = perf_counter()
        marks = [Mark._make(row) for row in taken.rows]
        shelf = DatabaseShelf(self.reading, self.cache, ids, self.settle)
        plan = Step(self.policy, shelf).run(marks, taken.events)
        decided = perf_counter()
        self.flight.begin(taken.rows)
        written = self.ledger.write(self.flight.send, shelf, plan, marks, taken.events)
        self.flight.commit(taken.rows, plan, written)
        self.observer.phase("adjudicate", decided - began)
        self.observer.phase("write", perf_counter() - decided)
        while len(self.flight.sets) > self.on_way:
            self.observer.landed(self.flight.land())
        if self.cache.full:
            self.settle()
            self.cache.trim()
        return _done(plan, len(marks))

    def _recover(self, error: Exception, taken: Taken) -> int:
        """After a failure: nothing is lost, all is decided anew; what fails by itself is found and parked."""
        try:
            self.settle()
        except Exception as earlier:  # noqa: BLE001 - it is this set's failure then
            error, taken = earlier, Taken(list(self.flight.sets[0].marks), {})
        if self.connection.closed or is_transient(error):
            raise error
        self.reload()
        if isinstance(error, MarksGoneError):
            _log.warning("marks_gone", error=type(error).__name__)
            return 0
        if not taken.rows:
            raise error
        _log.error("case_failed", error=type(error).__name__, exc_info=error)
        isolate(self, taken.rows)
        return len(taken.rows)


def _done(plan: Plan, marks: int) -> int:
    return marks - len(plan.requeued)
