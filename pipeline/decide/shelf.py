"""What one decide step may ask, answered as if every set decided before were committed, though some are on their way.

The decider is the only writer of states, decisions and links, so what it wrote last is what is or will be stored. A
step changes cached states in place; when any set fails, the whole cache is dropped with all sets on their way.

- `states`, `is_new`, `history`: the cache holds all that sets on their way loaded or wrote, since it is trimmed only
  when none is. So what is not cached was not touched by them, and what is committed is right.
- `recorded`: written by RECORD alone. `submitted`: the order that names a submission was committed with it.
- `retractions`: those of sets on their way are in the cache, the others committed.
- `readers`: asked when the sets that add any are committed.
- `outstanding`: marks of this set and of those on their way are taken, deleted already or not. Asked when the sets that
  mark readers of what they changed are committed; freeze orders, which other sets may add, do not count.

What a step writes is numbered by the leader: entities, leaves, accounts and the hash of the last block are those of the
set before it, committed or not. Submissions are numbered and counted in the transaction itself.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from events.envelope import decode_recorded
from ledger.store import books
from pipeline.decide.body import to_history
from processors.facts import EntityState, decode_state

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from collections.abc import Set as AbstractSet

    from events.envelope import Event
    from ledger.store.connection import LedgerCursor
    from processors.desk import Plan
    from processors.facts import Identity
    from processors.outcome import Claim, History

K = TypeVar("K")
V = TypeVar("V")

CACHED_ENTITIES = 200_000
"""About 1.5 kB each: 300 MB. A case is decided two or three times within minutes, so older ones may go."""
CACHED_LINKS = 1_000_000


class Recent(OrderedDict[K, V], Generic[K, V]):
    """A dictionary that forgets what was put in longest ago beyond `limit` entries."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def put(self, key: K, value: V) -> None:
        """Keep `value`, as the youngest."""
        self[key] = value
        self.move_to_end(key)

    @property
    def full(self) -> bool:
        """Whether a tenth more is kept than the limit allows."""
        return len(self) > self.limit * 11 // 10

    def trim(self) -> None:
        """Forget what is beyond the limit."""
        while len(self) > self.limit:
            self.popitem(last=False)


class Cache:
    """What the leader remembers between steps."""

    def __init__(self) -> None:
        self.states: Recent[bytes, EntityState] = Recent(CACHED_ENTITIES)
        self.numbers: Recent[bytes, int] = Recent(CACHED_ENTITIES)
        self.history: Recent[bytes, History] = Recent(CACHED_ENTITIES)
        self.links: Recent[tuple[bytes, bytes], None] = Recent(CACHED_LINKS)
        self.claims: Recent[bytes, frozenset[tuple[bytes, Claim]]] = Recent(CACHED_ENTITIES)
        self.retracted: Recent[Identity, int] = Recent(CACHED_ENTITIES)
        self.any_retraction: bool | None = None

    def drop(self) -> None:
        """Forget everything: what was changed in place was not committed."""
        for part in self._parts:
            part.clear()
        self.any_retraction = None

    @property
    def full(self) -> bool:
        """Whether it is time to trim."""
        return any(part.full for part in self._parts)

    def trim(self) -> None:
        """Keep to the limits. Only when no set is on its way: what one loaded or wrote must be found by the next."""
        for part in self._parts:
            part.trim()

    @property
    def _parts(self) -> tuple[Recent[Any, Any], ...]:
        return (self.states, self.numbers, self.history, self.links, self.claims, self.retracted)

    def retract(self, retractions: Collection[tuple[Identity, int, int]]) -> None:
        """Keep the earliest retraction of each event: (event, time, position) each."""
        for identity, time_us, _ in retractions:
            self.retracted.put(identity, min(time_us, self.retracted.get(identity, time_us)))
            self.any_retraction = True


