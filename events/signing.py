"""Ed25519 signatures of records, one by one or of a whole publish batch through its Merkle root.

Header `sp-signature`, version 1, is binary:

* single: `0x01` and the 64 bytes of the signature over the value.
* batch:  `0x02`, leaf index (u32), leaf count (u32), the 64 bytes of the signature over the batch's RFC 6962 root of
  the values (leaf = SHA-256(0x00 || value)), then the inclusion path, 32 bytes a hash, lowest sibling first.

Numbers are big-endian. Length is exact: nothing may follow. Header `sp-key-id` names the key. A root of 32 bytes can
be no event and an event no root, so the two kinds of signed bytes cannot be taken for each other.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature

from events.catalogue import TYPES
from events.errors import ContractError
from events.keys import Key, KeyRegistry, RegistryError, permits_scheme
from events.merkle import HASH_BYTES, leaf_hash, levels, node_hash, path_in, path_length
from events.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["BATCH_MAX", "Key", "KeyRegistry", "RegistryError", "Signer", "Verifier", "permits_scheme"]

SINGLE: Final = 1
BATCH: Final = 2
# Enough for any publisher (ours signs 500 together), and it bounds what one batch may cost a verifier.
BATCH_MAX: Final = 1024
_SIGNATURE_BYTES: Final = 64
_BATCH_HEAD: Final = struct.Struct(">BII")
_COUNT_AT: Final = 5
_PATH_AT: Final = _BATCH_HEAD.size + _SIGNATURE_BYTES
# Batches whose verified nodes are remembered: what a worker reads at once from all partitions, several times over.
_BATCHES_REMEMBERED: Final = 64


class Signer:
    """Signs values with one private key; `key_id` goes into the header `sp-key-id`."""

    def __init__(self, key_id: str, private: Ed25519PrivateKey) -> None:
        self.key_id = key_id
        self._private = private

    def sign_one(self, value: bytes) -> bytes:
        """The header for one value on its own."""
        return bytes([SINGLE]) + self._private.sign(value)

    def sign_batch(self, values: Sequence[bytes]) -> list[bytes]:
        """The headers for 1 to 1,024 values under one signature, in their order."""
        if not 1 <= len(values) <= BATCH_MAX:
            raise ValueError(f"a batch has 1 to {BATCH_MAX} values, not {len(values)}")
        tree = levels([leaf_hash(value) for value in values])
        signature = self._private.sign(tree[-1][0])
        return [
            _BATCH_HEAD.pack(BATCH, index, len(values)) + signature + b"".join(path_in(tree, index))
            for index in range(len(values))
        ]


class Verifier:
    """Verifies records against a registry. Nothing turns it off. One instance serves one thread.

    Of recent batches it remembers the nodes proved to lie under the signed root, each with the path from it upwards,
    so that a record costs its leaf hash and the climb to the first such node. What is accepted does not depend on it.
    """

    def __init__(self, registry: KeyRegistry) -> None:
        self._registry = registry
        self._batches: OrderedDict[tuple[str, bytes], dict[int, bytes]] = OrderedDict()

    def verify(
        self, source: str, type_name: str, value: bytes, signature: bytes | None, key_id: str | None, received_us: int
    ) -> Key:
        """The key that signed `value`, allowed to publish this type for this source when the broker received it.

        Raises ContractError, in this order: `unsigned`, `unknown_key`, `bad_signature`, `key_not_valid`,
        `not_authorised` (another source's key, or a type not allowed to it). A type the catalogue does not know is
        left to be refused as such.
        """
        if not signature or not key_id:
            missing = "sp-signature" if not signature else "sp-key-id"
            raise ContractError(Reason.UNSIGNED, "", f"the header {missing} is missing")
        key = self._registry.get(key_id)
        if key is None:
            raise ContractError(Reason.UNKNOWN_KEY, "", "the key in sp-key-id is not registered")
        if not self._is_signed(key, value, signature):
            raise ContractError(Reason.BAD_SIGNATURE, "", "the signature in sp-signature is not of these bytes")
        if not key.valid_at(received_us):
            raise ContractError(Reason.KEY_NOT_VALID, "", "the key was not valid when the broker received the record")
        if key.source != source:
            raise ContractError(Reason.NOT_AUTHORISED, "source", "the key belongs to another source")
        if type_name in TYPES and not key.permits_type(type_name):
            raise ContractError(Reason.NOT_AUTHORISED, "type", "the key may not publish events of this type")
        return key

    def _is_signed(self, key: Key, value: bytes, header: bytes) -> bool:
        if header[0] == SINGLE:
            return len(header) == 1 + _SIGNATURE_BYTES and _verifies(key, header[1:], value)
        if header[0] != BATCH or len(header) < _PATH_AT:
            return False
        _, index, size = _BATCH_HEAD.unpack_from(header)
        if index >= size or size > BATCH_MAX:
            return False
        if len(header) != _PATH_AT + HASH_BYTES * _path_length(index, size):
            return False
        return self._is_in_batch(key, leaf_hash(value), index, size, header)

    def _is_in_batch(self, key: Key, node: bytes, index: int, size: int, header: bytes) -> bool:
        # The signature names the batch; with the count of leaves, since places in the tree depend on it.
        batch = (key.key_id, header[_COUNT_AT:_PATH_AT])
        proved = self._batches.get(batch, {})
        at, level, climbed = _PATH_AT, 0, list[tuple[int, bytes]]()
        while True:
            place, below = index << 5 | level, node + header[at:]
            known = proved.get(place)
            if known is not None:
                if known != below:
                    return False
                break
            climbed.append((place, below))
            if size == 1:
                if not _verifies(key, header[_BATCH_HEAD.size : _PATH_AT], node):
                    return False
                break
            if index ^ 1 < size:
                sibling, at = header[at : at + HASH_BYTES], at + HASH_BYTES
                climbed.append(((index ^ 1) << 5 | level, sibling + node + header[at:]))
                node = node_hash(sibling, node) if index & 1 else node_hash(node, sibling)
            index, size, level = index >> 1, (size + 1) >> 1, level + 1
        self._remember(batch, proved, climbed)
        return True

    def _remember(
        self, batch: tuple[str, bytes], proved: dict[int, bytes], climbed: Iterable[tuple[int, bytes]]
    ) -> None:
        """Each place of the tree with its hash and the path above it; a later header must agree with both."""
        proved.update(climbed)
        self._batches[batch] = proved
        self._batches.move_to_end(batch)
        if len(self._batches) > _BATCHES_REMEMBERED:
            self._batches.popitem(last=False)


@lru_cache(maxsize=8192)
def _path_length(index: int, size: int) -> int:
    return path_length(index, size)


def _verifies(key: Key, signature: bytes, message: bytes) -> bool:
    try:
        key.public.verify(signature, message)
    except InvalidSignature:
        return False
    return True
