"""Identities by hashing: headers, and on demand every leaf, against what the blocks say of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events import merkle
from ledger.model.block import BlockHeader, block_hash
from ledger.model.entry import encode_entry
from ledger.model.leaf import account_reference, encode_decision, encode_transfer
from ledger.reconciliation.identity import COUNT, Identity
from ledger.store.outbox import PostedBlock, read_block

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection

_HINT = "a block or leaf was changed after it was posted: restore from a copy that verifies"


def hashed_blocks(conn: LedgerConnection) -> Identity:
    """Blocks against blocks whose hash is that of their header."""
    rows = conn.execute(
        "select block_no, prev_hash, first_leaf, leaf_count, root, totals, policy_digest, recorded_us, writer, journal,"
        " hash from block order by block_no",
        binary=True,
    ).fetchall()
    good = sum(block_hash(BlockHeader(*row[:-1])) == row[-1] for row in rows)
    return Identity("block hashes", "blocks = blocks whose hash is that of their header", COUNT, len(rows), good, _HINT)


def rebuilt_blocks(conn: LedgerConnection) -> Identity:
    """Blocks against blocks whose Merkle root is that of their leaves, encoded and hashed anew."""
    numbers = [block_no for (block_no,) in conn.execute("select block_no from block order by block_no")]
    good = 0
    for block_no in numbers:
        block = read_block(conn, block_no)
        good += leaves_root(block) == block.header.root
    return Identity(
        "block roots", "blocks = blocks whose root is that of their leaves", COUNT, len(numbers), good, _HINT
    )


def leaves_root(block: PostedBlock) -> bytes:
    """The Merkle root over the leaves of a block. Raises KeyError for a transfer on an unknown account."""
    references = {number: account_reference(number, code) for number, code in block.accounts.items()}
    leaves = {row.leaf_no: encode_decision(row) for row in block.decisions}
    leaves |= {
        row.leaf_no: encode_transfer(row, references[row.debit_account], references[row.credit_account])
        for row in block.transfers
    }
    leaves |= {row.leaf_no: encode_entry(row) for row in block.entries}
    return merkle.root([merkle.leaf_hash(leaves[leaf_no]) for leaf_no in sorted(leaves)])
