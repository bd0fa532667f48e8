"""What metrics and the log say of decided sets."""

from __future__ import annotations

from collections import Counter
from time import perf_counter
from typing import TYPE_CHECKING

from pipeline.logging import get_logger
from processors.outcome import Alarm

if TYPE_CHECKING:
    from pipeline.decide.flight import Flying
    from pipeline.metrics import Metrics

_log = get_logger("decide")


class Observer:
    """Counts what was decided once it is committed."""

    def __init__(self, metrics: Metrics) -> None:
        self.metrics = metrics

    def phase(self, name: str, seconds: float) -> None:
        """How long one phase of a set took."""
        self.metrics.decide_seconds.labels(phase=name).observe(seconds)

    def landed(self, flying: Flying) -> None:
        """A set was committed."""
        plan, written = flying.plan, flying.written
        self.phase("commit", perf_counter() - flying.sent_at)
        self.metrics.decide_cases.observe(plan.cases)
        for state, count in Counter(decision.state for decision, _ in plan.decisions).items():
            self.metrics.decisions.labels(state=state.value).inc(count)
        for currency, count in Counter(row.currency for row in written.transfers).items():
            self.metrics.transfers.labels(currency=currency).inc(count)
        self.metrics.block_no.set(written.block_no)
        for alarm, name in plan.alarms:
            self.metrics.decide_alarms.labels(alarm=alarm.value).inc()
            concerned = "instruction_id" if alarm is Alarm.SETTLED_UNKNOWN_INSTRUCTION else "line_id"
            _log.warning("decide_alarm", reason=alarm.value, **{concerned: name.hex()})

    def parked(self) -> None:
        """A case was set aside."""
        self.metrics.cases_parked.inc()
