"""Poison a source: how many records of each proved source were refused, and who is muted (design.md 3.11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """`poison` counts refused records since the source was last cleared; muted while receipt is before the time."""

    poison: int
    muted_until_us: int | None


def load_health(conn: LedgerConnection) -> dict[str, SourceHealth]:
    """The health of every source that ever had a record refused. `record_batch` does the counting."""
    with conn.transaction():
        rows = conn.execute("select source, poison, muted_until_us from source_health").fetchall()
    return {source: SourceHealth(poison, muted_until_us) for source, poison, muted_until_us in rows}


def mute(conn: LedgerConnection, source: str, until_us: int) -> None:
    """Mute a source for records received before `until_us` (microseconds since the epoch, UTC); commits."""
    with conn.transaction():
        conn.execute(
            "insert into source_health (source, poison, muted_until_us) values (%s, 0, %s)"
            " on conflict (source) do update set muted_until_us = excluded.muted_until_us",
            (source, until_us),
        )


def clear(conn: LedgerConnection, source: str) -> None:
    """Unmute a source and start counting its poison anew; commits."""
    with conn.transaction():
        conn.execute("update source_health set poison = 0, muted_until_us = null where source = %s", (source,))
