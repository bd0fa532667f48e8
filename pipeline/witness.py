"""A witness over HTTP (C2SP tlog-witness): `POST /add-checkpoint`, a process with its own key and file."""

from __future__ import annotations

from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.proof.keys import read_key_file, write_key_file
from ledger.proof.note import Algorithm, NoteSigner
from ledger.proof.witness import Refusal, RefusedError, parse_request
from ledger.proof.witness_store import WitnessStore
from pipeline.logging import get_logger

if TYPE_CHECKING:
    from pathlib import Path

MOST_REQUEST_BYTES = 64 * 1024
KEY_FILE = "witness.key"
NAME_FILE = "witness.name"
STORE_FILE = "witness.db"
SIZE_TYPE = "text/x.tlog.size"

_log = get_logger("witness")


def make_witness(directory: Path, name: str) -> NoteSigner:
    """The witness kept in `directory`; one that does not exist yet is made, with a new key, under `name`."""
    if not (directory / KEY_FILE).exists():
        write_key_file(directory / KEY_FILE, Ed25519PrivateKey.generate())
        (directory / NAME_FILE).write_text(name + "\n")
    return load_witness(directory)


def load_witness(directory: Path) -> NoteSigner:
    """The witness kept in `directory`. KeyFileError when there is none."""
    path = directory / NAME_FILE
    name = path.read_text().strip() if path.is_file() else ""
    return read_key_file(directory / KEY_FILE, name, Algorithm.COSIGNATURE_ED25519)


def make_server(directory: Path, address: str, port: int) -> ThreadingHTTPServer:
    """A server that answers for the witness in `directory`; `serve_forever` runs it. OSError when the port is taken."""
    store, signer = WitnessStore(directory / STORE_FILE), load_witness(directory)

    class Handler(_Handler):
        def answer(self, body: str) -> str:
            return store.countersign(parse_request(body), signer, int(time()))

    return ThreadingHTTPServer((address, port), Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def answer(self, body: str) -> str:
        """The cosignature lines for a request. RefusedError when there are none."""
        raise RefusedError(Refusal.UNKNOWN_LOG, body[:0])

    def do_POST(self) -> None:
        """Answer `add-checkpoint`."""
        length = self.headers.get("Content-Length", "")
        if self.path != "/add-checkpoint" or not length.isdigit() or int(length) > MOST_REQUEST_BYTES:
            self.close_connection = True
            self._send(
                HTTPStatus.BAD_REQUEST, "text/plain", f"POST /add-checkpoint, at most {MOST_REQUEST_BYTES} bytes\n"
            )
            return
        try:
            lines = self.answer(self.rfile.read(int(length)).decode())
        except UnicodeDecodeError:
            self._send(HTTPStatus.BAD_REQUEST, "text/plain", "not UTF-8\n")
        except RefusedError as refused:
            _log.warning("refused", reason=refused.refusal.value[1], message=str(refused))
            if refused.refusal.status == HTTPStatus.CONFLICT:
                self._send(refused.refusal.status, SIZE_TYPE, f"{refused.seen_size}\n")
            else:
                self._send(refused.refusal.status, "text/plain", f"{refused}\n")
        else:
            self._send(HTTPStatus.OK, "text/plain", lines)

    def _send(self, status: int, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Say nothing of each request; refusals are logged with their reason."""
