"""One leader for a role: a PostgreSQL advisory lock, held on the very connection that commits."""

from __future__ import annotations

from enum import IntEnum
from threading import Event
from typing import TYPE_CHECKING

from ledger.store.takeover import end_silent_leader
from pipeline.logging import get_logger

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection

STANDBY_SECONDS = 0.5
"""How often a standby asks for the lock; a leader's death is noticed by its server process at once."""


class Leadership(IntEnum):
    """The roles with one leader; the numbers are advisory lock keys and stable."""

    DECIDE = 0x5350_5001
    RELAY = 0x5350_5002
    SEAL = 0x5350_5003


_log = get_logger("leadership")


def lead(connection: LedgerConnection, role: Leadership, stop: Event) -> bool:
    """Wait until this connection holds the lock of `role`; False when `stop` was set first.

    The lock ends with the connection, so whoever commits on another connection is not protected by it. A leader that
    fell silent is ended.
    """
    while not stop.is_set():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", (int(role),))
            row = cursor.fetchone()
        connection.commit()
        if row is not None and row[0] is True:
            return True
        if end_silent_leader(connection, int(role)):
            _log.warning("silent_leader_ended", role=role.name.lower())
        stop.wait(STANDBY_SECONDS)
    return False


def is_led_on(reader: LedgerConnection, leader: LedgerConnection, role: Leadership) -> bool:
    """Whether `reader` sees that `leader` holds the lock of `role`: both talk to one server, not to a copy of it."""
    row = leader.execute("select pg_backend_pid()").fetchone()
    leader.commit()
    held = reader.execute(
        "select exists (select from pg_locks where locktype = 'advisory' and granted and pid = %s"
        " and (classid::bigint << 32) | objid::bigint = %s)",
        (row[0] if row is not None else None, int(role)),
    ).fetchone()
    return held == (True,)
