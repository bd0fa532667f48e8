"""What a new owner of a partition, or of a role, does about a former one that was frozen or cut off.

A frozen process (a paused machine, a stopped container) keeps its connection and so its row locks. Its partitions
went to another worker, which then waits for the lock. Recording takes a fraction of a second, so a recording
transaction of many seconds belongs to such a process, or to a database so slow that both only have to try again.

A leader asks the database something many times a second. One whose session has been silent for a minute is frozen, or
its machine is gone without a word, which the server alone would notice after hours. Silent in the middle of copying
rows, its session stays `active`, and the server waits for the client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection

LOCK_SECONDS = 10
FROZEN_SECONDS = 15
SILENT_SECONDS = 60

_END = """
select count(pg_terminate_backend(pid)) from (
    select distinct pid from pg_locks join pg_stat_activity activity using (pid)
    where relation = 'consumer_offset'::regclass and mode = 'RowExclusiveLock' and granted
    and pid <> pg_backend_pid() and xact_start < clock_timestamp() - make_interval(secs => %s)) as frozen
"""

_END_LEADER = """
select count(pg_terminate_backend(pid)) from (
    select distinct pid from pg_locks join pg_stat_activity activity using (pid)
    where locktype = 'advisory' and granted
    and database = (select oid from pg_database where datname = current_database())
    and (classid::bigint << 32) | objid::bigint = %s and pid <> pg_backend_pid()
    and (state like 'idle%%' or wait_event in ('ClientRead', 'ClientWrite'))
    and state_change < clock_timestamp() - make_interval(secs => %s)) as silent
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


def end_silent_leader(connection: LedgerConnection, lock: int, silent_seconds: float = SILENT_SECONDS) -> int:
    """End the session that holds the advisory lock and has said nothing for so long; returns how many, 0 or 1.

    Whoever it was cannot commit any more and asks for the lock anew when it wakes up. In a transaction of its own, as
    the user who logged in, who may end sessions of its own.
    """
    with connection.transaction():
        connection.execute("set local role none")
        row = connection.execute(_END_LEADER, (lock, silent_seconds)).fetchone()
    return int(row[0]) if row is not None else 0
