"""When a row has recovered, as the servers themselves tell: nothing here asks a worker, and no hand helps one."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

import psycopg
from kafka.errors import KafkaError

from infra.faults.waiting import LateError, pause, wait_until
from pipeline.backlog import TopicEnds, recorded_offsets
from pipeline.drain import Outstanding, drain
from pipeline.errors import is_transient

if TYPE_CHECKING:
    from infra.faults.load import Load
    from infra.faults.site import Site
    from pipeline.backlog import Place
    from pipeline.settings import Settings

RECOVERY_SECONDS: Final = 240.0
SETTLE_SECONDS: Final = 420.0
LOOK_SECONDS: Final = 0.1


def recovered(site: Site, load: Load) -> float:
    """Wait until a record is confirmed again and all published by then is recorded, decided and relayed; the seconds.

    While the load rests between waves, what was published before is what is waited for.

    Raises LateError when that takes too long.
    """
    before = len(load.confirmed)
    began = monotonic()

    def left() -> float:
        return max(0.0, began + RECOVERY_SECONDS - monotonic())

    def confirmed() -> bool:
        return load.done.is_set() or load.resting.is_set() or len(load.confirmed) > before

    wait_until(confirmed, left(), "a publication confirmed again")
    ends: dict[Place, int] = {}
    wait_until(lambda: _read_ends(site, ends), left(), "the broker's answer after a fault")
    stages = _Stages(site, ends)
    wait_until(stages.passed, left(), "everything published by the end of a fault recorded, decided and relayed")
    return monotonic() - began


def _read_ends(site: Site, ends: dict[Place, int]) -> bool:
    try:
        topics = TopicEnds(site.bootstrap)
        try:
            ends.update(topics.read())
        finally:
            topics.close()
    except (KafkaError, OSError):
        return False
    return True


class _Stages:
    """Three looks, each begun when the one before is true: offsets passed, then the marks left, then the outbox."""

    _TABLES = (("mark", "mark_id"), ("outbox", "outbox_id"))

    def __init__(self, site: Site, ends: dict[Place, int]) -> None:
        self._site, self._ends = site, ends
        self._recorded = False
        self._upto: dict[str, int] = {}

    def passed(self) -> bool:
        """Whether everything went through all stages; False too while the database is away."""
        try:
            with self._site.admin() as connection:
                return self._passed(connection)
        except psycopg.Error:
            return False

    def _passed(self, connection: psycopg.Connection[tuple[object, ...]]) -> bool:
        if not self._recorded:
            done = recorded_offsets(connection)
            if any(done.get(place, 0) < end for place, end in self._ends.items()):
                return False
            self._recorded = True
        for table, number in self._TABLES:
            if table not in self._upto:
                self._upto[table] = _one(connection, f"select coalesce(max({number}), 0) from {table}")
            if _one(connection, f"select count(*) from {table} where {number} <= {self._upto[table]}"):
                return False
        return True


def _one(connection: psycopg.Connection[tuple[object, ...]], query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    return int(str(row[0])) if row else 0


def settle(settings: Settings) -> Outstanding:
    """Wait until nothing is outstanding, through whatever happens to the servers; what is left when time is over."""
    deadline = monotonic() + SETTLE_SECONDS
    left = Outstanding(-1, -1, -1, -1)
    while monotonic() < deadline:
        try:
            left = drain(settings, max(1.0, deadline - monotonic()), lambda _left: None)
        except Exception as error:
            if not is_transient(error):
                raise
            pause(LOOK_SECONDS)
        else:
            return left
    raise LateError(f"not everything was done after {SETTLE_SECONDS:.0f} s: {left}")
