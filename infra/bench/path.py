"""One run of the full path: workers on a fresh ledger take what the topics hold, until all is decided and relayed."""

from __future__ import annotations

from dataclasses import dataclass

from infra.bench.measure import Timing, follow
from infra.bench.sealing import SealAges
from infra.bench.world import World
from ledger.reconciliation.run import reconcile
from ledger.statements.snapshot import snapshot
from ledger.store import connect
from pipeline.settings import Settings
from pipeline.transport import BATCH_RECORDS

LEADERS = ("decide", "relay")

_WRITTEN = """
select (select count(*) from line), (select count(*) from decision), (select count(*) from transfer),
    (select count(*) from block), (select count(*) from account)
"""


@dataclass(frozen=True)
class Written:
    """What the books hold after a run. More decisions a request are more work for the same events."""

    requests: int
    decisions: int
    transfers: int
    blocks: int
    accounts: int

    @property
    def per_request(self) -> float:
        """Decisions written a request."""
        return self.decisions / self.requests if self.requests else 0.0


@dataclass
class PathRun:
    """One measurement of the full path, whose books agree afterwards."""

    timing: Timing
    workers: int
    batch: int
    written: Written
    seal: dict[str, float] | None = None


def run(
    world: World,
    settings: Settings,
    events: int,
    workers: int = 1,
    batch: int = BATCH_RECORDS,
    *,
    seal: bool = False,
) -> PathRun:
    """Measure `events` records that wait in the topics, on the fresh ledger of `settings`.

    Raises UnreconciledError when the books do not agree afterwards: a speed of wrong books is none.
    """
    leaders = (*LEADERS, "seal") if seal else LEADERS
    ages = SealAges()
    with (
        world.steps.step(f"Measuring {events:,} events, {workers} recording, batches of {batch:,}"),
        world.workers(settings, workers, batch, leaders),
        connect(settings.ledger, "reader") as conn,
    ):
        if seal:
            timing = follow(conn, events, world.pids, look=ages.look)
            ages.finish(conn)
        else:
            timing = follow(conn, events, world.pids)
    reconciled(settings)
    return PathRun(timing, workers, batch, written(settings), ages.told if seal else None)


class UnreconciledError(Exception):
    """Books do not agree; the message names the identities and by how much."""


def reconciled(settings: Settings, left_out: str = "") -> None:
    """Check every identity of the books but the one `left_out`; raises UnreconciledError."""
    with snapshot(settings.ledger) as conn:
        wrong = [f"{one.name} {one.difference:,}" for one in reconcile(conn) if one.difference and one.name != left_out]
    if wrong:
        raise UnreconciledError(f"the books do not agree afterwards: {', '.join(wrong)}")


def written(settings: Settings) -> Written:
    """What the books of a ledger hold."""
    with connect(settings.ledger, "reader") as conn:
        row = conn.execute(_WRITTEN).fetchone()
    if row is None:
        raise LookupError("the ledger did not answer")
    return Written(*row)
