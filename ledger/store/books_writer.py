"""DECIDE's writing: set-based statements and binary COPY, in the transaction that took the marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.model.kinds import Cause

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ledger.store.books import MarkRow
    from ledger.store.connection import LedgerCursor


def update_states(cursor: LedgerCursor, numbers: Sequence[int], states: Sequence[bytes]) -> None:
    """Replace the state of known entities."""
    if numbers:
        cursor.execute(
            "update entity set state = u.state from unnest(%b::bigint[], %b::bytea[]) as u(no, state)"
            " where entity_no = u.no",
            (list(numbers), list(states)),
        )


def add_links(cursor: LedgerCursor, links: Collection[tuple[bytes, bytes]]) -> None:
    """Keep who reads what; a pair already kept is left alone."""
    if links:
        pairs = sorted(links)
        cursor.execute(
            "insert into read_link select * from unnest(%b::bytea[], %b::bytea[]) on conflict do nothing",
            ([target for target, _ in pairs], [reader for _, reader in pairs]),
        )


def add_retractions(cursor: LedgerCursor, rows: Sequence[tuple[str, str, int]]) -> None:
    """Keep which events were retracted, for those that come later than their retraction."""
    if rows:
        cursor.execute(
            "insert into retraction select * from unnest(%s::text[], %s::text[], %s::bigint[]) on conflict do nothing",
            ([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]),
        )


def drop_lines(cursor: LedgerCursor, line_ids: Collection[bytes]) -> None:
    """Forget where these lines belong; the caller writes them anew when another request keeps their id."""
    if line_ids:
        cursor.execute("delete from line where line_id = any(%b)", (list(line_ids),))


def drop_claims(cursor: LedgerCursor, holders: Collection[int]) -> None:
    """Delete every claim of these holders; the caller writes all live ones anew. A key is never updated."""
    if holders:
        numbers = list(holders)
        for table in ("claim_key", "claim_side", "claim_window"):
            cursor.execute(f"delete from {table} where holder_no = any(%b)", (numbers,))


def mark_readers(cursor: LedgerCursor, targets: Collection[bytes]) -> None:
    """Mark every case that reads one of these entities, however many."""
    if targets:
        cursor.execute(
            "insert into mark (entity, cause) select distinct reader, %s::smallint from read_link"
            " where target = any(%b)",
            (int(Cause.NEIGHBOUR), list(targets)),
        )


def mark_cycle(cursor: LedgerCursor, source: str, benefit: str, cycle: int) -> None:
    """Mark every case with a request in this payment cycle (YYYYMM)."""
    cursor.execute(
        "insert into mark (entity, cause) select distinct entity, %s::smallint from line"
        " where source = %s and benefit = %s and cycle = %s",
        (int(Cause.NEIGHBOUR), source, benefit, cycle),
    )


def mark_everything(cursor: LedgerCursor) -> int:
    """Mark every case that has a request, because the policy changed; frozen lines keep what they have."""
    cursor.execute(
        "insert into mark (entity, cause) select distinct entity, %s::smallint from line", (int(Cause.POLICY),)
    )
    return cursor.rowcount


def order_batch(cursor: LedgerCursor, source: str, batch_id: str, submission_no: int) -> int:
    """A freeze order for every line of a batch; returns how many."""
    cursor.execute(
        "insert into mark (entity, cause, ref) select 'L'::bytea || line_id, %s::smallint, %s from line"
        " where source = %s and batch_id = %s order by line_id",
        (int(Cause.FREEZE), submission_no, source, batch_id),
    )
    return cursor.rowcount


def more_orders(cursor: LedgerCursor, submission_no: int, count: int) -> None:
    """Count further orders into an open submission."""
    cursor.execute(
        "update submission_open set outstanding = outstanding + %s where submission_no = %s", (count, submission_no)
    )


def release_orders(cursor: LedgerCursor, submission_no: int, count: int) -> bool:
    """Count orders carried out; True when none is left, and then the submission is open no more."""
    cursor.execute(
        "update submission_open set outstanding = outstanding - %s where submission_no = %s", (count, submission_no)
    )
    cursor.execute("delete from submission_open where submission_no = %s and outstanding = 0", (submission_no,))
    return cursor.rowcount == 1


def park_marks(cursor: LedgerCursor, rows: Sequence[MarkRow], error: str) -> None:
    """Park marks whose case fails: out of the way of the others, kept with why, until somebody retries them."""
    cursor.execute(
        "insert into parked_mark (mark_id, entity, position, cause, ref, error)"
        " select m, e, p, c, r, %s from unnest(%s::bigint[], %b::bytea[], %s::bigint[], %s::smallint[], %s::bigint[])"
        " as u(m, e, p, c, r)",
        (
            error,
            [row[0] for row in rows],
            [row[1] for row in rows],
            [row[2] for row in rows],
            [row[3] for row in rows],
            [row[4] for row in rows],
        ),
    )


def delete_marks(cursor: LedgerCursor, mark_ids: Sequence[int]) -> int:
    """Delete exactly these marks; returns how many of them were there."""
    cursor.execute("delete from mark where mark_id = any(%b)", (list(mark_ids),))
    return cursor.rowcount


def take_mark_ids(cursor: LedgerCursor, mark_ids: Sequence[int]) -> list[MarkRow]:
    """Delete and return exactly these marks."""
    cursor.execute(
        "delete from mark where mark_id = any(%b) returning mark_id, entity, position, cause, ref", (list(mark_ids),)
    )
    return sorted(cursor.fetchall())
