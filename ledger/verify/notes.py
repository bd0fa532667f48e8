"""Signed checkpoints as C2SP writes them: signed-note, tlog-checkpoint, cosignature/v1."""

from __future__ import annotations

import base64
import hashlib
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.verify.codes import Code, FailureError

SIGNATURE, COSIGNATURE = 1, 4


class Key(NamedTuple):
    """A public key that the auditor trusts."""

    name: str
    kind: int
    public: bytes

    def id(self) -> bytes:
        """The four bytes that name it in a signature line."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]


class Trust(NamedTuple):
    """What the auditor brought: keys of the log, keys of witnesses (none: not asked for), checkpoints seen before."""

    log: list[Key]
    witnesses: list[Key]
    seen: list[Checkpoint]


class Checkpoint(NamedTuple):
    """The first `size` leaves of the log `origin` have the tree head `root`; `block` binds the last block.

    `signers` are the log's keys that signed it; none, where that was not looked at.
    """

    origin: str
    size: int
    root: bytes
    block: str
    signers: tuple[bytes, ...] = ()


def unbase64(text: str, what: str) -> bytes:
    """Bytes of base64, or MALFORMED."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise FailureError(Code.MALFORMED, f"{what}: not base64") from None


def read_number(text: str, what: str) -> int:
    """A number without a sign or zeros before it, below 10^18, or MALFORMED."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and str(int(text)) == text):
        raise FailureError(Code.MALFORMED, f"{what}: not a number")
    return int(text)


def read_key(text: str) -> Key:
    """A key as name+id+base64, or MALFORMED."""
    name, _, rest = text.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    data = unbase64(encoded, f"key {name!r}")
    key = Key(name, data[0] if data else 0, data[1:])
    if not name or key.kind not in {SIGNATURE, COSIGNATURE} or len(key.public) != 32 or key.id().hex() != key_id:
        raise FailureError(Code.MALFORMED, f"key {text[:60]!r}: expected name+id+base64 of an Ed25519 key")
    return key


def read_checkpoint(text: str) -> Checkpoint:
    """The checkpoint in the text of a note, or MALFORMED."""
    lines = text.split("\n")
    if len(lines) < 4 or not lines[0] or lines[-1]:
        raise FailureError(Code.MALFORMED, "a checkpoint has the lines origin, size, root")
    root = unbase64(lines[2], "root of a checkpoint")
    if len(root) != 32:
        raise FailureError(Code.MALFORMED, "the root of a checkpoint has 32 bytes")
    return Checkpoint(lines[0], read_number(lines[1], "size of a checkpoint"), root, lines[3])


def check_note(note: str, trust: Trust, *, witnessed: bool = True) -> Checkpoint:
    """The checkpoint of a signed note: signed by the log, and countersigned where witnesses are asked for."""
    text, found, rest = note.rpartition("\n\n")
    text += "\n"
    if not found or not rest.endswith("\n"):
        raise FailureError(Code.MALFORMED, "a checkpoint ends with an empty line and signature lines")
    checkpoint = read_checkpoint(text)
    where = f"checkpoint of {checkpoint.size} leaves"
    signers: list[bytes] = []
    countersigned = False
    for line in rest.splitlines():
        name, _, encoded = line.removeprefix("\N{EM DASH} ").rpartition(" ")
        data = unbase64(encoded, f"{where}, signature of {name}")
        for key in (*trust.log, *trust.witnesses):
            if (key.name, key.id()) == (name, data[:4]):
                _check_signature(key, text, data[4:], where)
                if key in trust.log and key.kind == SIGNATURE and name == checkpoint.origin:
                    signers.append(key.public)
                countersigned = countersigned or key in trust.witnesses
    if not signers:
        raise FailureError(Code.UNKNOWN_KEY, f"{where}: not signed by a key you trust for {checkpoint.origin!r}")
    if witnessed and trust.witnesses and not countersigned:
        raise FailureError(Code.NOT_WITNESSED, f"{where}: not countersigned by a witness you trust")
    return checkpoint._replace(signers=tuple(signers))


def check_seen(told: Checkpoint, trust: Trust) -> None:
    """FORK when this is another history than one the auditor saw."""
    for seen in trust.seen:
        if seen.origin != told.origin or (seen.size == told.size and seen.root != told.root):
            raise FailureError(Code.FORK, f"another history than the one seen at {seen.size} leaves")


def _check_signature(key: Key, text: str, signature: bytes, where: str) -> None:
    message = text.encode()
    if key.kind == COSIGNATURE:
        message = f"cosignature/v1\ntime {int.from_bytes(signature[:8])}\n".encode() + message
        signature = signature[8:]
    if not is_signed(key.public, signature, message):
        raise FailureError(Code.SIGNATURE, f"{where}: the signature of {key.name} is forged")


def is_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the Ed25519 key signed this."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
