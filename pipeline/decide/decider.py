"""The decide service: one leader by advisory lock on the connection that commits; the others stand by and take over."""

from __future__ import annotations

import gc
import sys
from time import time
from typing import TYPE_CHECKING

from ledger.store import connect
from pipeline.active_policy import refresh
from pipeline.decide.observing import Observer
from pipeline.decide.steps import MARKS_AT_ONCE, Steps
from pipeline.errors import PipelineError, classify, retry_transient
from pipeline.leadership import Leadership, is_led_on, lead
from pipeline.logging import get_logger

if TYPE_CHECKING:
    from threading import Event

    from ledger.store.connection import LedgerConnection
    from pipeline.active_policy import Active
    from pipeline.metrics import Metrics
    from pipeline.settings import Settings
    from processors.policy.model import Policy

SWITCH_SECONDS = 0.001
"""How long the thread that writes waits for the interpreter after each answer of the database; Python's own 0.005 makes
it the slower of the two threads."""
IDLE_SECONDS = 0.02
"""How long the leader waits when there was nothing to do; what it adds at most to a decision's latency."""
ROLE = "decide"
ELSEWHERE = (
    "SPP_LEDGER_URL leads to several servers: what was read came from another one than the one written to,"
    " so nothing was decided; name only the primary server"
)

_log = get_logger(ROLE)


class Decider:
    """Decides marked cases until told to stop."""

    def __init__(self, settings: Settings, metrics: Metrics, marks_at_once: int = MARKS_AT_ONCE) -> None:
        self.settings, self.metrics, self.marks_at_once = settings, metrics, marks_at_once
        self.active: Active | None = None

    def run(self, stop: Event) -> None:
        """Lead or stand by until `stop`. After a lost connection leadership is asked for again, on a new one."""
        sys.setswitchinterval(SWITCH_SECONDS)
        retry_transient(lambda: self._serve(stop), stop, self._report)

    def _report(self, error: BaseException, attempt: int) -> None:
        fault = classify(error)
        self.metrics.retries.labels(role=ROLE, fault=fault.value).inc()
        _log.warning("retrying", role=ROLE, fault=fault.value, error=type(error).__name__, attempt=attempt)

    def _serve(self, stop: Event) -> None:
        self.metrics.leader.labels(role=ROLE).set(0)
        with connect(self.settings.ledger, "writer") as connection:
            self.policy_in_force(connection)  # a standby, too, says what is wrong
            if lead(connection, Leadership.DECIDE, stop):
                self.metrics.leader.labels(role=ROLE).set(1)
                _log.info("leading", role=ROLE)
                self._lead(connection, stop)

    def policy_in_force(self, connection: LedgerConnection) -> Policy:
        """The ledger's policy as it stands now; a ledger that has none gets the packaged one."""
        self.active = refresh(connection, self.active, self.settings.policy)
        return self.active.policy

    def _lead(self, connection: LedgerConnection, stop: Event) -> None:
        with Steps(self.policy_in_force, Observer(self.metrics), connection, self.settings.ledger) as steps:
            if not is_led_on(steps.reading.connection, connection, Leadership.DECIDE):
                raise PipelineError(ELSEWHERE)
            while not stop.is_set():
                if steps.step(self.marks_at_once):
                    gc.freeze()  # what is cached lives long; looking through it for cycles takes a tenth of the time
                else:
                    steps.flight.ping()
                    stop.wait(IDLE_SECONDS)
                self.metrics.progress.labels(role=ROLE).set(time())
            steps.settle()
