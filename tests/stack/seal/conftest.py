"""A ledger with a signing key, blocks made by hand, a sealer and a witness."""

import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from events.states import LineState
from ledger.model.account import Dimensions
from ledger.model.entry import EntryRow, encode_entry
from ledger.proof.keys import record_key
from ledger.proof.note import NoteSigner
from ledger.proof.sealer import Sealed, Sealer
from ledger.proof.witness_store import WitnessStore
from ledger.store import LedgerConnection, connect, copy, entries
from pipeline.logging import configure_logging
from pipeline.witness import STORE_FILE, make_server, make_witness
from pipeline.witnessing import Witness
from tests.stack.conftest import fresh_ledger
from tests.stack.ledger.samples import Bookkeeper

ORIGIN = "test/ledger"
OF = Dimensions("nssf.maternal.delivery", "nssf", "nssf", "fund", "national", "10.4", "27.1", "KHR")
LOG = NoteSigner(ORIGIN, Ed25519PrivateKey.generate())


class Books:
    """A ledger in which blocks are posted by hand and sealed."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection: LedgerConnection = connect(url, "writer")
        record_key(self.connection, LOG, None, actor="sokha", os_user="sokha", note="")
        self.keeper = Bookkeeper(self.connection)
        self.lines = 0

    def post(self, lines: int = 1, amount_minor: int = 400_000) -> None:
        for _ in range(lines):
            self.lines += 1
            self.keeper.decide(self.lines.to_bytes(16), LineState.APPROVED, amount_minor, OF)
        self.keeper.post()

    def note(self) -> None:
        """Take what waits for its leaf into a block of its own, as the decider does."""
        with self.connection.transaction(), self.connection.cursor(binary=True) as cursor:
            told = entries.take_awaiting(cursor, entries.read_awaiting(cursor))
            rows = [EntryRow(self.keeper._next_leaf(), self.keeper._block + 1, *one) for one in told]
            copy.copy_rows(cursor, copy.LOG_ENTRY, rows)
            self.keeper.extra = {row.leaf_no: encode_entry(row) for row in rows}
            self.keeper.post()

    def sealer(self) -> Sealer:
        return Sealer(self.connection, [LOG])

    def seal(self) -> Sealed:
        sealed = self.sealer().seal(1)
        assert sealed is not None
        return sealed


@pytest.fixture(scope="session", autouse=True)
def json_logs() -> None:
    configure_logging(sys.__stderr__)


@pytest.fixture
def books(ledger_url: str) -> Iterator[Books]:
    made = Books(ledger_url)
    yield made
    made.connection.close()


@pytest.fixture
def empty_ledger_url(database_server: str, ledger_template: str) -> Iterator[str]:
    """A second ledger."""
    with fresh_ledger(database_server, ledger_template) as url:
        yield url


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    """A running witness that knows the log."""
    key = make_witness(tmp_path, "test/witness").key
    WitnessStore(tmp_path / STORE_FILE).trust(LOG.key)
    server = make_server(tmp_path, "127.0.0.1", 0)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield Witness(f"http://127.0.0.1:{server.server_port}", key)
    server.shutdown()
    thread.join()
    server.server_close()
