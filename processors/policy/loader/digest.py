"""The digest of a policy: SHA-256 over its content. Formatting, comments and the order of keys do not change it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from processors.policy.loader.nodes import Plain

_PACK = b"spp.policy.pack.1\0"
_POLICY = b"spp.policy.1\0"


def _canonical(content: Plain) -> bytes:
    written = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return len(written).to_bytes(8, "big") + written


def pack_digest(pack: Plain, commons: Plain) -> bytes:
    """32 bytes that name a pack together with the commons it was read with."""
    return hashlib.sha256(_PACK + _canonical(pack) + _canonical(commons)).digest()


def policy_digest(pack_digests: Iterable[tuple[str, bytes]], commons: Plain) -> bytes:
    """32 bytes that name all packs in force together; the order they are given in does not matter."""
    hashed = hashlib.sha256(_POLICY + _canonical(commons))
    for benefit, digest in sorted(pack_digests):
        hashed.update(benefit.encode() + b"\0" + digest)
    return hashed.digest()
