"""How sources fare: a source that sends too much we cannot use is muted; if all fail at once, the fault is ours.

Only a verified signature counts, so nobody can mute another by forging its records. Times are the broker's receipt
times, so a backlog read fast is judged as when it was sent. See docs/adr/0007-bad-records.md for the reasons.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING

from events.reasons import Reason
from ledger.store.source_health import mute_source, muted_sources
from pipeline.errors import OwnFaultError
from pipeline.logging import get_logger

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection
    from ledger.store.records import Admitted, Refused
    from pipeline.metrics import Metrics

_log = get_logger("record")

MUTED_FIELD = "source"
"""The field a record held back by muting is refused with (reason `not_authorised`)."""

# Codes and types we do not list yet are ours to add, so they do not count against the source.
_NOT_POISON = frozenset({Reason.UNKNOWN_CODE, Reason.UNKNOWN_TYPE})


@dataclass(frozen=True, slots=True)
class Limits:
    """When a source is muted, and when recording stops."""

    poison: int = 1_000
    """Bad records of one source in one window, if they are also more than its good ones."""
    window_us: int = 10 * 60 * 1_000_000
    mute_us: int = 15 * 60 * 1_000_000
    stop_sources: int = 3
    """Recording stops when so many verified sources fail ..."""
    stop_records: int = 500
    """... with so many records in a row, and not one record of anybody is admitted in between."""
    refresh_seconds: float = 10.0
    """How often mutings by other workers are read."""


@dataclass(slots=True)
class _Window:
    begins_us: int
    good: int = 0
    bad: int = 0


class SourceHealth:
    """Counts what sources send to this process and remembers who is muted, by whichever process."""

    def __init__(self, metrics: Metrics, limits: Limits | None = None, clock: Callable[[], float] = monotonic) -> None:
        self._metrics = metrics
        self._limits = limits or Limits()
        self._clock = clock
        self._windows: dict[str, _Window] = {}
        self._muted_until_us: dict[str, int] = {}
        self._refreshed: float | None = None
        self._streak: Counter[str] = Counter()

    def muted(self, source: str, received_us: int) -> bool:
        """True when records of `source` received then are held in quarantine."""
        until = self._muted_until_us.get(source)
        return until is not None and received_us < until

    def require_sane(self, admitted: Sequence[Admitted], refused: Sequence[Refused]) -> None:
        """Raise OwnFaultError when many sources fail and nobody's records are admitted any more."""
        if admitted:
            self._streak.clear()
            return
        self._streak.update(record.source for record in refused if record.source is not None and not _held(record))
        limits = self._limits
        if len(self._streak) >= limits.stop_sources and self._streak.total() >= limits.stop_records:
            reasons = ", ".join(f"{reason} {count}" for reason, count in _reasons(refused).most_common(3))
            raise OwnFaultError(
                f"the last {self._streak.total()} verified records of {len(self._streak)} sources were all refused "
                f"({reasons}), so the fault is most likely ours: a wrong release or wrong policy packs. This batch was "
                "not recorded. Repair and start again; records already in quarantine can be replayed."
            )

    def observe(self, connection: LedgerConnection, admitted: Iterable[Admitted], refused: Sequence[Refused]) -> None:
        """Count a committed batch; mute whoever is over the limit, and learn whom others muted."""
        newest = self._tally(admitted, refused) if refused or self._windows else {}
        for source, received_us in newest.items():
            window = self._windows[source]
            if window.bad >= self._limits.poison and window.bad > window.good and not self.muted(source, received_us):
                self._mute(connection, source, received_us + self._limits.mute_us, window.bad)
        now = self._clock()
        if self._refreshed is None or now - self._refreshed >= self._limits.refresh_seconds:
            self._refreshed = now
            self._muted_until_us = muted_sources(connection)
            for source, until_us in self._muted_until_us.items():
                self._metrics.muted.labels(source=source).set(until_us > datetime.now(UTC).timestamp() * 1e6)

    def _tally(self, admitted: Iterable[Admitted], refused: Iterable[Refused]) -> dict[str, int]:
        """Add a batch to the windows of the sources with poison in it; the newest receipt time of each."""
        newest: dict[str, int] = {}
        for record in refused:
            if record.source is not None and record.reason not in _NOT_POISON and not _held(record):
                self._window(record.source, record.received_us).bad += 1
                self._metrics.poison.labels(source=record.source).inc()
                newest[record.source] = max(newest.get(record.source, 0), record.received_us)
        for event in admitted:
            if event.source in self._windows:
                self._window(event.source, event.received_us).good += 1
        return newest

    def _window(self, source: str, received_us: int) -> _Window:
        window = self._windows.get(source)
        if window is None or received_us >= window.begins_us + self._limits.window_us:
            window = self._windows[source] = _Window(received_us)
        return window

    def _mute(self, connection: LedgerConnection, source: str, until_us: int, poison: int) -> None:
        mute_source(connection, source, until_us)
        self._muted_until_us[source] = until_us
        self._metrics.muted.labels(source=source).set(1)
        until = datetime.fromtimestamp(until_us // 1_000_000, UTC).isoformat()
        _log.error("source_muted", source=source, poison=poison, limit=self._limits.poison, until=until)


def _held(record: Refused) -> bool:
    return record.reason is Reason.NOT_AUTHORISED and record.field == MUTED_FIELD


def _reasons(refused: Iterable[Refused]) -> Counter[str]:
    return Counter(record.reason.value for record in refused if record.source is not None)
