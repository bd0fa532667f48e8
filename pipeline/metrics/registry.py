"""The metrics of one process, made from the catalogue and served on its own port."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from platform import python_version
from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    start_http_server,
)

from pipeline.metrics import catalogue
from pipeline.metrics.catalogue import Kind, Metric

if TYPE_CHECKING:
    from wsgiref.simple_server import WSGIServer


class Metrics:
    """The metrics of one process. Label values must come from the closed set the catalogue names."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library left this one unannotated
        self.registry = registry if registry is not None else CollectorRegistry()
        self.records = self._counter(catalogue.RECORDS)
        self.refused = self._counter(catalogue.REFUSED)
        self.poison = self._counter(catalogue.POISON)
        self.muted = self._gauge(catalogue.MUTED)
        self.internal_faults = self._counter(catalogue.INTERNAL)
        self.record_seconds = self._histogram(catalogue.RECORD_SECONDS)
        self.record_rows = self._histogram(catalogue.RECORD_ROWS)
        self.next_offset = self._gauge(catalogue.NEXT_OFFSET)
        self.fenced = self._counter(catalogue.FENCED)
        self.lag_records = self._gauge(catalogue.LAG_RECORDS)
        self.lag_seconds = self._gauge(catalogue.LAG_SECONDS)
        self.decide_seconds = self._histogram(catalogue.DECIDE_SECONDS)
        self.decide_cases = self._histogram(catalogue.DECIDE_CASES)
        self.decisions = self._counter(catalogue.DECISIONS)
        self.transfers = self._counter(catalogue.TRANSFERS)
        self.block_no = self._gauge(catalogue.BLOCK_NO)
        self.decide_alarms = self._counter(catalogue.DECIDE_ALARMS)
        self.cases_parked = self._counter(catalogue.CASES_PARKED)
        self.marks = self._gauge(catalogue.MARKS)
        self.marks_age = self._gauge(catalogue.MARKS_AGE)
        self.parked = self._gauge(catalogue.PARKED)
        self.outbox = self._gauge(catalogue.OUTBOX)
        self.outbox_age = self._gauge(catalogue.OUTBOX_AGE)
        self.quarantine_open = self._gauge(catalogue.QUARANTINE_OPEN)
        self.state_age = self._gauge(catalogue.STATE_AGE)
        self.submissions_open = self._gauge(catalogue.SUBMISSIONS_OPEN)
        self.suspense = self._gauge(catalogue.SUSPENSE)
        self.relayed = self._counter(catalogue.RELAYED)
        self.relay_seconds = self._histogram(catalogue.RELAY_SECONDS)
        self.leader = self._gauge(catalogue.LEADER)
        self.sealed_size = self._gauge(catalogue.SEALED_SIZE)
        self.witnessed_size = self._gauge(catalogue.WITNESSED_SIZE)
        self.seal_lag = self._histogram(catalogue.SEAL_LAG)
        self.seal_seconds = self._histogram(catalogue.SEAL_SECONDS)
        self.witness_failures = self._counter(catalogue.WITNESS_FAILURES)
        self.npca_followed = self._gauge(catalogue.NPCA_FOLLOWED)
        self.npca_witnessed = self._gauge(catalogue.NPCA_WITNESSED)
        self.npca_lines = self._gauge(catalogue.NPCA_LINES)
        self.npca_not_certified_here = self._gauge(catalogue.NPCA_NOT_CERTIFIED_HERE)
        self.npca_refusals = self._gauge(catalogue.NPCA_REFUSALS)
        self.retries = self._counter(catalogue.RETRIES)
        self.progress = self._gauge(catalogue.PROGRESS)
        self.sampled = self._gauge(catalogue.SAMPLED)
        self.build = self._gauge(catalogue.BUILD)
        self.build.labels(version=program_version(), python=python_version()).set(1)

    def serve(self, port: int, address: str) -> int:
        """Serve the metrics over HTTP from a daemon thread; returns the port taken (0 asks for a free one)."""
        server: WSGIServer
        server, _thread = start_http_server(port, address, self.registry)
        return int(server.server_port)

    def _counter(self, metric: Metric) -> Counter:
        return Counter(metric.name, _help(metric, Kind.COUNTER), list(metric.labels), registry=self.registry)

    def _gauge(self, metric: Metric) -> Gauge:
        return Gauge(metric.name, _help(metric, Kind.GAUGE), list(metric.labels), registry=self.registry)

    def _histogram(self, metric: Metric) -> Histogram:
        text = _help(metric, Kind.HISTOGRAM)
        return Histogram(metric.name, text, list(metric.labels), registry=self.registry, buckets=metric.buckets)


def program_version() -> str:
    """The installed version, or `checkout` when the program runs from its sources."""
    try:
        return version("social-protection-payments")
    except PackageNotFoundError:
        return "checkout"


def _help(metric: Metric, kind: Kind) -> str:
    if metric.kind is not kind:
        msg = f"{metric.name} is a {metric.kind} in the catalogue, and a {kind} was made of it"
        raise TypeError(msg)
    return f"{metric.says} {metric.action}"
