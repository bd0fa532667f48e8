"""Release: two distinct finance officers sign exactly what a run pays. Judged anew when its file is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.exchange.database import lock
from pipeline.exchange.officers import is_signed
from pipeline.exchange.running import RunError, check_still_due, read_run
from processors.exchange.runs import RELEASES_NEEDED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.exchange.database import ExchangeConnection
    from pipeline.exchange.officers import Officer
    from pipeline.exchange.running import Run
    from processors.exchange.banks import Banks


def release(
    connection: ExchangeConnection,
    run_no: int,
    key_id: str,
    signature: bytes,
    officers: Mapping[str, Officer],
    banks: Banks,
    now_us: int,
) -> int:
    """Keep an officer's release of a run; returns how many are still needed. Releasing twice changes nothing.

    Raises RunError: no such run, a line no longer certified, a key not valid now, a signature not of this run.
    """
    with connection.transaction():
        lock(connection)
        run = read_run(connection, run_no)
        check_still_due(connection, run, banks)
        officer = officers.get(key_id)
        if officer is None or not officer.valid_at(now_us):
            raise RunError(f"key {key_id} is not valid now: an officer with a valid key has to release run {run_no}")
        if not is_signed(officer, run.digest, signature):
            raise RunError(f"the signature of {key_id} is not of run {run_no} as it stands: sign it anew")
        connection.execute(
            "insert into release values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
            (run_no, officer.name, key_id, run.digest, signature, now_us),
        )
        return max(0, RELEASES_NEEDED - len(releasers(connection, run, officers)))


def releasers(connection: ExchangeConnection, run: Run, officers: Mapping[str, Officer]) -> set[str]:
    """The persons whose release stands: by a key of the officers file, valid then, over the run as it is now."""
    found: set[str] = set()
    for name, key_id, signature, signed_us in connection.execute(
        "select officer, key_id, signature, signed_us from release where run_no = %s", (run.run_no,)
    ):
        officer = officers.get(key_id)
        if officer is None or officer.name != name or not officer.valid_at(signed_us):
            continue
        if is_signed(officer, run.digest, bytes(signature)):
            found.add(name)
    return found


def check_released(connection: ExchangeConnection, run: Run, officers: Mapping[str, Officer]) -> None:
    """Raise RunError unless enough distinct persons released exactly this."""
    count = len(releasers(connection, run, officers))
    if count < RELEASES_NEEDED:
        raise RunError(
            f"run {run.run_no} is released by {count} of {RELEASES_NEEDED} officers:"
            f" `spp exchange release {run.run_no} --key KEY_ID`"
        )
