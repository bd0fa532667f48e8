"""Signed notes (C2SP signed-note) and cosignatures with a time (C2SP tlog-cosignature), by Ed25519.

A note is a text that ends with a newline, an empty line, and lines `— <key name> <base64 of key id and signature>`.
Lines of unknown keys are passed over, so that a second algorithm can be added beside the first.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_DASH: Final = "\N{EM DASH} "
_ID_BYTES: Final = 4
_TIME = Struct(">Q")


class NoteError(ValueError):
    """A note, key or line is not written as it must be; the message says what is wrong."""


class Algorithm(IntEnum):
    """Signature types of C2SP signed-note; the number is part of the key id. ML-DSA-44 would be 6."""

    ED25519 = 1
    COSIGNATURE_ED25519 = 4


class VerifierKey(NamedTuple):
    """A public key and the name its owner signs with."""

    name: str
    algorithm: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes of SHA-256 over name, newline, algorithm and key."""
        return sha256(f"{self.name}\n".encode() + bytes([self.algorithm]) + self.public).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        """The key as a `vkey`, the text that is handed from hand to hand."""
        material = base64.b64encode(bytes([self.algorithm]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"


class Signature(NamedTuple):
    """One good signature; `seconds` is the time of a cosignature, since the epoch, None of another."""

    key: VerifierKey
    line: str
    seconds: int | None


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """A private key with its name; `algorithm` says whether it signs notes or cosigns them."""

    name: str
    private: Ed25519PrivateKey
    algorithm: Algorithm = Algorithm.ED25519

    @property
    def key(self) -> VerifierKey:
        """The public half."""
        public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return VerifierKey(self.name, self.algorithm, public)

    def sign(self, text: str) -> str:
        """The signature line over a note's text."""
        return self._line(self.private.sign(text.encode()))

    def cosign(self, text: str, seconds: int) -> str:
        """The line that says that at this time the text was the newest, and consistent with all seen before."""
        return self._line(_TIME.pack(seconds) + self.private.sign(_cosigned(text, seconds)))

    def _line(self, signature: bytes) -> str:
        return f"{_DASH}{self.name} {base64.b64encode(self.key.key_id + signature).decode()}\n"


def parse_key(text: str) -> VerifierKey:
    """A `vkey` (`name+id+base64`). NoteError when it is not one or its id is not that of the key."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3:
        raise NoteError(f"{text!r} is no verifier key: expected name+id+base64")
    name, key_id, encoded = parts
    material = _decoded(encoded, "verifier key")
    key = VerifierKey(name, material[0] if material else 0, material[1:])
    if not _is_name(name) or key.algorithm not in set(Algorithm) or len(key.public) != 32:
        raise NoteError(f"verifier key of {name!r}: expected an Ed25519 key of 32 bytes, type 1 or 4")
    if key.key_id.hex() != key_id:
        raise NoteError(f"verifier key of {name!r}: its id is {key.key_id.hex()}, not {key_id}: it was mistyped")
    return key


def split_note(note: str) -> tuple[str, list[str]]:
    """The text of a note and its signature lines. NoteError when it is none."""
    text, found, rest = note.rpartition("\n\n")
    lines = rest.splitlines(keepends=True)
    if not found or not lines or any(not line.startswith(_DASH) or not line.endswith("\n") for line in lines):
        raise NoteError("not a signed note: expected a text, an empty line and signature lines")
    return text + "\n", lines


def verify_note(note: str, keys: Iterable[VerifierKey]) -> tuple[str, list[Signature]]:
    """The text of a note and the good signatures of known keys, which may be none.

    NoteError for what is no note, and for a signature that names a known key and is not its: that is a forgery.
    """
    text, lines = split_note(note)
    known = {(key.name, key.key_id): key for key in keys}
    good = []
    for line in lines:
        name, _, encoded = line.removeprefix(_DASH).rstrip("\n").rpartition(" ")
        data = _decoded(encoded, f"signature of {name}")
        key = known.get((name, data[:_ID_BYTES]))
        if key is not None:
            good.append(Signature(key, line, _verified(key, text, data[_ID_BYTES:])))
    return text, good


def _verified(key: VerifierKey, text: str, signature: bytes) -> int | None:
    seconds, message = None, text.encode()
    if key.algorithm == Algorithm.COSIGNATURE_ED25519:
        if len(signature) < _TIME.size:
            raise NoteError(f"the cosignature of {key.name} is cut off")
        (seconds,) = _TIME.unpack_from(signature)
        message, signature = _cosigned(text, seconds), signature[_TIME.size :]
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except InvalidSignature:
        raise NoteError(f"the signature of {key.name} is not that of this text and key {key.key_id.hex()}") from None
    return seconds


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _is_name(name: str) -> bool:
    return bool(name) and not any(letter.isspace() or letter == "+" for letter in name)


def _decoded(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise NoteError(f"{what}: not base64 ({error})") from None
