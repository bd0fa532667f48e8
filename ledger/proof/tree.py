"""The RFC 6962 tree over the whole log, in tiles of 256 hashes (C2SP tlog-tiles), and proofs read from tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from events.merkle import EMPTY_ROOT, HASH_BYTES, levels, node_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT
TILE_BYTES: Final = TILE_WIDTH * HASH_BYTES
MOST_PROOF_HASHES: Final = 63


class Tile(NamedTuple):
    """A full tile: hash `n` of level L is the root over leaves n·256^L to (n+1)·256^L - 1."""

    level: int
    idx: int
    hashes: bytes


class Tree:
    """The right edge of a growing log: for each level the hashes of the tile that is not yet full."""

    def __init__(self, size: int = 0, edge: Sequence[Sequence[bytes]] = ()) -> None:
        self.size = size
        self.edge: list[list[bytes]] = [list(hashes) for hashes in edge] or [[]]

    def extend(self, leaf_hashes: Sequence[bytes]) -> list[Tile]:
        """Append leaves; returns the tiles that became full, lower levels first."""
        self.size += len(leaf_hashes)
        full: list[Tile] = []
        level, fresh = 0, list(leaf_hashes)
        while fresh:
            if level == len(self.edge):
                self.edge.append([])
            hashes = self.edge[level] + fresh
            whole = len(hashes) // TILE_WIDTH
            first = (self.size >> TILE_HEIGHT * (level + 1)) - whole
            fresh = []
            for number in range(whole):
                part = hashes[number * TILE_WIDTH : (number + 1) * TILE_WIDTH]
                full.append(Tile(level, first + number, b"".join(part)))
                fresh.append(levels(part)[-1][0])
            self.edge[level] = hashes[whole * TILE_WIDTH :]
            level += 1
        return full

    def root(self) -> bytes:
        """The tree head over all leaves."""
        peaks = [peak for hashes in reversed(self.edge) for peak in _peaks(hashes)]
        if not peaks:
            return EMPTY_ROOT
        head = peaks.pop()
        while peaks:
            head = node_hash(peaks.pop(), head)
        return head


def edge_sizes(size: int) -> list[int]:
    """How many hashes stand in the tile in hand of each level of a tree of `size` leaves."""
    counts = []
    while True:
        counts.append(size % TILE_WIDTH)
        size >>= TILE_HEIGHT
        if not size:
            return counts


def tile_root(hashes: bytes) -> bytes:
    """The hash of a full tile in the level above."""
    return levels(split_hashes(hashes))[-1][0]


def split_hashes(hashes: bytes) -> list[bytes]:
    """A tile's bytes as hashes."""
    return [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]


def _peaks(hashes: Sequence[bytes]) -> list[bytes]:
    """Roots of the perfect subtrees that `hashes` fall into, largest first."""
    peaks, at = [], 0
    for bit in reversed(range(TILE_HEIGHT)):
        if len(hashes) & 1 << bit:
            peaks.append(levels(hashes[at : at + (1 << bit)])[-1][0])
            at += 1 << bit
    return peaks


class TileReader(Protocol):
    """Where tiles are read from."""

    def hashes(self, level: int, index: int) -> Sequence[bytes]:
        """The hashes of a tile, as many as there are. Raises LookupError when there is none."""


class Prover:
    """Inclusion and consistency proofs for any size up to that of the tiles."""

    def __init__(self, tiles: TileReader) -> None:
        self._tiles = tiles

    def root(self, size: int) -> bytes:
        """The tree head of the first `size` leaves."""
        return self._head(0, size) if size else EMPTY_ROOT

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """PATH(index, D[size]) of RFC 6962 section 2.1.1, lowest sibling first. Raises IndexError outside the tree."""
        if not 0 <= index < size:
            raise IndexError(f"leaf {index} is not in a tree of {size}")
        path: list[bytes] = []
        start = 0
        while size > 1:
            left = _split(size)
            if index - start < left:
                path.append(self._head(start + left, size - left))
                size = left
            else:
                path.append(self._head(start, left))
                start, size = start + left, size - left
        return path[::-1]

    def consistency(self, old: int, size: int) -> list[bytes]:
        """PROOF(old, D[size]) of RFC 6962 section 2.1.2; empty from nothing and to itself."""
        if not 0 <= old <= size:
            raise IndexError(f"a tree of {size} has no earlier size {old}")
        if old in {0, size}:
            return []
        proof: list[bytes] = []
        start, whole = 0, True
        while old != size:
            left = _split(size)
            if old <= left:
                proof.append(self._head(start + left, size - left))
                size = left
            else:
                proof.append(self._head(start, left))
                start, old, size, whole = start + left, old - left, size - left, False
        if not whole:
            proof.append(self._head(start, size))
        return proof[::-1]

    def _head(self, start: int, count: int) -> bytes:
        """The tree head over leaves `start` to `start + count - 1`, as it stands in a larger tree."""
        if count & (count - 1) == 0 and start % count == 0:
            return self._perfect(start, count)
        left = _split(count)
        return node_hash(self._head(start, left), self._head(start + left, count - left))

    def _perfect(self, start: int, count: int) -> bytes:
        height = count.bit_length() - 1
        level, rest = divmod(height, TILE_HEIGHT)
        first = start >> TILE_HEIGHT * level
        tile = self._tiles.hashes(level, first // TILE_WIDTH)
        at = first % TILE_WIDTH
        part = tile[at : at + (1 << rest)]
        if len(part) != 1 << rest:
            raise LookupError(f"tile {level}/{first // TILE_WIDTH} holds {len(tile)} hashes, too few for leaf {start}")
        return levels(part)[-1][0]


def _split(size: int) -> int:
    """The largest power of two below `size`, which is at least 2."""
    return 1 << (size - 1).bit_length() - 1


def verify_consistency(old: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree of `size` leaves under `root` begins with the tree of `old` leaves under `old_root`.

    RFC 9162 section 2.1.4.2; from nothing and to the same size the proof must be empty.
    """
    if old == 0:
        return not proof
    if old == size:
        return not proof and old_root == root
    if not 0 < old < size:
        return False
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    node, last = old - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    if not path:
        return False
    first = second = path[0]
    for hash_ in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            first, second = node_hash(hash_, first), node_hash(hash_, second)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            second = node_hash(second, hash_)
        node, last = node >> 1, last >> 1
    return last == 0 and first == old_root and second == root
