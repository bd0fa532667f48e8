"""Finance officers: named persons with keys of their own, in `officers.json` of the exchange's directory."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from events.envelope import format_time, parse_time
from pipeline.errors import PipelineError
from processors.exchange.runs import to_be_signed

if TYPE_CHECKING:
    from pathlib import Path

OFFICERS_FILE: Final = "officers.json"


class OfficerError(PipelineError):
    """The officers file or a key cannot be used; the message names the file and the entry."""


class Officer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One key of one person; times RFC 3339. A person may have several keys, and counts once."""

    name: str
    key_id: str
    public_key: str
    valid_from: str
    valid_until: str | None = None

    def valid_at(self, moment_us: int) -> bool:
        """Whether the key counts at an instant."""
        begin = parse_time(self.valid_from)
        end = parse_time(self.valid_until) if self.valid_until is not None else None
        return begin is not None and begin <= moment_us and (end is None or moment_us < end)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    officers: tuple[Officer, ...]


def read_officers(directory: Path) -> dict[str, Officer]:
    """The officers' keys by key id. Raises OfficerError, also where two persons share a key."""
    file = directory / OFFICERS_FILE
    try:
        officers = msgspec.json.decode(file.read_bytes(), type=_File).officers
    except FileNotFoundError:
        raise OfficerError(f"{file} does not exist: `spp exchange officer NAME` makes one for trying out") from None
    except msgspec.MsgspecError as error:
        raise OfficerError(f"{file}: {error}") from None
    found = {officer.key_id: officer for officer in officers}
    if len(found) != len(officers):
        raise OfficerError(f"{file}: a key id is listed twice")
    if len({officer.public_key for officer in officers}) != len(officers):
        raise OfficerError(f"{file}: two entries have one public key: a key is one person's")
    for officer in officers:
        until = officer.valid_until
        if parse_time(officer.valid_from) is None or (until is not None and parse_time(until) is None):
            raise OfficerError(f"{file}: key {officer.key_id}: expected RFC 3339 times with offset")
    return found


def make_officer(directory: Path, name: str, now_us: int) -> Officer:
    """A new key for a person, private key beside the list in a file only its owner can read. Not for production."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / OFFICERS_FILE
    known = tuple(read_officers(directory).values()) if file.is_file() else ()
    if any(officer.name == name for officer in known):
        raise OfficerError(f"{file}: {name} has a key already")
    if not name.isidentifier():
        raise OfficerError(f"{name!r} is no name of an officer: letters, digits and _ only")
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(directory / f"{name}.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(pem)
    public = base64.b64encode(private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
    made = Officer(name, f"officer-{name}", public, format_time(now_us))
    fresh = file.with_suffix(".new")
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(_File(1, (*known, made))), indent=2) + b"\n")
    fresh.replace(file)
    return made


def sign(directory: Path, key_id: str, run_digest: bytes) -> tuple[Officer, bytes]:
    """An officer's signature over a run's digest, with the private key in this directory. Raises OfficerError."""
    officer = read_officers(directory).get(key_id)
    if officer is None:
        raise OfficerError(f"key {key_id} is not in {directory / OFFICERS_FILE}")
    file = directory / f"{officer.name}.key"
    try:
        private = load_pem_private_key(file.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise OfficerError(f"{file} is no readable private key ({type(error).__name__})") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise OfficerError(f"{file} is no Ed25519 key")
    return officer, private.sign(to_be_signed(run_digest, officer.name))


def is_signed(officer: Officer, run_digest: bytes, signature: bytes) -> bool:
    """Whether this officer's key signed this digest."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(officer.public_key, validate=True))
        key.verify(signature, to_be_signed(run_digest, officer.name))
    except (InvalidSignature, ValueError):
        return False
    return True
