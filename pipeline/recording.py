"""Puts the recording process together: keys, packs, connection, Faust app, signals."""

from __future__ import annotations

import logging as stdlib_logging
from typing import TYPE_CHECKING, Any

import faust

from events.signing import KeyRegistry, Verifier
from ledger.store import connect
from pipeline.active_policy import FollowedCodes, settle
from pipeline.admission import Admission
from pipeline.app import build_app
from pipeline.health import SourceHealth
from pipeline.logging import configure_logging
from pipeline.offsets import StoredOffsets
from pipeline.record import BatchRecorder
from pipeline.worker import Role
from processors.policy.codes import codes

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection
    from pipeline.metrics import Metrics
    from pipeline.settings import Settings
    from pipeline.worker import Supervisor


class RecordingWorker(faust.Worker):  # type: ignore[misc]  # Faust publishes no usable types
    """Faust's worker, which leaves logging to us and ends within the grace after a signal."""

    def __init__(self, app: Any, supervisor: Supervisor) -> None:
        super().__init__(app, loglevel="WARNING", redirect_stdouts=False, override_logging=False, quiet=True)
        self.spinner = None
        self._supervisor = supervisor

    def _on_sigterm(self) -> None:
        self._supervisor.begin_stop()
        super()._on_sigterm()

    def _on_sigint(self) -> None:
        self._supervisor.begin_stop()
        super()._on_sigterm()


def recording_worker(settings: Settings, metrics: Metrics, supervisor: Supervisor) -> RecordingWorker:
    """The worker of one recording process. Raises what is wrong with keys or packs before anything is read."""

    def connection() -> LedgerConnection:
        return connect(settings.ledger, "writer")

    health = SourceHealth(metrics)
    with connection() as asking:
        active = settle(asking, settings.policy)
    admission = Admission(
        Verifier(KeyRegistry.read(settings.keys_directory)),
        codes(active.policy),
        health.muted,
        metrics.internal_faults.inc,
    )
    recorder = BatchRecorder(connection, admission, health, metrics, supervisor.stop, FollowedCodes(admission, active))
    # An assignment counts as progress: from here on this process reads, which tells `spp up` that it is ready.
    assigned = metrics.progress.labels(role="record").set_to_current_time
    offsets = StoredOffsets(connection, settings.bootstrap, supervisor.stop, recorder.before_retry, assigned)
    progress = metrics.progress.labels(role=Role.RECORD)
    app = build_app(settings.bootstrap, recorder, offsets, supervisor.report, progress.set_to_current_time)
    configure_logging(level=stdlib_logging.INFO)  # once more: importing Faust brings handlers of its own
    return RecordingWorker(app, supervisor)
