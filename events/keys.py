"""The registry of sources' public keys: whose a key is, what it may publish, and when it counts."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from events.envelope import format_time, parse_time
from events.sources import SYSTEM, is_source

if TYPE_CHECKING:
    from collections.abc import Iterable

REGISTRY_FILE: Final = "registry.json"


class RegistryError(Exception):
    """The key registry cannot be used; the message names the file and the entry."""


class KeyEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One key in `registry.json`. `types` are short names or `noun.*`; `schemes` null allows all; times RFC 3339."""

    key_id: str
    source: str
    public_key: str
    types: tuple[str, ...]
    schemes: tuple[str, ...] | None
    valid_from: str
    valid_until: str | None = None


class _RegistryFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    keys: tuple[KeyEntry, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Key:
    """A registered key. Valid from `valid_from_us` (included) to `valid_until_us` (excluded) by receipt time."""

    key_id: str
    source: str
    public: Ed25519PublicKey
    types: frozenset[str]
    schemes: frozenset[str] | None
    valid_from_us: int
    valid_until_us: int | None

    def permits_type(self, name: str) -> bool:
        """Whether the key may publish events of this short name."""
        return name in self.types or f"{name.partition('.')[0]}.*" in self.types

    def permits_scheme(self, scheme: str) -> bool:
        """Whether the key may speak for this scheme."""
        return self.schemes is None or scheme in self.schemes

    def valid_at(self, received_us: int) -> bool:
        """Whether the key counts for a record received then."""
        return self.valid_from_us <= received_us and (self.valid_until_us is None or received_us < self.valid_until_us)


def permits_scheme(key: Key, scheme: str) -> bool:
    """Whether the key may speak for this scheme."""
    return key.permits_scheme(scheme)


class KeyRegistry:
    """All keys by `key_id`. Several keys of one source may count at once, so that keys can be changed without a gap."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys: dict[str, Key] = {}
        for key in keys:
            if key.key_id in self._keys:
                raise RegistryError(f"key {key.key_id} is registered twice; a key_id names one key for ever")
            self._keys[key.key_id] = key

    @classmethod
    def read(cls, path: Path) -> KeyRegistry:
        """The registry in a file, or in the `registry.json` of a directory; raises RegistryError."""
        file = path / REGISTRY_FILE if path.is_dir() else path
        return cls(read_key(entry, file) for entry in read_entries(file))

    def get(self, key_id: str) -> Key | None:
        """The key, or None where it is not registered."""
        return self._keys.get(key_id)

    def of_source(self, source: str) -> list[Key]:
        """The keys of a source, in the order of the file."""
        return [key for key in self._keys.values() if key.source == source]


def read_entries(file: Path) -> tuple[KeyEntry, ...]:
    """The entries of a registry file as written; raises RegistryError."""
    try:
        content = msgspec.json.decode(file.read_bytes(), type=_RegistryFile)
    except FileNotFoundError:
        raise RegistryError(f"{file} does not exist; `make setup` writes one with keys for trying out") from None
    except msgspec.MsgspecError as error:
        raise RegistryError(f"{file}: {error}") from None
    if content.version != 1:
        raise RegistryError(f"{file}: version {content.version} is not 1, the only one known here")
    return content.keys


def write_entries(file: Path, entries: Iterable[KeyEntry]) -> None:
    """Write a registry file; a reader sees the old or the new one, never half."""
    content = msgspec.json.encode(_RegistryFile(version=1, keys=tuple(entries)))
    fresh = file.with_suffix(".new")
    fresh.write_bytes(msgspec.json.format(content, indent=2) + b"\n")
    fresh.replace(file)


def read_key(entry: KeyEntry, file: Path) -> Key:
    """The key an entry describes; raises RegistryError naming the entry's field."""
    where = f"{file}: key {entry.key_id}"
    if not is_source(entry.source) or entry.source == SYSTEM:
        raise RegistryError(f"{where}: source {entry.source!r} is not on the list of sources")
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(entry.public_key, validate=True))
    except ValueError as error:
        raise RegistryError(f"{where}: public_key is not 32 bytes of an Ed25519 key in base64 ({error})") from None
    begin = parse_time(entry.valid_from)
    end = parse_time(entry.valid_until) if entry.valid_until is not None else None
    if begin is None or (end is None) != (entry.valid_until is None):
        raise RegistryError(f"{where}: valid_from and valid_until are RFC 3339 times with offset")
    if end is not None and end <= begin:
        raise RegistryError(f"{where}: valid_until is not after valid_from ({format_time(begin)})")
    schemes = frozenset(entry.schemes) if entry.schemes is not None else None
    return Key(entry.key_id, entry.source, public, frozenset(entry.types), schemes, begin, end)
