"""The log's own keys: private ones in files that only their owner reads, public ones in the books."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ledger.model.entry import endorsed
from ledger.proof.note import Algorithm, NoteError, NoteSigner, VerifierKey
from ledger.store.log import read_keys

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection

_LOCK = 7_304_117
"""Keys are put on record one after the other."""


class KeyFileError(Exception):
    """A private key is missing or cannot be used; the message names the file and what to do."""


def write_key_file(path: Path, private: Ed25519PrivateKey) -> None:
    """Write a private key (PEM, 0600). KeyFileError when the file exists: a key is never written over."""
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeyFileError(f"{path} exists; a key is never written over") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)


def read_key_file(path: Path, name: str, algorithm: Algorithm = Algorithm.ED25519) -> NoteSigner:
    """The signer of a private key. KeyFileError when the file is missing or holds something else."""
    try:
        private = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError) as error:
        raise KeyFileError(f"{path}: no private key can be read ({error}); bring it back from its safe copy") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyFileError(f"{path}: not an Ed25519 key")
    return NoteSigner(name, private, algorithm)


def key_file(directory: Path, key: VerifierKey) -> Path:
    """Where the private half of a key on record is kept."""
    return directory / f"log-{key.key_id.hex()}.key"


def record_key(
    conn: LedgerConnection, signer: NoteSigner, before: NoteSigner | None, *, actor: str, os_user: str, note: str
) -> None:
    """Put a key on record, endorsed by the one before; it becomes a leaf, and signs every checkpoint that covers it.

    NoteError when `before` is not the newest key on record, or the log has another name.
    """
    with conn.transaction():
        conn.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        with conn.cursor(binary=True) as cursor:
            known = read_keys(cursor)
        newest = known[-1].key if known else None
        if newest != (None if before is None else before.key):
            raise NoteError("another key was put on record meanwhile; look at `spp ledger keys`")
        if newest is not None and newest.name != signer.name:
            raise NoteError(f"the log is named {newest.name!r}; a key of {signer.name!r} cannot follow")
        key = signer.key
        told = None if before is None else before.private.sign(endorsed(key.name, key.algorithm, key.public))
        conn.execute(
            "insert into signing_key (origin, algorithm, public_key, endorsement, actor, os_user, note)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            (*key, told, actor, os_user, note),
        )


def load_signer(conn: LedgerConnection, directory: Path, size: int | None = None) -> NoteSigner:
    """The signer of the newest key on record, or of the newest among the first `size` leaves, else of the first key.

    KeyFileError when there is none, or its private half is elsewhere.
    """
    with conn.transaction(), conn.cursor(binary=True) as cursor:
        known = read_keys(cursor)
    if not known:
        raise KeyFileError("the ledger has no signing key yet: `spp up` makes one, or `spp ledger rotate-key`")
    if size is None:
        return signer_of(directory, known[-1].key)
    covered = [one.key for one in known if one.leaf_no is not None and one.leaf_no < size]
    return signer_of(directory, covered[-1] if covered else known[0].key)


def signer_of(directory: Path, key: VerifierKey) -> NoteSigner:
    """The signer of a key. KeyFileError when its private half is elsewhere."""
    signer = read_key_file(key_file(directory, key), key.name)
    if signer.key != key:
        raise KeyFileError(f"{key_file(directory, key)} is another key than the one on record, {key}")
    return signer
