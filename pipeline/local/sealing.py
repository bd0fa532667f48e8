"""The local log's key, and a local witness that knows it: enough to see how it works, not to trust it."""

import getpass
import secrets
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.proof.keys import key_file, load_signer, record_key, write_key_file
from ledger.proof.note import NoteSigner
from ledger.proof.witness_store import WitnessStore
from ledger.store import connect
from ledger.store.log import read_keys
from pipeline.local import processes
from pipeline.local.processes import Running
from pipeline.settings import Settings
from pipeline.witness import STORE_FILE, make_witness

NAME = "witness"
START_SECONDS = 30.0
WITNESS_NAME = "local/witness"


def prepare(settings: Settings) -> None:
    """Give the ledger its first signing key if it has none, and let the local witness know the log.

    The log's name is drawn anew for each ledger: two of one name would be taken for a fork. KeyFileError when the
    ledger's key is kept elsewhere.
    """
    with connect(settings.ledger, "writer") as conn:
        with conn.transaction(), conn.cursor(binary=True) as cursor:
            known = read_keys(cursor)
        if not known:
            signer = NoteSigner(f"local/ledger-{secrets.token_hex(4)}", Ed25519PrivateKey.generate())
            write_key_file(key_file(settings.log_keys_directory, signer.key), signer.private)
            who = getpass.getuser()
            record_key(conn, signer, None, actor=who, os_user=who, note="the first key, made by `spp up`")
        key = load_signer(conn, settings.log_keys_directory).key
    if not settings.witness:
        make_witness(settings.witness_directory, WITNESS_NAME)
        WitnessStore(settings.witness_directory / STORE_FILE).trust(key)


def start(settings: Settings) -> Running:
    """Start the local witness unless it runs; returns before it answers."""
    if running := processes.read(settings.run_directory, NAME):
        return running
    port = processes.required_port(settings.witness_port, "SPP_WITNESS_PORT", 0)
    directory = settings.witness_directory
    return processes.start(
        NAME,
        [sys.executable, "-m", "pipeline.cli.main", "witness", "serve", str(directory), "--port", str(port)],
        run_directory=settings.run_directory,
        log=settings.log_directory / f"{NAME}.log",
        details={
            "url": f"http://127.0.0.1:{port}",
            "key": str(make_witness(directory, WITNESS_NAME).key),
            "port": str(port),
        },
        environment={"PYTHONUNBUFFERED": "1"},
    )


def wait(running: Running) -> None:
    """Wait until it takes connections."""
    port = int(running.details["port"])
    processes.wait_until(lambda: processes.answers(port), running, timeout_seconds=START_SECONDS, what="the witness")
