"""Merkle trees as in RFC 6962 section 2.1, over SHA-256; the one implementation for batches, blocks and the log."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Hash of one leaf: SHA-256(0x00 || data)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """All levels of the tree over leaf hashes, leaves first, root last; a node without a sibling moves up unchanged."""
    result = [list(leaves)]
    while len(result[-1]) > 1:
        below = result[-1]
        above = [node_hash(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)]
        if len(below) % 2:
            above.append(below[-1])
        result.append(above)
    return result


def root(leaves: Sequence[bytes]) -> bytes:
    """The RFC 6962 tree head over leaf hashes; of no leaves SHA-256 of nothing."""
    return levels(leaves)[-1][0] if leaves else EMPTY_ROOT


def path_in(tree: Sequence[Sequence[bytes]], index: int) -> list[bytes]:
    """The inclusion path of leaf `index` in a tree made by `levels`, lowest sibling first."""
    if not 0 <= index < len(tree[0]):
        raise IndexError(f"leaf {index} is not in a tree of {len(tree[0])}")
    path = []
    for level in tree[:-1]:
        if index ^ 1 < len(level):
            path.append(level[index ^ 1])
        index >>= 1
    return path


def inclusion_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The inclusion path of leaf `index` among leaf hashes, lowest sibling first."""
    return path_in(levels(leaves), index)


def path_length(index: int, size: int) -> int:
    """How many hashes the inclusion path of leaf `index` has in a tree of `size` leaves."""
    count = 0
    while size > 1:
        if index ^ 1 < size:
            count += 1
        index >>= 1
        size = (size + 1) >> 1
    return count


def root_from_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that leaf hash and path lead to, or None where the path has not the length its place demands."""
    if not 0 <= index < size or len(path) != path_length(index, size):
        return None
    node, siblings = leaf, iter(path)
    while size > 1:
        if index ^ 1 < size:
            sibling = next(siblings)
            node = node_hash(sibling, node) if index & 1 else node_hash(node, sibling)
        index >>= 1
        size = (size + 1) >> 1
    return node


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], expected_root: bytes) -> bool:
    """Whether leaf hash `leaf` is number `index` of the `size` leaves under `expected_root`."""
    return root_from_path(leaf, index, size, path) == expected_root
