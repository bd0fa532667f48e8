"""Write paths with one thing wrong, each of which the simulation must catch. Only here, never in production code.

Each variant is a promise of the write path taken away by replacing a function or a statement while schedules run; the
checks afterwards use production code as it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import psycopg

from ledger.model.kinds import Cause
from ledger.store import books, books_writer, connect, copy, inbox
from ledger.store.outbox import delete, peek
from ledger.store.records import Admitted, Fenced, Recorded, Refused
from pipeline import leadership
from pipeline.decide import ahead, decider, flight, shelf, steps, taking, writing
from pipeline.decide.taking import Taken
from pipeline.leadership import Leadership
from pipeline.offsets import StoredOffsets
from pipeline.relay import ITEMS, Relay
from processors import adjudicate, desk
from processors.facts import decode_state
from processors.view import View
from tests.faults.checks import FROZEN_TOO_EARLY, STUCK
from tests.faults.turns import CURRENT

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from threading import Event as Stop

    from ledger.store.books import MarkRow
    from ledger.store.connection import LedgerConnection, LedgerCursor
    from ledger.store.copy import Row, TableSpec
    from pipeline.decide.writing import Send
    from pipeline.sender import BatchSender
    from processors.outcome import CaseOutcome

Replacement = tuple[object, str, object]
_COPY_ROWS = copy.copy_rows
_LOOK_UP = inbox._look_up
_APPEND = writing._append
_ADJUDICATE = adjudicate.adjudicate
_SERVE = decider.Decider._serve


@dataclass(frozen=True)
class Variant:
    """One thing wrong. `kind` is how it must fail; `schema` is done to each ledger first, as a superuser."""

    name: str
    story: str
    kind: str
    replaced: tuple[Replacement, ...]
    schema: str = ""

    @contextmanager
    def installed(self, url: str) -> Iterator[None]:
        """Production is broken in this way, as long as this lasts."""
        if self.schema:
            with psycopg.Connection.connect(url, autocommit=True) as owner:
                owner.execute(self.schema.encode())
        with ExitStack() as stack:
            for place, name, value in self.replaced:
                stack.enter_context(patch.object(place, name, value))
            yield


SOUND = Variant("sound", "production as it is", "", ())


# -- record -----------------------------------------------------------------------------------------------------------


def _offset_committed_first(batch: inbox._Batch, conn: LedgerConnection, insert: inbox._Insert) -> Recorded:
    with conn.transaction(), conn.cursor() as cursor:
        if cursor.execute(inbox._FENCE, batch.place).rowcount != 1:
            raise Fenced(batch.place["topic_no"], batch.place["partition"], batch.place["start"])
    with conn.transaction(), conn.cursor() as cursor:
        accepted, replayed, conflicts = inbox.take_identities(cursor, batch.admitted, insert)
        copy.copy_rows(cursor, copy.MARK, inbox.marks(accepted))
        refused = [*batch.refused, *conflicts]
        batch._quarantine(cursor, refused)
        recorded = Recorded(len(accepted), replayed, len(refused), len(conflicts))
        batch._count(cursor, recorded)
    return recorded


_NO_FENCE = inbox._FENCE.replace(" and next_offset = %(start)s", "")


def _never_conflicts(admitted: Sequence[Admitted], known: inbox._Known) -> tuple[list[Admitted], int, list[Refused]]:
    taken = set(known)
    new: list[Admitted] = []
    for event in admitted:
        if (event.source, event.event_id) not in taken:
            taken.add((event.source, event.event_id))
            new.append(event)
    return new, len(admitted) - len(new), []


def _compared_in_one_snapshot(
    cursor: LedgerCursor, admitted: Sequence[Admitted], _insert: inbox._Insert
) -> tuple[list[Admitted], int, list[Refused]]:
    """What another worker took since the look-up is not compared: it must have been the same."""
    known = _LOOK_UP(cursor, admitted)
    accepted, replayed, conflicts = inbox._sift(admitted, known)
    lost = inbox.append_racing(cursor, accepted)
    return [event for event in accepted if event not in lost], replayed + len(lost), conflicts


def _unique_marks(cursor: LedgerCursor, spec: TableSpec, rows: Iterable[Row]) -> int:
    if spec.name != "mark":
        return _COPY_ROWS(cursor, spec, rows)
    given = list(rows)
    statement = "insert into mark (entity, position, cause, ref) values (%s, %s, %s, %s) on conflict do nothing"
    for row in given:
        cursor.execute(statement, row)
    return len(given)


# -- decide -----------------------------------------------------------------------------------------------------------


def _read_by_watermark(cursor: LedgerCursor, taken: AbstractSet[int], limit: int) -> Taken:
    """Facts are new when they are recorded after the last one folded into their entity."""
    found = taking.read_next(cursor, taken, limit)
    folded: dict[bytes, int] = {}
    for key, _, state in books.read_states(cursor, {row[1] for row in found.rows}):
        identities = list(decode_state(state).facts)
        cursor.execute(
            "select coalesce(max(position), -1) from inbox join unnest(%s::text[], %s::text[]) as t(s, e)"
            " on (source, event_id) = (s, e)",
            ([source for source, _ in identities], [event_id for _, event_id in identities]),
        )
        folded[key] = int(cursor.fetchall()[0][0])
    rows = [_unless_folded(row, folded.get(row[1], -1)) for row in found.rows]
    return Taken(rows, found.events)


def _unless_folded(row: MarkRow, folded: int) -> MarkRow:
    mark_id, entity, position, _, _ = row
    return row if position is None or position > folded else (mark_id, entity, None, int(Cause.NEIGHBOUR), None)


def _claims_updated(cursor: LedgerCursor, holders: Sequence[int]) -> None:
    if holders:
        for table in ("claim_side", "claim_window"):
            cursor.execute(f"delete from {table} where holder_no = any(%b)", (list(holders),))


def _claims_upserted(send: Send, table: TableSpec, rows: Sequence[Row]) -> None:
    if table.name == "claim_key":
        send(_upsert_claims, rows)
    else:
        _APPEND(send, table, rows)


def _upsert_claims(cursor: LedgerCursor, rows: Sequence[Row]) -> None:
    for row in rows:
        cursor.execute(
            "insert into claim_key values (%s, %s, %s, %s) on conflict (holder_no, grp, key)"
            " do update set line_id = excluded.line_id",
            row,
        )


def _both_winners_hold(*given: Any) -> CaseOutcome:
    """Two frozen lines that turn out to be of one birth both keep their claims."""
    outcome = _ADJUDICATE(*given)
    outcome.claims.extend((line_id, claim) for line_id, claim, _ in outcome.doubles)
    return outcome


def _held_elsewhere(deciding: decider.Decider, stop: Stop) -> None:
    """The lock is on one connection, decisions are committed on another."""
    with connect(deciding.settings.ledger, "writer") as holding:
        if leadership.lead(holding, Leadership.DECIDE, stop):
            _SERVE(deciding, stop)


def _marks_deleted_first(cursor: LedgerCursor, mark_ids: list[int]) -> None:
    books_writer.delete_marks(cursor, mark_ids)
    cursor.connection.commit()


def _kept_cache() -> shelf.Cache:
    process = CURRENT.get()
    cache: shelf.Cache = process.__dict__.setdefault("cache", shelf.Cache()) if process is not None else shelf.Cache()
    return cache


# -- relay ------------------------------------------------------------------------------------------------------------


async def _deleted_first(relaying: Relay, connection: LedgerConnection, sender: BatchSender) -> int:
    items = await asyncio.to_thread(peek, connection, ITEMS)
    if items:
        taken, messages = await asyncio.to_thread(relaying._read, connection, items)
        await asyncio.to_thread(delete, connection, taken)
        await sender.send(messages)
    return len(items)


def _yes(*_given: object) -> bool:
    return True


def _nothing(*_given: object) -> None:
    """In place of something that matters."""


VARIANTS = (
    Variant(
        "offset committed first",
        "the partition's offset is committed in a transaction before the one that records",
        "offsets_are_contiguous",
        ((inbox._Batch, "record", _offset_committed_first),),
    ),
    Variant(
        "fence missing",
        "the offset is set whatever it was: a former owner of the partition records on",
        "UniqueViolation",
        ((inbox, "_FENCE", _NO_FENCE),),
    ),
    Variant(
        "begins where Kafka says",
        "a consumer starts at the offset committed to Kafka, whatever the database has",
        STUCK,
        ((StoredOffsets, "load", lambda _self, _places: {}),),
    ),
    Variant(
        "content compare missing",
        "a known identity is a replay, whatever it says",
        "intake_is_complete",
        ((inbox, "_sift", _never_conflicts),),
    ),
    Variant(
        "content compared in one snapshot",
        "what another worker took after the look-up is not looked up again",
        "intake_is_complete",
        ((inbox, "take_identities", _compared_in_one_snapshot),),
    ),
    Variant(
        "unique marks",
        "one mark an entity, ON CONFLICT DO NOTHING",
        STUCK,
        ((copy, "copy_rows", _unique_marks),),
        f"create unique index on mark (entity) where cause = {int(Cause.FACT)}",
    ),
    Variant(
        "facts by watermark",
        "new facts are those recorded after the last one folded, not those the deleted marks name",
        "states_are_the_facts",
        ((ahead, "read_next", _read_by_watermark),),
    ),
    Variant(
        "neighbours not marked",
        "a change of facts marks nobody who reads them",
        "decisions_are_the_models",
        ((books_writer, "mark_readers", _nothing),),
    ),
    Variant(
        "frozen with a mark outstanding",
        "freeze orders are carried out at once",
        FROZEN_TOO_EARLY,
        ((shelf.DatabaseShelf, "outstanding", lambda _self, _keys: set()),),
    ),
    Variant(
        "close ignores time",
        "a closed cycle is decided on whatever is known",
        "decisions_are_the_models",
        ((adjudicate, "View", lambda states, commons, _horizon: View(states, commons, None)),),
    ),
    Variant(
        "claims updated",
        "claims are inserted or updated, those that ended stay",
        "claims_are_the_models",
        ((books_writer, "drop_claims", _claims_updated), (writing, "_append", _claims_upserted)),
    ),
    Variant(
        "merged winners unhandled",
        "two frozen lines that turn out to be of one birth both keep their claims",
        "nothing_is_left",
        ((desk, "adjudicate", _both_winners_hold),),
    ),
    Variant(
        "relay deletes first",
        "outbox rows are deleted before the brokers have acknowledged",
        "everything_was_relayed",
        ((Relay, "step", _deleted_first),),
    ),
    Variant(
        "lock on another connection",
        "the leader's lock is held on another connection than the one that commits",
        "states_are_the_facts",
        ((decider.Decider, "_serve", _held_elsewhere), (decider, "lead", _yes), (decider, "is_led_on", _yes)),
    ),
    Variant(
        "cache kept after a failure",
        "a step that was not committed leaves what it thought in the leader's cache",
        "states_are_the_facts",
        ((shelf.Cache, "drop", _nothing), (steps, "Cache", _kept_cache)),
    ),
    Variant(
        "marks deleted first",
        "marks are deleted in a transaction before the one that decides",
        "states_are_the_facts",
        ((flight, "_take", _marks_deleted_first),),
    ),
)
