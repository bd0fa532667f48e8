"""The log of looks at cases: appended to before anything is shown, read by those who watch the watchers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from ledger.model.access import AccessReason
    from ledger.store.connection import LedgerConnection


class Access(NamedTuple):
    """One look: who by the name given and by the operating system, why, what was asked for, and all that is shown."""

    actor: str
    os_user: str
    reason: AccessReason
    looked_at: str
    shown: tuple[str, ...]


class AccessEntry(NamedTuple):
    """One look as it was kept; `at` by the database's clock, UTC."""

    access_no: int
    at: datetime
    actor: str
    os_user: str
    reason: str
    looked_at: str
    shown: tuple[str, ...]


def record_access(conn: LedgerConnection, access: Access) -> int:
    """Keep one look, committed when this returns its number; psycopg.Error when it cannot be kept."""
    with conn.transaction():
        row = conn.execute(
            "insert into access_log (actor, os_user, reason, looked_at, shown) values (%s, %s, %s, %s, %s)"
            " returning access_no",
            (access.actor, access.os_user, access.reason.value, access.looked_at, list(access.shown)),
        ).fetchone()
    if row is None:
        raise RuntimeError("the look was not kept: the insert into access_log returned no number")
    return int(row[0])


def list_accesses(conn: LedgerConnection, *, of: str | None, actor: str | None, limit: int) -> list[AccessEntry]:
    """The latest looks first: all, or those that showed `of` (an SP-ID or household), or by `actor` (either name)."""
    rows = conn.execute(
        "select access_no, at, actor, os_user, reason, looked_at, shown from access_log"
        " where (%(of)s::text is null or looked_at = %(of)s or %(of)s = any(shown))"
        " and (%(actor)s::text is null or %(actor)s in (actor, os_user)) order by access_no desc limit %(limit)s",
        {"of": of, "actor": actor, "limit": limit},
    ).fetchall()
    return [AccessEntry._make((*row[:-1], tuple(row[-1]))) for row in rows]
