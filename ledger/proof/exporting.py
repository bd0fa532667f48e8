"""The books as files for `spp-verify`: tiles as C2SP tlog-tiles lays them out, leaves, blocks, checkpoints, keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from events.merkle import leaf_hash
from ledger.proof.checkpoint import proof_text
from ledger.proof.tree import TILE_WIDTH, Prover, Tree
from ledger.store.log import (
    Leaves,
    LogError,
    SealedRow,
    StoredTiles,
    load_tree,
    read_blocks,
    read_checkpoint,
    read_cosignatures,
    read_keys,
    read_witnessed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ledger.store.connection import LedgerCursor

LEAVES_AT_ONCE: Final = 64 * TILE_WIDTH


def newest(cursor: LedgerCursor) -> tuple[SealedRow, str]:
    """The newest checkpoint that a witness countersigned, else the newest, and its note with all signatures.

    LogError when nothing was sealed yet.
    """
    row = read_witnessed(cursor) or read_checkpoint(cursor)
    if row is None:
        raise LogError("nothing is sealed yet; is a worker with the role seal running?")
    return row, row.note + "".join(read_cosignatures(cursor, row.size))


def export(cursor: LedgerCursor, directory: Path, report: Callable[[int, int], None]) -> SealedRow:
    """Write the books up to the newest checkpoint into an empty directory; `report` hears leaves done and in all."""
    row, note = newest(cursor)
    tree = Files(directory)
    leaves = Leaves()
    for first in range(0, row.size, LEAVES_AT_ONCE):
        tree.add(leaves.read(cursor, first, min(row.size, first + LEAVES_AT_ONCE)))
        report(tree.size, row.size)
    tree.finish()
    _write_lines(directory / "blocks.jsonl", _blocks(cursor, row.size))
    _write_lines(directory / "checkpoints.jsonl", _checkpoints(cursor, row.size))
    (directory / "keys.txt").write_text("".join(f"{known.key}\n" for known in read_keys(cursor)))
    (directory / "checkpoint").write_text(note)
    return row


def prove(cursor: LedgerCursor, leaf_no: int) -> str:
    """A bundle for one leaf under the newest checkpoint. LogError when the leaf is not sealed yet."""
    row, note = newest(cursor)
    if leaf_no >= row.size:
        raise LogError(f"leaf {leaf_no} is not sealed yet: the newest checkpoint has {row.size} leaves")
    leaves = Leaves()
    prover = Prover(StoredTiles(cursor, load_tree(cursor, leaves, row.size)))
    (leaf,) = leaves.read(cursor, leaf_no, leaf_no + 1)
    return proof_text(leaf, leaf_no, prover.inclusion(leaf_no, row.size), note)


def tile_path(level: str, index: int, width: int = TILE_WIDTH) -> str:
    """The path of a tile: its number in groups of three digits, all but the last after an x; `.p/W` when not full."""
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03d}")
    return f"tile/{level}/{'/'.join(groups)}" + (f".p/{width}" if width < TILE_WIDTH else "")


class Files:
    """Writes leaves and the tiles over them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._tree = Tree()

    @property
    def size(self) -> int:
        """How many leaves are written."""
        return self._tree.size

    def add(self, leaves: list[bytes]) -> None:
        """Write the next leaves, bundles of 256 but for the last."""
        for at in range(0, len(leaves), TILE_WIDTH):
            bundle = leaves[at : at + TILE_WIDTH]
            packed = b"".join(len(leaf).to_bytes(4) + leaf for leaf in bundle)
            self._write(tile_path("leaves", (self.size + at) // TILE_WIDTH, len(bundle)), packed)
        for tile in self._tree.extend([leaf_hash(leaf) for leaf in leaves]):
            self._write(tile_path(str(tile.level), tile.idx), tile.hashes)

    def finish(self) -> None:
        """Write the tiles that are not full."""
        for level, hashes in enumerate(self._tree.edge):
            if hashes:
                index = self.size >> 8 * (level + 1)
                self._write(tile_path(str(level), index, len(hashes)), b"".join(hashes))

    def _write(self, name: str, data: bytes) -> None:
        path = self._directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _blocks(cursor: LedgerCursor, size: int) -> Iterator[dict[str, object]]:
    first = 0
    while first < size:
        for header, own in read_blocks(cursor, first, LEAVES_AT_ONCE):
            if header.first_leaf >= size:
                return
            values = {name: getattr(header, name) for name in type(header).__slots__} | {"hash": own}
            yield {name: value.hex() if isinstance(value, bytes) else value for name, value in values.items()}
            first = header.first_leaf + header.leaf_count


def _checkpoints(cursor: LedgerCursor, size: int) -> Iterator[dict[str, object]]:
    cursor.execute(
        "select size, note, array(select line from cosignature c where c.size = checkpoint.size order by witness)"
        " from checkpoint where size <= %s order by size",
        (size,),
    )
    for told, note, lines in cursor:
        yield {"size": told, "note": note + "".join(lines)}


def _write_lines(path: Path, rows: Iterator[dict[str, object]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