class DatabaseShelf:
    """One step's answers. Implements processors.desk.Shelf.

    `cursor` reads what is committed. `taken` are the marks of this set and of those on their way. `settle` waits until
    every set on its way whose plan is concerned is committed; it raises when one of them fails. Without these two,
    nothing is on its way.
    """

    def __init__(
        self,
        cursor: LedgerCursor,
        cache: Cache,
        taken: AbstractSet[int] = frozenset(),
        settle: Callable[[Callable[[Plan], bool]], object] = lambda _concerned: None,
    ) -> None:
        self.cursor, self.cache, self.taken, self.settle = cursor, cache, taken, settle
        self.created: set[bytes] = set()
        self.busy: set[bytes] = set()
        self.met: set[Identity] = set()

    def states(self, keys: Collection[bytes]) -> dict[bytes, EntityState]:
        """From the cache, else the table; what is in neither is new."""
        found = {key: state for key in keys if (state := self.cache.states.get(key)) is not None}
        self.created.update(key for key in found if key not in self.cache.numbers)
        wanted = [key for key in keys if key not in found]
        if wanted:
            for key, number, encoded in books.read_states(self.cursor, wanted):
                found[key] = decode_state(encoded)
                self.cache.numbers.put(key, number)
            for key in wanted:
                if key not in found:
                    found[key] = EntityState()
                    self.created.add(key)
                self.cache.states.put(key, found[key])
        return found

    def is_new(self, key: bytes) -> bool:
        """Whether nothing is stored of an entity."""
        return key in self.created

    def retractions(self, identities: Collection[Identity]) -> dict[Identity, int]:
        """The earliest retraction of each; most days there is none at all."""
        told: dict[Identity, int] = {}
        if identities and self._any_retraction():
            told = {
                identity: time for identity in identities if (time := self.cache.retracted.get(identity)) is not None
            }
            for source, event_id, time_us in books.read_retractions(self.cursor, identities):
                told[(source, event_id)] = min(time_us, told.get((source, event_id), time_us))
        return told

    def _any_retraction(self) -> bool:
        """Asked once: what is committed later was in a plan of this leader, which told the cache."""
        if self.cache.any_retraction is None:
            self.cache.any_retraction = books.any_retraction(self.cursor)
        return self.cache.any_retraction

    def recorded(self, identities: Collection[Identity]) -> list[Event]:
        """Those of these events that are recorded; kept in `met` for the journal, since RECORD writes at any time."""
        found = [decode_recorded(value) for value in books.read_recorded(self.cursor, identities)]
        self.met.update((event.source, event.id) for event in found)
        return found

    def history(self, subjects: Collection[bytes]) -> dict[bytes, History]:
        """The latest decision on each of these subjects that has one."""
        found = {subject: last for subject in subjects if (last := self.cache.history.get(subject)) is not None}
        wanted = [subject for subject in subjects if subject not in found]
        if wanted:
            for row in books.read_last(self.cursor, wanted):
                found[row.subject] = to_history(*row[1:])
                self.cache.history.put(row.subject, found[row.subject])
        return found

    def readers(self, keys: Collection[bytes]) -> dict[bytes, set[bytes]]:
        """The readers kept of these entities."""
        self.settle(lambda plan: bool(plan.links))
        found: dict[bytes, set[bytes]] = {}
        for target, reader in books.read_readers(self.cursor, keys):
            found.setdefault(target, set()).add(reader)
        return found

    def submitted(self, submission_nos: Collection[int]) -> dict[int, tuple[str, str]]:
        """The source and batch of each of these submissions."""
        return books.read_submitted(self.cursor, submission_nos)

    def outstanding(self, keys: Collection[bytes]) -> set[bytes]:
        """Which of these entities have visible marks that are not taken; kept in `busy` for the journal, likewise."""
        self.settle(lambda plan: bool(plan.spread))
        found = {key for mark_id, key in books.read_outstanding(self.cursor, keys) if mark_id not in self.taken}
        self.busy |= found
        return found
