"""Keys for a laptop: one pair a source, private keys in files that only their owner can read. Not for production."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from msgspec import structs

from events.keys import REGISTRY_FILE, KeyEntry, RegistryError, read_entries, write_entries
from events.signing import Signer
from events.sources import SCHEMES, SOURCES, is_source, permissions

if TYPE_CHECKING:
    from collections.abc import Iterable

LOCAL_BANKS: Final = ("bank.aba", "bank.acleda", "bank.canadia", "bank.ftb", "bank.wing")
# Local keys count for every receipt time that a local broker can give.
_VALID_FROM: Final = "2018-01-01T00:00:00Z"
# A key of this source that ran out before any local record: to try what becomes of records signed with it.
RETIRED_SOURCE: Final = "nssf"
RETIRED_KEY_ID: Final = "nssf-retired"
_RETIRED_FILE: Final = "nssf.retired"


def make_local_keys(directory: Path, sources: Iterable[str] = (*SOURCES, *LOCAL_BANKS)) -> None:
    """Write `<source>.key` (PEM, 0600) for each source, and `registry.json` with their default permissions.

    What is there stays: a key is made only for a source without one, an entry of the registry is only ever added.
    """
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / REGISTRY_FILE
    entries = {entry.key_id: entry for entry in read_entries(file)} if file.is_file() else {}
    for source in sources:
        if not is_source(source):
            raise RegistryError(f"{source!r} is not on the list of sources")
        key_id = local_key_id(source)
        private = _private_key(directory / f"{source}.key")
        if key_id not in entries:
            entries[key_id] = _entry(key_id, source, private)
    if RETIRED_KEY_ID not in entries:
        entry = _entry(RETIRED_KEY_ID, RETIRED_SOURCE, _private_key(directory / _RETIRED_FILE))
        entries[RETIRED_KEY_ID] = structs.replace(entry, valid_from="2017-01-01T00:00:00Z", valid_until=_VALID_FROM)
    write_entries(file, entries.values())


def local_key_id(source: str) -> str:
    """The name of a source's local key."""
    return f"{source}-local"


def local_signer(directory: Path, source: str) -> Signer:
    """A signer with the source's local key; raises RegistryError saying which keys there are."""
    file = directory / f"{source}.key"
    if not is_source(source) or not file.is_file():
        names = ", ".join(sorted(path.stem for path in directory.glob("*.key"))) or "none; `make setup` makes them"
        raise RegistryError(f"{directory} holds no key of source {source!r}; it holds: {names}")
    return Signer(local_key_id(source), _read(file))


def retired_signer(directory: Path) -> Signer:
    """A signer with the local key that is no longer valid; raises RegistryError when the directory has none."""
    file = directory / _RETIRED_FILE
    if not file.is_file():
        raise RegistryError(f"{file} does not exist; remove {directory} and let `make setup` make the local keys anew")
    return Signer(RETIRED_KEY_ID, _read(file))


def _private_key(file: Path) -> Ed25519PrivateKey:
    if file.exists():
        return _read(file)
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(pem)
    return private


def _read(file: Path) -> Ed25519PrivateKey:
    try:
        private = load_pem_private_key(file.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise RegistryError(f"{file} is not a private key in PEM without a password: {error}") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise RegistryError(f"{file} is not an Ed25519 key")
    return private


def _entry(key_id: str, source: str, private: Ed25519PrivateKey) -> KeyEntry:
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return KeyEntry(
        key_id, source, base64.b64encode(public).decode(), permissions(source), SCHEMES.get(source), _VALID_FROM
    )
