"""The recorded state in one read-only snapshot, asked by the very steps of the decider; nothing can be written.

Facts that are recorded and not yet decided are not in the states: whoever needs to know counts the marks.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from psycopg import IsolationLevel

from ledger.store import connect
from pipeline.decide.shelf import Cache, DatabaseShelf
from processors.desk import Step

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from events.envelope import Event
    from ledger.store.connection import LedgerConnection, LedgerCursor
    from processors.desk import Mark, Plan
    from processors.outcome import History
    from processors.policy.model import Policy


class ReadOnlyWorld:
    """One snapshot. `connection` is the reader's, `cursor` a binary one on it as the decider uses."""

    def __init__(self, connection: LedgerConnection, cursor: LedgerCursor) -> None:
        self.connection, self.cursor = connection, cursor
        self.cache = Cache()

    def decide(self, policy: Policy, marks: Sequence[Mark], events: Mapping[int, Event] | None = None) -> Plan:
        """What one step of the decider would write for these marks; `events` holds the event of each position.

        The plan has only decisions that differ from the recorded ones. Marks with a fact change the states that were
        loaded: `forget` before the next try.
        """
        return Step(policy, DatabaseShelf(self.cursor, self.cache)).run(marks, events or {})

    def history(self, subjects: Collection[bytes]) -> dict[bytes, History]:
        """The latest recorded decision on each of these subjects that has one."""
        return DatabaseShelf(self.cursor, self.cache).history(subjects)

    def forget(self) -> None:
        """Drop all that was loaded, to bound the memory or to undo what facts of a try changed."""
        self.cache.drop()

    def waiting(self) -> int:
        """How many marks wait to be decided: what they name is recorded and in no decision yet."""
        row = self.connection.execute("select count(*) from mark").fetchone()
        return int(row[0]) if row is not None else 0


@contextmanager
def open_world(url: str) -> Iterator[ReadOnlyWorld]:
    """The ledger at `url` as it stands now, through the reader role; psycopg.OperationalError when it is away."""
    with connect(url, "reader") as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        with connection.cursor(binary=True) as cursor:
            yield ReadOnlyWorld(connection, cursor)
