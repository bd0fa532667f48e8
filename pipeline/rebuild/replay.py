"""The recorded journal decided again, set after set, by the decider's own steps and its own writing.

What a set took and saw of the moving world is in its journal; the rest follows: facts from the inbox, states from the
sets before, freeze orders and submissions from the rebuilt tables. Time and writer of a block are told to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import psycopg

from ledger.model.kinds import Cause
from ledger.store import connect, entries
from pipeline.active_policy import stored
from pipeline.decide.journal import JournalError, decode
from pipeline.decide.shelf import Cache, DatabaseShelf
from pipeline.decide.taking import restored
from pipeline.decide.writing import Ledger
from pipeline.errors import is_transient
from pipeline.rebuild.difference import Difference
from pipeline.rebuild.target import RebuildError, copy_period_events, copy_tables
from processors.desk import Step

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import Any

    from events.envelope import Event
    from ledger.store.connection import LedgerConnection, LedgerCursor
    from pipeline.decide.journal import Journal
    from processors.facts import Identity
    from processors.policy.model import Policy

Advance = Callable[[int, int, str], None]
"""Shows how far it is: done, of how many, of what."""

_SETS = """
select block_no, 0, policy_digest, recorded_us, writer, journal from block
union all select after_block, number, policy_digest, null, null, journal from set_journal order by 1, 2
"""

# Freeze orders bear on budgets and supplements, other marks on nothing: which were taken the journal tells.
_TAKE = """
delete from mark where cause <> %s or (entity, ref) in (select * from unnest(%b::bytea[], %s::bigint[]))
"""

_AWAIT = "insert into awaiting_leaf (kind, ref) select * from unnest(%s::smallint[], %s::bigint[])"


class _Set(NamedTuple):
    """One recorded set: `number` is 0 for that of the block, `recorded_us` and `writer` are only of blocks."""

    block_no: int
    number: int
    policy_digest: bytes
    recorded_us: int | None
    writer: str | None
    journal: bytes

    @property
    def name(self) -> str:
        """What a person finds it by."""
        return f"block {self.block_no}" if self.number == 0 else f"set {self.number} after block {self.block_no}"


class Replayed(NamedTuple):
    """How much was decided again."""

    events: int
    sets: int
    blocks: int


class _Ledger(Ledger):
    """Writes as the decider does; each block is stamped as the original was."""

    stamped: tuple[int, str] = (0, "")

    def stamp(self) -> tuple[int, str]:
        return self.stamped


class _Shelf(DatabaseShelf):
    """Answers as the original set was answered where others than the decider write."""

    def __init__(self, cursor: LedgerCursor, cache: Cache, journal: Journal) -> None:
        super().__init__(cursor, cache)
        self.journal = journal

    def outstanding(self, keys: Collection[bytes]) -> set[bytes]:
        """Which of these were found with other marks."""
        self.busy |= (found := set(self.journal.busy) & set(keys))
        return found

    def recorded(self, identities: Collection[Identity]) -> list[Event]:
        """Those of these events that were recorded by then."""
        return super().recorded([identity for identity in identities if identity in set(self.journal.met)])


class _Replay:
    """The rebuilt ledger while it grows."""

    def __init__(self, original: LedgerConnection, connection: LedgerConnection) -> None:
        self.original, self.connection = original, connection
        self.cursor = connection.cursor(binary=True)
        self.cache = Cache()
        self.policies: dict[bytes, Policy] = {}
        self.ledger = _Ledger(self.cursor, self.cache, self._policy(None))

    def _policy(self, digest: bytes | None) -> Policy:
        """A policy of the ledger by its digest; None is the first one."""
        if digest not in self.policies:
            row = self.connection.execute(
                "select proposal_no from policy_activation where %(digest)s::bytea is null or digest = %(digest)s"
                " order by activation_no limit 1",
                {"digest": digest},
            ).fetchone()
            if row is None:
                raise RebuildError("no policy of the ledger has the digest that its journal names")
            policy = stored(self.connection, int(row[0]))
            self.policies[policy.digest] = policy
            return policy
        return self.policies[digest]

    def take(self, told: _Set) -> int:
        """Decide one set again; returns how many facts it took."""
        journal = decode(told.journal)
        self.ledger.policy = self._policy(told.policy_digest)
        self.ledger.stamped = (told.recorded_us or 0, told.writer or "")
        if journal.told:
            self._note(journal)
        else:
            self._decide(journal)
        if told.number == 0:
            copy_period_events(self.original, self.connection, told.block_no)
        self.connection.commit()
        if self.cache.full:
            self.cache.trim()
        return len(journal.positions)

    def _note(self, journal: Journal) -> None:
        self.cursor.execute("delete from awaiting_leaf")
        self.cursor.execute(_AWAIT, ([kind for kind, _ in journal.told], [ref for _, ref in journal.told]))
        self.ledger.note(self.cursor, entries.read_awaiting(self.cursor, len(journal.told)))

    def _decide(self, journal: Journal) -> None:
        events = restored(self.cursor, journal.positions)
        marks = journal.marks(events)
        orders = [mark for mark in marks if mark.cause == Cause.FREEZE]
        self.cursor.execute(_TAKE, (int(Cause.FREEZE), [mark.entity for mark in orders], [mark.ref for mark in orders]))
        shelf = _Shelf(self.cursor, self.cache, journal)
        plan = Step(self.ledger.policy, shelf).run(marks, events)
        self.ledger.write(self._send, shelf, plan, marks, events)

    def _send(self, work: Callable[..., object], *arguments: Any) -> None:
        work(self.cursor, *arguments)


def replay(original: LedgerConnection, target: str, advance: Advance) -> tuple[Replayed, list[Difference]]:
    """Decide the journal of a snapshot of the original again, into an empty ledger.

    Where that is not possible to the end, what stood in its way is a difference, and the rest is not there.
    Raises RebuildError when the journal does not tell enough.
    """
    _require_journal(original)
    copy_tables(original, target)
    sets, events = _count(original), 0
    with connect(target, "writer") as connection:
        connection.execute("set synchronous_commit = off")
        copy_period_events(original, connection, 0)
        connection.commit()
        again = _Replay(original, connection)
        done = 0
        for done, told in enumerate(_sets(original), 1):
            try:
                events += again.take(told)
            except Exception as error:
                if is_transient(error) or isinstance(error, RebuildError):
                    raise
                connection.rollback()
                stopped = Difference("replay", told.name, "was decided", f"{type(error).__name__}: {_said(error)}")
                return Replayed(events, done - 1, again.ledger.head.block_no), [stopped]
            advance(done, sets, "sets")
        return Replayed(events, done, again.ledger.head.block_no), []


def _said(error: Exception) -> str:
    """The first line of what a failure says; of the database's only the line without values."""
    if isinstance(error, psycopg.Error):
        return error.diag.message_primary or ""
    return str(error).partition("\n")[0] if isinstance(error, JournalError | LookupError) else ""


def _sets(original: LedgerConnection) -> Iterator[_Set]:
    with original.cursor("sets", binary=True) as cursor:
        cursor.itersize = 100
        for row in cursor.execute(_SETS):
            yield _Set._make(row)


def _count(original: LedgerConnection) -> int:
    row = original.execute("select (select count(*) from block) + (select count(*) from set_journal)").fetchone()
    return int(row[0]) if row is not None else 0


def _require_journal(original: LedgerConnection) -> None:
    """Whether the first blocks of the ledger were made by a program that kept what is needed."""
    row = original.execute("select journal from block order by block_no limit 1", binary=True).fetchone()
    try:
        if row is not None:
            decode(row[0])
    except JournalError as error:
        raise RebuildError(
            f"the books begin with blocks whose journal cannot be replayed: {error}; `spp ledger rebuild --from-inbox` "
            "needs no journal"
        ) from error
