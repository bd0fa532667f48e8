"""SEAL: signs the log behind the decider every few seconds and has each checkpoint countersigned by the witness.

One leader by advisory lock, on the connection that commits. Nothing is signed before the witness has agreed that these
books are the ones it saw; later it may be away for a while, and then sees the next checkpoint that it can be shown.
"""

from __future__ import annotations

from time import monotonic, time, time_ns
from typing import TYPE_CHECKING

from ledger.proof.keys import KeyFileError, load_signer, signer_of
from ledger.proof.note import NoteError, parse_key
from ledger.proof.sealer import LEAVES_AT_ONCE, Sealer
from ledger.store import connect
from ledger.store.catalogue import note_catalogue
from ledger.store.log import LogError, append_cosignature, read_checkpoint
from pipeline.errors import PipelineError, classify, retry_transient
from pipeline.leadership import Leadership, lead
from pipeline.logging import get_logger
from pipeline.settings import SettingsError
from pipeline.witnessing import Witness, WitnessAway

if TYPE_CHECKING:
    from threading import Event

    from ledger.proof.sealer import Sealed
    from ledger.store.connection import LedgerConnection
    from pipeline.metrics import Metrics
    from pipeline.settings import Settings

ROLE = "seal"
SEAL_SECONDS = 2.0
"""How often the log is signed while it grows."""
AGREE_SECONDS = 2.0
"""How often a witness that is away is asked at the start."""
CATALOGUE_SECONDS = 60.0
"""How often the database's catalogue is looked at."""

_log = get_logger(ROLE)


def configured_witness(settings: Settings) -> Witness | None:
    """The witness of the settings, or None. SettingsError when its key is missing or mistyped."""
    url, vkey = settings.witness_url, settings.witness_vkey
    if url is None:
        return None
    if not url.startswith(("http://", "https://")):
        raise SettingsError("SPP_WITNESS: expected an address that begins with http:// or https://")
    if vkey is None:
        raise SettingsError(
            "SPP_WITNESS_KEY: the key of the witness at SPP_WITNESS is missing; `spp witness key` on it"
        )
    try:
        return Witness(url, parse_key(vkey))
    except NoteError as error:
        raise SettingsError(f"SPP_WITNESS_KEY: {error}") from error


class SealService:
    """Seals until told to stop."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings, self._metrics = settings, metrics
        self._witness = configured_witness(settings)

    def run(self, stop: Event) -> None:
        """Lead or stand by until `stop`. Ends with PipelineError when these books may not be signed."""
        try:
            retry_transient(lambda: self._serve(stop), stop, self._report)
        except (LogError, KeyFileError) as error:
            raise PipelineError(str(error)) from error

    def _report(self, error: BaseException, attempt: int) -> None:
        fault = classify(error)
        self._metrics.retries.labels(role=ROLE, fault=fault.value).inc()
        _log.warning("retrying", role=ROLE, fault=fault.value, error=type(error).__name__, attempt=attempt)

    def _serve(self, stop: Event) -> None:
        self._metrics.leader.labels(role=ROLE).set(0)
        with connect(self._settings.ledger, "writer") as connection:
            load_signer(connection, self._settings.log_keys_directory)  # a standby, too, says what is wrong
            if lead(connection, Leadership.SEAL, stop):
                self._metrics.leader.labels(role=ROLE).set(1)
                _log.info("leading", role=ROLE)
                self._lead(connection, stop)

    def _lead(self, connection: LedgerConnection, stop: Event) -> None:
        while not stop.is_set():
            if changed := note_catalogue(connection):
                _log.info("catalogue_changed", section=", ".join(changed))
            sealer = self._sealer(connection)
            self._metrics.sealed_size.set(sealer.size)
            if self._agree(connection, sealer, stop):
                self._seal(connection, sealer, stop)

    def _sealer(self, connection: LedgerConnection) -> Sealer:
        """A sealer that signs with the key that the newest checkpoint was signed with, and then with those after it."""
        keys = self._settings.log_keys_directory
        with connection.transaction(), connection.cursor(binary=True) as cursor:
            last = read_checkpoint(cursor)
        signer = load_signer(connection, keys, last.size if last is not None else 0)
        return Sealer(connection, [signer], lambda key: signer_of(keys, key))

    def _agree(self, connection: LedgerConnection, sealer: Sealer, stop: Event) -> bool:
        """Wait until the witness agreed that these are the books it saw; False when `stop` was set first."""
        while not stop.is_set():
            if self._countersign(connection, sealer):
                return True
            stop.wait(AGREE_SECONDS)
        return False

    def _seal(self, connection: LedgerConnection, sealer: Sealer, stop: Event) -> None:
        """Sign on and on, until it is time to look at the catalogue again."""
        until = monotonic() + CATALOGUE_SECONDS
        while not stop.is_set() and monotonic() < until:
            began = monotonic()
            behind = False
            if sealed := sealer.seal(time_ns() // 1_000):
                behind = sealed.leaves >= LEAVES_AT_ONCE // 2
                self._observe(sealed, monotonic() - began)
            if not behind:
                self._countersign(connection, sealer)
            self._metrics.progress.labels(role=ROLE).set(time())
            if not behind:
                stop.wait(max(0.0, SEAL_SECONDS - (monotonic() - began)))

    def _observe(self, sealed: Sealed, seconds: float) -> None:
        self._metrics.sealed_size.set(sealed.row.size)
        self._metrics.seal_lag.observe(max(0.0, time() - sealed.oldest_us / 1e6))
        self._metrics.seal_seconds.observe(seconds)

    def _countersign(self, connection: LedgerConnection, sealer: Sealer) -> bool:
        """Show the witness the newest checkpoint, unless it saw it; True when it has countersigned it."""
        if self._witness is None or (0 < sealer.size == self._witness.size):
            return True
        try:
            signature = self._witness.take(sealer)
        except WitnessAway as away:
            self._metrics.witness_failures.inc()
            _log.warning("witness_away", message=str(away))
            return False
        if sealer.size:
            with connection.transaction(), connection.cursor() as cursor:
                key = signature.key
                append_cosignature(cursor, sealer.size, str(key), signature.line, time_ns() // 1_000)
        self._metrics.witnessed_size.set(sealer.size)
        return True
