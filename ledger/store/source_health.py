"""Muting of sources: working state that all recording processes share. The poison itself is counted by RECORD."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection

_MUTE = """
insert into source_health as health (source, poison, muted_until_us) values (%(source)s, 0, %(until_us)s)
on conflict (source) do update
set muted_until_us = greatest(coalesce(health.muted_until_us, 0), excluded.muted_until_us)
"""


def mute_source(connection: LedgerConnection, source: str, until_us: int) -> None:
    """Hold records of `source` received before `until_us` (microseconds since the epoch, UTC) in quarantine."""
    with connection.transaction():
        connection.execute(_MUTE, {"source": source, "until_us": until_us})


def muted_sources(connection: LedgerConnection) -> dict[str, int]:
    """Until when each source is or was muted, in microseconds since the epoch, UTC."""
    with connection.transaction():
        rows = connection.execute(
            "select source, muted_until_us from source_health where muted_until_us is not null"
        ).fetchall()
    return {str(source): int(until_us) for source, until_us in rows}
