"""Blocks: each decide transaction is one block of the one chain, with the Merkle root over its leaves."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from struct import Struct
from typing import TYPE_CHECKING

from events import merkle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BLOCK_VERSION = 1
HASH_SIZE = 32
FIRST_BLOCK_NO = 1
GENESIS_HASH = bytes(HASH_SIZE)

# After leaves (0x00) and nodes (0x01) of RFC 6962, so that no block can pass for either.
_BLOCK_PREFIX = b"\2"
_HEAD = Struct(">Bq32sqI32s")
_U32 = Struct(">I")
_I64 = Struct(">q")


@dataclass(frozen=True, slots=True)
class BlockHeader:
    """All of a block but its hash. Leaves `first_leaf` to `first_leaf + leaf_count - 1` are dense over the chain.

    `totals` is `format_totals` of the block's transfers; `journal` says what the decider took to make the block, as
    bytes the ledger does not read; `recorded_us` is microseconds since the epoch, UTC.
    """

    block_no: int
    prev_hash: bytes
    first_leaf: int
    leaf_count: int
    root: bytes
    totals: str
    policy_digest: bytes
    recorded_us: int
    writer: str
    journal: bytes


def _field(value: bytes) -> bytes:
    return _U32.pack(len(value)) + value


def block_hash(header: BlockHeader) -> bytes:
    """SHA-256(0x02, version, every field in order): big-endian integers, 4-byte lengths before what varies.

    Raises ValueError for a hash that is not 32 bytes, which a fixed field would cut or fill in silence.
    """
    if len(header.prev_hash) != HASH_SIZE or len(header.root) != HASH_SIZE:
        raise ValueError(f"block {header.block_no}: prev_hash and root have {HASH_SIZE} bytes")
    return sha256(
        b"".join(
            (
                _BLOCK_PREFIX,
                _HEAD.pack(
                    BLOCK_VERSION,
                    header.block_no,
                    header.prev_hash,
                    header.first_leaf,
                    header.leaf_count,
                    header.root,
                ),
                _field(header.totals.encode()),
                _field(header.policy_digest),
                _I64.pack(header.recorded_us),
                _field(header.writer.encode()),
                _field(header.journal),
            )
        )
    ).digest()


def block_root(leaves: Sequence[bytes]) -> bytes:
    """The RFC 6962 root over the encoded leaves of a block, in leaf order."""
    return merkle.root([merkle.leaf_hash(leaf) for leaf in leaves])


def format_totals(totals: Mapping[str, int]) -> str:
    """Sums of transfers a currency in minor units, as `KHR=400000;USD=150`: sorted, without zeros, "" for none."""
    return ";".join(f"{currency}={amount}" for currency, amount in sorted(totals.items()) if amount)
