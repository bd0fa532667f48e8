"""The log in the database: leaves as they are stored, tiles, checkpoints, cosignatures, signing keys."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from events.merkle import leaf_hash
from ledger.model.block import BlockHeader
from ledger.model.entry import EntryKind, EntryRow, encode_entry
from ledger.model.leaf import account_reference, encode_decision, encode_transfer
from ledger.model.rows import DecisionRow, TransferRow
from ledger.proof.note import VerifierKey
from ledger.proof.tree import TILE_HEIGHT, Tree, edge_sizes, split_hashes, tile_root
from ledger.store import copy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.proof.tree import Tile
    from ledger.store.connection import LedgerCursor

_DECISIONS = ", ".join(column.name for column in copy.DECISION.columns)
_TRANSFERS = ", ".join(column.name for column in copy.TRANSFER.columns)
_TILES_KEPT = 4_096


class LogError(Exception):
    """The stored log is not what it must be; nothing was signed. The message names the block or leaf."""


class SealedRow(NamedTuple):
    """A checkpoint as stored; `note` is signed by the log alone."""

    size: int
    prev_size: int
    root: bytes
    note: str
    sealed_us: int


class KeyOnRecord(NamedTuple):
    """A signing key as stored, oldest first by `key_no`; `leaf_no` is None while it waits for its leaf."""

    key_no: int
    key: VerifierKey
    endorsement: bytes | None
    leaf_no: int | None


class Leaves:
    """Reads leaves by number as they are stored, encoded anew; accounts are kept between calls."""

    def __init__(self) -> None:
        self._references: dict[int, bytes] = {}

    def read(self, cursor: LedgerCursor, first: int, end: int) -> list[bytes]:
        """The leaves `first` to `end - 1`. LogError when one is missing or stands twice. The cursor is binary."""
        found: list[bytes | None] = [None] * (end - first)
        count = 0
        span = (first, end)
        cursor.execute(f"select {_TRANSFERS} from transfer where leaf_no >= %s and leaf_no < %s", span)
        transfers = cursor.fetchall()
        self._know(cursor, transfers)
        references = self._references
        for row in transfers:
            found[row[0] - first] = encode_transfer(TransferRow._make(row), references[row[6]], references[row[7]])
        cursor.execute(f"select {_DECISIONS} from decision where leaf_no >= %s and leaf_no < %s", span)
        decisions = cursor.fetchall()
        for row in decisions:
            found[row[0] - first] = encode_decision(DecisionRow._make(row))
        cursor.execute(
            "select leaf_no, block_no, kind, ref, body from log_entry where leaf_no >= %s and leaf_no < %s", span
        )
        entries = cursor.fetchall()
        for row in entries:
            found[row[0] - first] = encode_entry(EntryRow._make(row))
        count = len(transfers) + len(decisions) + len(entries)
        leaves = [leaf for leaf in found if leaf is not None]
        if len(leaves) != end - first or count != len(leaves):
            missing = next((first + at for at, leaf in enumerate(found) if leaf is None), None)
            raise LogError(
                f"leaf {missing} is missing" if missing is not None else f"a leaf from {first} on stands twice"
            )
        return leaves

    def _know(self, cursor: LedgerCursor, transfers: Sequence[Sequence[int]]) -> None:
        fresh = {number for row in transfers for number in (row[6], row[7])} - self._references.keys()
        if fresh:
            cursor.execute("select account_no, code from account where account_no = any(%s)", (sorted(fresh),))
            self._references |= {number: account_reference(number, code) for number, code in cursor}
            if unknown := fresh - self._references.keys():
                raise LogError(f"account {min(unknown)} is named by a transfer and does not exist")


def read_blocks(cursor: LedgerCursor, size: int, most_leaves: int) -> list[tuple[BlockHeader, bytes]]:
    """The blocks from leaf `size` on, with their hashes, at least one, up to `most_leaves` leaves."""
    cursor.execute(
        "select block_no, prev_hash, first_leaf, leaf_count, root, totals, policy_digest, recorded_us, writer, journal,"
        " hash from block where first_leaf >= %s and (first_leaf = %s or first_leaf < %s) order by block_no",
        (size, size, size + most_leaves),
    )
    return [(BlockHeader(*row[:-1]), row[-1]) for row in cursor]


def read_block_before(cursor: LedgerCursor, size: int) -> tuple[int, bytes] | None:
    """Number and hash of the block that ends at leaf `size`. LogError when none ends there."""
    if size == 0:
        return None
    cursor.execute(
        "select block_no, hash, first_leaf + leaf_count from block where first_leaf < %s"
        " order by block_no desc limit 1",
        (size,),
    )
    row = cursor.fetchone()
    if row is None or row[2] != size:
        raise LogError(f"no block ends at leaf {size}, where the last checkpoint stands: blocks are missing")
    return row[0], row[1]


def read_checkpoint(cursor: LedgerCursor, size: int | None = None) -> SealedRow | None:
    """The checkpoint of this size, or the newest."""
    cursor.execute(
        "select size, prev_size, root, note, sealed_us from checkpoint"
        " where %(size)s::bigint is null or size = %(size)s order by size desc limit 1",
        {"size": size},
    )
    row = cursor.fetchone()
    return None if row is None else SealedRow._make(row)


def read_cosignatures(cursor: LedgerCursor, size: int) -> list[str]:
    """The cosignature lines of the checkpoint of this size."""
    cursor.execute("select line from cosignature where size = %s order by witness", (size,))
    return [line for (line,) in cursor]


def read_witnessed(cursor: LedgerCursor) -> SealedRow | None:
    """The newest checkpoint that a witness countersigned."""
    cursor.execute("select max(size) from cosignature")
    row = cursor.fetchone()
    return None if row is None or row[0] is None else read_checkpoint(cursor, row[0])


def read_keys(cursor: LedgerCursor) -> list[KeyOnRecord]:
    """Every key that ever signed for this log, oldest first."""
    cursor.execute(
        "select key_no, origin, algorithm, public_key, endorsement, leaf_no from signing_key"
        " left join log_entry on kind = %s and ref = key_no order by key_no",
        (int(EntryKind.SIGNING_KEY),),
    )
    return [KeyOnRecord(row[0], VerifierKey(*row[1:4]), *row[4:]) for row in cursor]


def append_sealed(cursor: LedgerCursor, tiles: Sequence[Tile], row: SealedRow) -> None:
    """Write full tiles and the checkpoint over them. psycopg's UniqueViolation when another sealer was first."""
    copy.copy_rows(cursor, copy.TILE, tiles)
    cursor.execute("insert into checkpoint (size, prev_size, root, note, sealed_us) values (%s, %s, %s, %s, %s)", row)


