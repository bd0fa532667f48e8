"""The decide service: one leader by advisory lock on the connection that commits; the others stand by and take over."""

from __future__ import annotations

import gc
from time import perf_counter, time
from typing import TYPE_CHECKING

from ledger.store import connect
from pipeline.active_policy import adopt, refresh
from pipeline.decide.ahead import Ahead
from pipeline.decide.parking import isolate
from pipeline.decide.shelf import Cache, DatabaseShelf
from pipeline.decide.taking import Taken, take_oldest
from pipeline.decide.writing import Ledger
from pipeline.errors import classify, is_transient, retry_transient
from pipeline.leadership import Leadership, lead
from pipeline.logging import get_logger
from processors.desk import Mark, Step
from processors.outcome import Alarm

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import Event

    from ledger.store.connection import LedgerConnection, LedgerCursor
    from pipeline.active_policy import Active
    from pipeline.metrics import Metrics
    from pipeline.settings import Settings
    from processors.desk import Plan

MARKS_AT_ONCE = 1_000
"""About 350 cases share the costs of a commit. 2,000 marks took a third more processor time an event: larger sets live
long enough to be looked through by the garbage collector."""
IDLE_SECONDS = 0.02
"""How long the leader waits when there was nothing to do; what it adds at most to a decision's latency."""
ROLE = "decide"

_log = get_logger(ROLE)


class Decider:
    """Decides marked cases until told to stop."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self.settings, self.metrics = settings, metrics
        self.cache = Cache()
        self.active: Active | None = None
        self.ahead: Ahead | None = None

    def run(self, stop: Event) -> None:
        """Lead or stand by until `stop`. After a lost connection leadership is asked for again, on a new one."""
        retry_transient(lambda: self._serve(stop), stop, self._report)

    def _report(self, error: BaseException, attempt: int) -> None:
        fault = classify(error)
        self.metrics.retries.labels(role=ROLE, fault=fault.value).inc()
        _log.warning("retrying", role=ROLE, fault=fault.value, error=type(error).__name__, attempt=attempt)

    def _serve(self, stop: Event) -> None:
        self.metrics.leader.labels(role=ROLE).set(0)
        with connect(self.settings.ledger, "writer") as connection:
            self.active = refresh(connection, self.active, self.settings.policy)  # a standby, too, says what is wrong
            if lead(connection, Leadership.DECIDE, stop):
                self.metrics.leader.labels(role=ROLE).set(1)
                _log.info("leading", role=ROLE)
                with Ahead(self.settings.ledger) as self.ahead:
                    self._lead(connection, stop)

    def _lead(self, connection: LedgerConnection, stop: Event) -> None:
        self.reload(connection)
        while not stop.is_set():
            if adopt(connection):
                self.reload(connection)
            if self.step(connection):
                gc.freeze()  # what is cached lives long; looking through it for cycles takes a tenth of the time
            else:
                stop.wait(IDLE_SECONDS)
            self.metrics.progress.labels(role=ROLE).set(time())

    def reload(self, connection: LedgerConnection) -> None:
        """Forget everything and read which policy is in force and where the log stands."""
        self.cache.drop()
        self.active = refresh(connection, self.active, self.settings.policy)
        self.policy = self.active.policy
        with connection.transaction(), connection.cursor(binary=True) as cursor:
            self.ledger = Ledger(cursor, self.cache, self.policy)

    def step(self, connection: LedgerConnection, limit: int = MARKS_AT_ONCE) -> int:
        """Decide what the `limit` oldest marks touch; returns how many marks. A case that fails is parked."""
        taken = Taken([], {})

        def take(cursor: LedgerCursor) -> Taken:
            nonlocal taken
            taken = (self.ahead.take(cursor) if self.ahead else None) or take_oldest(cursor, limit)
            if self.ahead and len(taken.rows) >= limit:
                self.ahead.begin(taken, limit)
            return taken

        try:
            return self.decide(connection, take)
        except Exception as error:
            if self.ahead:
                self.ahead.drop()
            self.reload(connection) if not connection.closed else self.cache.drop()
            if is_transient(error) or not taken.rows:
                raise
            _log.error("case_failed", error=type(error).__name__, exc_info=error)
            isolate(self, connection, taken.rows)
            return len(taken.rows)

    def decide(self, connection: LedgerConnection, take: Callable[[LedgerCursor], Taken]) -> int:
        """One transaction: take marks, decide what they touch, write it.

        Returns the number of marks done with; a freeze order that has to wait is not, so that waiting is no work.
        """
        began = perf_counter()
        phases: list[tuple[str, float]] = []
        with connection.cursor(binary=True) as cursor:
            with connection.transaction():
                taken = take(cursor)
                if not taken.rows:
                    return 0
                phases.append(("take", perf_counter()))
                plan = self._write(cursor, taken, phases)
            phases.append(("commit", perf_counter()))
        self.ledger.advance()
        self.cache.trim()
        self._observe(plan, began, phases)
        return len(taken.rows) - len(plan.requeued)

    def _write(self, cursor: LedgerCursor, taken: Taken, phases: list[tuple[str, float]]) -> Plan:
        marks = [Mark._make(row) for row in taken.rows]
        shelf = DatabaseShelf(cursor, self.cache)
        plan = Step(self.policy, shelf).run(marks, taken.events)
        phases.append(("adjudicate", perf_counter()))
        self.ledger.write(cursor, shelf, plan, marks)
        phases.append(("write", perf_counter()))
        return plan

    def _observe(self, plan: Plan, began: float, phases: Sequence[tuple[str, float]]) -> None:
        for phase, ended in phases:
            self.metrics.decide_seconds.labels(phase=phase).observe(ended - began)
            began = ended
        self.metrics.decide_cases.observe(plan.cases)
        for decision, _ in plan.decisions:
            self.metrics.decisions.labels(state=decision.state.value).inc()
        for row in self.ledger.posted:
            self.metrics.transfers.labels(currency=row.currency).inc()
        self.metrics.block_no.set(self.ledger.head.block_no)
        for alarm, name in plan.alarms:
            self.metrics.decide_alarms.labels(alarm=alarm.value).inc()
            concerned = "instruction_id" if alarm is Alarm.SETTLED_UNKNOWN_INSTRUCTION else "line_id"
            _log.warning("decide_alarm", reason=alarm.value, **{concerned: name.hex()})
