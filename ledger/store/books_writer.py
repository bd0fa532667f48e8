"""DECIDE's writing: set-based statements and binary COPY, in the transaction that took the marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.model.kinds import Cause

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

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
        cursor.execute(
            "with keys as (delete from claim_key where holder_no = any(%b)),"
            " sides as (delete from claim_side where holder_no = any(%b))"
            " delete from claim_window where holder_no = any(%b)",
            (numbers, numbers, numbers),
        )


def mark_readers(cursor: LedgerCursor, targets: Collection[bytes], decided: Collection[bytes]) -> None:
    """Mark every case that reads one of these entities, however many, but those decided with them just now."""
    if targets:
        cursor.execute(
            "insert into mark (entity, cause) select distinct reader, %s::smallint from read_link"
            " where target = any(%b) and reader <> all(%b)",
            (int(Cause.NEIGHBOUR), list(targets), list(decided)),
        )


def mark_cycle(cursor: LedgerCursor, source: str, benefit: str, cycle: int) -> None:
    """Mark every case with a request in this payment cycle (YYYYMM) that is not frozen.

    A frozen line stands whenever its cycle closes: only lines not submitted are decided as of the close.
    """
    cursor.execute(
        "insert into mark (entity, cause) select distinct entity, %s::smallint from line"
        " where source = %s and benefit = %s and cycle = %s"
        " and not exists (select from submission_line frozen where frozen.line_id = line.line_id)",
        (int(Cause.NEIGHBOUR), source, benefit, cycle),
    )


def mark_everything(cursor: LedgerCursor) -> int:
    """Mark every case that has a request, because the policy changed; frozen lines keep what they have."""
    cursor.execute(
        "insert into mark (entity, cause) select distinct entity, %s::smallint from line", (int(Cause.POLICY),)
    )
    return cursor.rowcount


def order_batches(cursor: LedgerCursor, orders: Sequence[tuple[str, str, int]]) -> dict[int, int]:
    """A freeze order for every line of these batches, given as (source, batch id, submission number).

    Returns how many each submission has.
    """
    cursor.execute(
        "with given as (insert into mark (entity, cause, ref) select 'L'::bytea || line_id, %s::smallint, submission_no"
        " from unnest(%s::text[], %s::text[], %s::bigint[]) as b(source, batch_id, submission_no)"
        " join line using (source, batch_id) order by submission_no, line_id returning ref)"
        " select ref, count(*) from given group by ref",
        (int(Cause.FREEZE), [row[0] for row in orders], [row[1] for row in orders], [row[2] for row in orders]),
    )
    return dict(cursor.fetchall())


def more_orders(cursor: LedgerCursor, orders: Mapping[int, int]) -> None:
    """Count further orders into open submissions, by number."""
    if orders:
        cursor.execute(
            "update submission_open set outstanding = outstanding + more"
            " from unnest(%s::bigint[], %s::int[]) as o(no, more) where submission_no = no",
            (list(orders), list(orders.values())),
        )


def release_orders(cursor: LedgerCursor, done: Mapping[int, int]) -> list[int]:
    """Count orders carried out, by submission; returns those with none left, which are open no more."""
    if not done:
        return []
    numbers = list(done)
    cursor.execute(
        "update submission_open set outstanding = outstanding - done"
        " from unnest(%s::bigint[], %s::int[]) as o(no, done) where submission_no = no",
        (numbers, list(done.values())),
    )
    cursor.execute(
        "delete from submission_open where submission_no = any(%s) and outstanding = 0 returning submission_no",
        (numbers,),
    )
    return sorted(submission_no for (submission_no,) in cursor)


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
