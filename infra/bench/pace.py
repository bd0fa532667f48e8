"""An open loop: when each record is due, whatever became of those before it.

Latency counts from the moment a record was due, so a publisher held up by a slow system does not hide the waiting
(coordinated omission).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """`count` records at `per_second`, evenly spaced; times are seconds after the beginning."""

    per_second: float
    count: int

    def __post_init__(self) -> None:
        """Refuse what has no schedule."""
        if self.per_second <= 0 or self.count < 0:
            raise ValueError(f"{self.count} records at {self.per_second} a second have no schedule")

    @classmethod
    def lasting(cls, per_second: float, seconds: float) -> Schedule:
        """As many records as are due in so many seconds."""
        return cls(per_second, round(per_second * seconds))

    def due_at(self, index: int) -> float:
        """When record `index` is due, from 0 on."""
        return index / self.per_second

    def due(self, elapsed: float) -> int:
        """How many records are due by then; it never depends on how many were sent."""
        if elapsed < 0:
            return 0
        return min(self.count, int(elapsed * self.per_second + 1e-9) + 1)
