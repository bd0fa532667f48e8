"""Signs the records that must be refused, each in the way its scenario says. Needs the local keys of the sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from events.local_keys import local_key_id, local_signer, retired_signer
from events.outgoing import Header, Outgoing, signed_headers
from events.signing import Signer
from events.topics import CONTENT_TYPE, HEADER_CONTENT_TYPE, HEADER_KEY_ID
from pipeline.scenarios.script import Signature

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipeline.scenarios.script import RawRecord

STRANGER_KEY_ID = "nobody-knows"


class Attacker:
    """Holds a key of its own, which no registry knows, beside the local keys of the sources in `keys`."""

    def __init__(self, keys: Path) -> None:
        self._keys = keys
        self._own = Ed25519PrivateKey.generate()
        self._ways: dict[Signature, Callable[[RawRecord], tuple[Header, ...]]] = {
            Signature.OWN: lambda record: self._signed(local_signer(keys, record.source), record.value),
            Signature.NONE: _unsigned,
            Signature.TAMPERED: lambda record: self._signed(local_signer(keys, record.source), record.value + b" "),
            Signature.IMPOSTOR: lambda record: self._signed(
                Signer(local_key_id(record.source), self._own), record.value
            ),
            Signature.STRANGER: lambda record: self._signed(Signer(STRANGER_KEY_ID, self._own), record.value),
            Signature.RETIRED: lambda record: self._signed(retired_signer(keys), record.value),
            Signature.BORROWED_HEF: lambda record: self._signed(local_signer(keys, "hef"), record.value),
            Signature.BORROWED_PMRS: lambda record: self._signed(local_signer(keys, "pmrs"), record.value),
        }

    def outgoing(self, record: RawRecord) -> Outgoing:
        """The record with the headers its way of signing gives; raises RegistryError when a local key is missing."""
        headers = self._ways[record.signature](record)
        return Outgoing(record.topic, record.key.encode(), record.value, headers)

    @staticmethod
    def _signed(signer: Signer, value: bytes) -> tuple[Header, ...]:
        return signed_headers(signer.key_id, signer.sign_one(value))


def _unsigned(record: RawRecord) -> tuple[Header, ...]:
    key_id = local_key_id(record.source).encode()
    return ((HEADER_CONTENT_TYPE, CONTENT_TYPE.encode()), (HEADER_KEY_ID, key_id))
