"""The published vectors, checked with nothing of our own: what an implementer in another language would write."""

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from events.schemas.__main__ import DIRECTORY

SIGNATURES: Any = json.loads((DIRECTORY / "vectors" / "signatures.json").read_bytes())
IDENTITIES: Any = json.loads((DIRECTORY / "vectors" / "identities.json").read_bytes())
PUBLIC = Ed25519PublicKey.from_public_bytes(base64.b64decode(SIGNATURES["public_key_base64"]))


def _sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


@pytest.mark.parametrize("row", IDENTITIES["requests"])
def test_identities(row: dict[str, Any]) -> None:
    line = _sha(row["source"].encode() + b"\0" + row["request_id"].encode()).hex()[:32]
    assert line == row["line_id"]
    attempts = [_sha(line.encode() + b"\0" + attempt).hex()[:32] for attempt in (b"1", b"2")]
    assert attempts == row["instruction_ids"]


@pytest.mark.parametrize("record", SIGNATURES["records"])
def test_single_signatures(record: dict[str, str]) -> None:
    header = bytes.fromhex(record["single"])
    assert (header[0], len(header)) == (1, 65)
    PUBLIC.verify(header[1:], record["value"].encode())
    with pytest.raises(InvalidSignature):
        PUBLIC.verify(header[1:], record["value"].encode() + b" ")


@pytest.mark.parametrize("record", SIGNATURES["records"])
def test_batch_signatures(record: dict[str, str]) -> None:
    header = bytes.fromhex(record["batch"])
    assert header[0] == 2
    index, size = int.from_bytes(header[1:5], "big"), int.from_bytes(header[5:9], "big")
    assert size == len(SIGNATURES["records"])
    assert SIGNATURES["records"][index] is record
    path = [header[at : at + 32] for at in range(73, len(header), 32)]
    node = _sha(b"\0" + record["value"].encode())
    assert node.hex() == record["leaf_hash"]
    # RFC 9162, section 2.1.3.2.
    last = size - 1
    for sibling in path:
        assert last > 0
        if index & 1 or index == last:
            node = _sha(b"\1" + sibling + node)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            node = _sha(b"\1" + node + sibling)
        index, last = index >> 1, last >> 1
    assert last == 0
    assert node.hex() == SIGNATURES["root"]
    PUBLIC.verify(header[9:73], node)
