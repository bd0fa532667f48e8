"""RFC 6962 trees over SHA-256: hashes in bulk, roots of growing logs, inclusion paths."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

_sha256 = hashlib.sha256
TILE = 256


def leaf_hashes(leaves: Sequence[bytes]) -> list[bytes]:
    """SHA-256(0x00, leaf) of each."""
    return [_sha256(b"\0" + leaf).digest() for leaf in leaves]


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The tree head over leaf hashes: pairs are joined, one without a partner moves up as it is."""
    level = list(hashes)
    if not level:
        return _sha256(b"").digest()
    while len(level) > 1:
        odd = level[-1:] if len(level) % 2 else []
        level = [_sha256(b"\1" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
        level += odd
    return level[0]


class Grower:
    """The root of a log that grows by whole tiles of 256 leaf hashes, and by what stands in the last one."""

    def __init__(self) -> None:
        self._peaks: list[tuple[int, bytes]] = []

    def add(self, tile: Sequence[bytes]) -> bytes:
        """Append a full tile; returns its root."""
        height, head = 0, root_of(tile)
        root = head
        while self._peaks and self._peaks[-1][0] == height:
            head = _sha256(b"\1" + self._peaks.pop()[1] + head).digest()
            height += 1
        self._peaks.append((height, head))
        return root

    def root(self, rest: Sequence[bytes] = ()) -> bytes:
        """The tree head over all tiles and the leaf hashes `rest` after them."""
        heads = [head for _, head in self._peaks] + ([root_of(rest)] if rest else [])
        if not heads:
            return root_of([])
        head = heads.pop()
        while heads:
            head = _sha256(b"\1" + heads.pop() + head).digest()
        return head


def root_from_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a leaf hash and its path lead to, RFC 9162 section 2.1.3.2; None when the path does not fit."""
    node, last, head = index, size - 1, leaf
    if not 0 <= index < size:
        return None
    for hash_ in path:
        if last == 0:
            return None
        if node & 1 or node == last:
            head = _sha256(b"\1" + hash_ + head).digest()
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            head = _sha256(b"\1" + head + hash_).digest()
        node, last = node >> 1, last >> 1
    return head if last == 0 else None
