"""Waits until all that was published when it began is recorded, decided and relayed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Final

from ledger.store import connect
from ledger.store.policies import read_waiting
from ledger.store.progress import read_backlog
from pipeline.backlog import TopicEnds, recorded_offsets

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection
    from pipeline.backlog import Place
    from pipeline.settings import Settings

POLL_SECONDS: Final = 0.1
LOOK_SHARE: Final = 10


@dataclass(frozen=True, slots=True)
class Outstanding:
    """What is still to be done; `parked` is not waited for, since only a person can bring it on."""

    unrecorded: int
    marks: int
    outbox: int
    parked: int
    policies: int = 0

    @property
    def is_nothing(self) -> bool:
        """True when everything arrived."""
        return not (self.unrecorded or self.policies or self.marks or self.outbox)

    def __str__(self) -> str:
        told = [
            f"{count:,} {what}"
            for count, what in (
                (self.unrecorded, "records not yet recorded (is a worker with the role record running?)"),
                (self.policies, "policy approved and not yet in force (role decide)"),
                (self.marks, "marks not yet decided (role decide)"),
                (self.outbox, "results not yet relayed (role relay)"),
            )
            if count
        ]
        return "; ".join(told) or "nothing"


def drain(settings: Settings, timeout_seconds: float, report: Callable[[Outstanding], None]) -> Outstanding:
    """Wait until nothing is outstanding or the time is over; returns what is. `report` hears of each look.

    The order of the looks matters: an offset is stored with its marks, and a mark is deleted with its result.
    """
    ends = _ends(settings.bootstrap)
    deadline = monotonic() + timeout_seconds
    pause = Event()
    with connect(settings.ledger, "reader") as connection:
        looked = monotonic()
        for outstanding in _looks(connection, ends):
            report(outstanding)
            if outstanding.is_nothing or monotonic() >= deadline:
                return outstanding
            # Counting millions of marks takes long: looking must not cost more than a tenth of what is waited for.
            pause.wait(max(POLL_SECONDS, LOOK_SHARE * (monotonic() - looked)))
            looked = monotonic()
    raise AssertionError("the looks never end")


def _ends(bootstrap: str) -> dict[Place, int]:
    topics = TopicEnds(bootstrap)
    try:
        return topics.read()
    finally:
        topics.close()


def _looks(connection: LedgerConnection, ends: dict[Place, int]) -> Iterator[Outstanding]:
    while True:
        recorded = recorded_offsets(connection)
        unrecorded = sum(max(0, end - recorded.get(place, 0)) for place, end in ends.items())
        waiting = read_waiting(connection) is not None
        backlog = read_backlog(connection)
        yield Outstanding(unrecorded, backlog.marks, backlog.outbox, backlog.parked, int(waiting))
