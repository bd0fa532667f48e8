"""How far the sealer is behind: the age of the oldest block that no checkpoint covers, looked at all through a run."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from infra.bench.figures import percentile
from infra.bench.measure import POLL_SECONDS
from infra.bench.world import StalledError
from ledger.store import LedgerConnection

FINISH_SECONDS = 60.0

_OLDEST = """
select recorded_us from block where first_leaf >= (select coalesce(max(size), 0) from checkpoint)
order by block_no limit 1
"""


@dataclass
class SealAges:
    """Seconds at each look; 0 when every block was sealed."""

    seconds: list[float] = field(default_factory=list)

    def look(self, conn: LedgerConnection) -> None:
        """Look once; blocks and this program are of one machine and clock."""
        row = conn.execute(_OLDEST).fetchone()
        self.seconds.append(0.0 if row is None else max(0.0, time.time() - row[0] / 1e6))

    def finish(self, conn: LedgerConnection) -> None:
        """Look on until everything is sealed."""
        deadline = time.monotonic() + FINISH_SECONDS
        while self.seconds and self.seconds[-1] > 0:
            if time.monotonic() > deadline:
                raise StalledError(f"the oldest block has waited {self.seconds[-1]:.0f} s to be sealed")
            time.sleep(POLL_SECONDS)
            self.look(conn)

    @property
    def told(self) -> dict[str, float]:
        """The median, the 99th percentile and the greatest age, in seconds."""
        ages = self.seconds
        return {"p50": percentile(ages, 0.5), "p99": percentile(ages, 0.99), "max": max(ages)}
