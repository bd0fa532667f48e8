"""Sealing: reads blocks behind the decider, checks that they are what they say, and signs the log over their leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from events import merkle
from ledger.model.block import FIRST_BLOCK_NO, GENESIS_HASH, BlockHeader, block_hash
from ledger.model.entry import EntryKind, read_key
from ledger.proof.checkpoint import Checkpoint, block_line
from ledger.proof.note import VerifierKey
from ledger.proof.tree import Prover
from ledger.store.log import (
    Leaves,
    LogError,
    SealedRow,
    StoredTiles,
    append_sealed,
    load_tree,
    read_block_before,
    read_blocks,
    read_checkpoint,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ledger.proof.note import NoteSigner
    from ledger.store.connection import LedgerConnection, LedgerCursor

LEAVES_AT_ONCE = 20_000

Told = TypeVar("Told")


class Sealed(NamedTuple):
    """One checkpoint: how many leaves it adds, and when the oldest of their blocks was recorded (µs, UTC)."""

    row: SealedRow
    leaves: int
    oldest_us: int


class Sealer:
    """Holds the right edge of the log in memory. One at a time, by the lock on `connection`; used by one thread.

    `follow` gives the signer of a key whose leaf is sealed: it signs that checkpoint and all after it.
    """

    def __init__(
        self,
        connection: LedgerConnection,
        signers: Sequence[NoteSigner],
        follow: Callable[[VerifierKey], NoteSigner] | None = None,
    ) -> None:
        self._connection, self._signers, self._follow = connection, signers, follow
        self.origin = signers[0].name
        self._leaves = Leaves()
        self._load()

    def _load(self) -> None:
        with self._connection.transaction(), self._connection.cursor(binary=True) as cursor:
            last = read_checkpoint(cursor)
            self.size = 0 if last is None else last.size
            self._tree = load_tree(cursor, self._leaves, self.size)
            before = read_block_before(cursor, self.size)
        self._block_no, self._head = before or (FIRST_BLOCK_NO - 1, GENESIS_HASH)
        if last is not None and self._tree.root() != last.root:
            raise LogError(f"the stored leaves and tiles are not those signed in the checkpoint of {self.size} leaves")

    def newest(self) -> str:
        """The signed note of the newest checkpoint; of nothing, while nothing was sealed."""
        with self._connection.transaction(), self._connection.cursor(binary=True) as cursor:
            last = read_checkpoint(cursor)
        return self._signed(Checkpoint(self.origin, 0, merkle.EMPTY_ROOT)) if last is None else last.note

    def _signed(self, told: Checkpoint) -> str:
        return told.text() + "\n" + "".join(signer.sign(told.text()) for signer in self._signers)

    def prove(self, question: Callable[[Prover], Told]) -> Told:
        """Ask for a root or proof of the sealed log."""
        with self._connection.transaction(), self._connection.cursor(binary=True) as cursor:
            return question(Prover(StoredTiles(cursor, self._tree)))

    def seal(self, now_us: int, most_leaves: int = LEAVES_AT_ONCE) -> Sealed | None:
        """Sign over the next blocks; None when there are none. Committed when it returns.

        LogError when a block is not what its header says or does not follow the one before; UniqueViolation when
        another sealer signed after the same checkpoint. After an exception nothing is signed and this object is done.
        """
        with self._connection.transaction(), self._connection.cursor(binary=True) as cursor:
            blocks = read_blocks(cursor, self.size, most_leaves)
            if not blocks:
                return None
            hashes = self._checked(cursor, blocks)
            tiles = self._tree.extend(hashes)
            head = block_line(self._block_no, self._head)
            told = Checkpoint(self.origin, self._tree.size, self._tree.root(), head)
            row = SealedRow(told.size, self.size, told.root, self._signed(told), now_us)
            append_sealed(cursor, tiles, row)
        self.size = told.size
        return Sealed(row, len(hashes), blocks[0][0].recorded_us)

    def _checked(self, cursor: LedgerCursor, blocks: Sequence[tuple[BlockHeader, bytes]]) -> list[bytes]:
        """The leaf hashes of these blocks, each block found to be what its header says."""
        last = blocks[-1][0]
        leaves = self._leaves.read(cursor, self.size, last.first_leaf + last.leaf_count)
        hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
        self._succeed(leaves)
        at = 0
        for header, own in blocks:
            end = at + header.leaf_count
            follows = (self._block_no + 1, self._head, self.size + at)
            if (header.block_no, header.prev_hash, header.first_leaf) != follows or block_hash(header) != own:
                raise LogError(f"block {header.block_no} does not follow block {self._block_no}, or was changed")
            if merkle.root(hashes[at:end]) != header.root:
                raise LogError(f"the leaves of block {header.block_no} are not those it was made of: a row was changed")
            self._block_no, self._head, at = header.block_no, own, end
        return hashes

    def _succeed(self, leaves: Sequence[bytes]) -> None:
        """Let the newest key among these leaves sign."""
        keys = [read_key(leaf) for leaf in leaves if leaf[1] == EntryKind.SIGNING_KEY]
        if keys and self._follow is not None:
            origin, algorithm, public, _ = keys[-1]
            self._signers = [self._follow(VerifierKey(origin, algorithm, public))]
