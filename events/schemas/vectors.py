"""Test vectors for implementers in other languages: identities and signatures, from a key that is published."""

from __future__ import annotations

import base64
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from events.identity import instruction_id_hex, line_id_hex
from events.merkle import leaf_hash, root
from events.schemas.samples import examples
from events.signing import Signer
from events.sources import to_urn

SEED: Final = bytes(range(32))
_REQUESTS: Final = (("nssf", "REQ-2018-000017"), ("nsaf", "REQ-2018-000017"), ("hef", "a/b:c_d-1.2"))


def identities() -> dict[str, Any]:
    """Requests with their line ids, and the instruction ids of the first two attempts to pay each."""
    rows = []
    for source, request_id in _REQUESTS:
        line = line_id_hex(to_urn(source), request_id)
        attempts = [instruction_id_hex(line, attempt) for attempt in (1, 2)]
        rows.append({"source": to_urn(source), "request_id": request_id, "line_id": line, "instruction_ids": attempts})
    return {"version": 1, "hash": "SHA-256, first 32 hexadecimal digits", "requests": rows}


def signatures() -> dict[str, Any]:
    """The same values signed one by one and as one batch of five, whose tree is not full."""
    private = Ed25519PrivateKey.from_private_bytes(SEED)
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signer = Signer("vector-key", private)
    names = ("payment.requested", "payment.requested.month", "payment.withdrawn", "batch.declared", "cycle.closed")
    values = [examples()[name] for name in names]
    batch = signer.sign_batch(values)
    records = [
        {
            "value": value.decode(),
            "leaf_hash": leaf_hash(value).hex(),
            "single": signer.sign_one(value).hex(),
            "batch": header.hex(),
        }
        for value, header in zip(values, batch, strict=True)
    ]
    return {
        "version": 1,
        "algorithm": "Ed25519",
        "private_seed": SEED.hex(),
        "public_key_base64": base64.b64encode(public).decode(),
        "root": root([leaf_hash(value) for value in values]).hex(),
        "records": records,
    }
