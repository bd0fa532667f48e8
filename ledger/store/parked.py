"""Cases set aside because deciding them failed: what a person sees of them, and how they are given back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from ledger.store.connection import LedgerConnection


class ParkedEntity(NamedTuple):
    """One entity with parked marks: how many, since when, and the error of the latest."""

    key: bytes
    marks: int
    since: datetime
    error: str


def read_parked(conn: LedgerConnection) -> list[ParkedEntity]:
    """Every entity with parked marks, the longest waiting first."""
    rows = conn.execute(
        "select entity, count(*), min(parked_at) at time zone 'utc',"
        " (array_agg(error order by parked_at desc, mark_id desc))[1]"
        " from parked_mark group by entity order by 3, 1"
    ).fetchall()
    return [ParkedEntity._make(row) for row in rows]


def retry_parked(conn: LedgerConnection) -> int:
    """Give every parked mark back to the decider; returns how many."""
    with conn.transaction():
        return conn.execute(
            "with taken as (delete from parked_mark returning entity, position, cause, ref)"
            " insert into mark (entity, position, cause, ref) select entity, position, cause, ref from taken"
        ).rowcount
