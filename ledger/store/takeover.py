"""What a new owner of a partition does about a former one that was frozen in the middle of a transaction.

A frozen process (a paused machine, a stopped container) keeps its connection and so its row locks. Its partitions
went to another worker, which then waits for the lock. Recording takes a fraction of a second, so a recording
transaction of many seconds belongs to such a process, or to a database so slow that both only have to try again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection

LOCK_SECONDS = 10
FROZEN_SECONDS = 15

_END = """
select count(pg_terminate_backend(pid)) from (
    select distinct pid from pg_locks join pg_stat_activity activity using (pid)
    where relation = 'consumer_offset'::regclass and mode = 'RowExclusiveLock' and granted
    and pid <> pg_backend_pid() and xact_start < clock_timestamp() - make_interval(secs => %s)) as frozen
"""


def limit_waiting(connection: LedgerConnection) -> None:
    """Let this session wait `LOCK_SECONDS` for a lock, and end when it falls silent inside a transaction."""
    connection.execute(f"set lock_timeout = '{LOCK_SECONDS}s'")
    connection.execute(f"set idle_in_transaction_session_timeout = '{FROZEN_SECONDS}s'")
    connection.commit()


def end_frozen(connection: LedgerConnection) -> int:
    """End sessions that have been recording for longer than `FROZEN_SECONDS`; returns how many there were.

    Acts as the user who logged in, who may end sessions of its own; the caller closes the connection afterwards.
    """
    connection.execute("set role none")
    row = connection.execute(_END, (FROZEN_SECONDS,)).fetchone()
    connection.commit()
    return int(row[0]) if row is not None else 0