def append_cosignature(cursor: LedgerCursor, size: int, witness: str, line: str, received_us: int) -> None:
    """Keep a cosignature; one a witness and size."""
    cursor.execute(
        "insert into cosignature (size, witness, line, received_us) values (%s, %s, %s, %s) on conflict do nothing",
        (size, witness, line, received_us),
    )


def load_tree(cursor: LedgerCursor, leaves: Leaves, size: int) -> Tree:
    """The right edge of the sealed log of `size` leaves, from the tiles and the leaves beyond them."""
    edge: list[list[bytes]] = []
    for level, count in enumerate(edge_sizes(size)):
        if level == 0:
            edge.append([leaf_hash(leaf) for leaf in leaves.read(cursor, size - count, size)])
            continue
        end = size >> TILE_HEIGHT * level
        cursor.execute(
            "select hashes from tile where level = %s and idx >= %s and idx < %s order by idx",
            (level - 1, end - count, end),
        )
        edge.append([tile_root(hashes) for (hashes,) in cursor])
        if len(edge[-1]) != count:
            raise LogError(f"tiles of level {level - 1} before {end} are missing")
    return Tree(size, edge)


class StoredTiles:
    """Tiles of the sealed log: full ones from the database, those in hand from the tree."""

    def __init__(self, cursor: LedgerCursor, tree: Tree) -> None:
        self._tree = tree

        @lru_cache(maxsize=_TILES_KEPT)
        def full(level: int, index: int) -> list[bytes]:
            row = cursor.execute("select hashes from tile where level = %s and idx = %s", (level, index)).fetchone()
            if row is None:
                raise LookupError(f"tile {level}/{index} is missing")
            return split_hashes(row[0])

        self._full = full

    def hashes(self, level: int, index: int) -> Sequence[bytes]:
        """The hashes of one tile. LookupError when it does not exist."""
        if level < len(self._tree.edge) and index == self._tree.size >> TILE_HEIGHT * (level + 1):
            return self._tree.edge[level]
        return self._full(level, index)
