"""What `spp ledger export` writes: tiles and leaves as C2SP tlog-tiles lays them out, blocks, checkpoints."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ledger.verify.books import Block, Books
from ledger.verify.codes import Code, FailureError, read_text
from ledger.verify.notes import Checkpoint, Trust, check_note
from ledger.verify.rows import reader
from ledger.verify.trees import TILE, Grower, root_of

StoredTile = Callable[[int, int, int], bytes | None]
"""The bytes of the tile of a level, number and width; b"" when it is missing, None when such tiles are not kept."""


def check_export(directory: Path, trust: Trust) -> tuple[Checkpoint, Books]:
    """Check a whole export. The checkpoint it is of, and the books up to the newest that is signed."""
    head = check_note(read_text(directory / "checkpoint"), trust)
    checkpoints = [check_note(note, trust, witnessed=False) for note in read_notes(directory / "checkpoints.jsonl")]
    if head not in checkpoints:
        raise FailureError(Code.TRUNCATED, f"checkpoints.jsonl does not hold the newest, of {head.size} leaves")
    newest = max(checkpoints, key=lambda told: told.size)
    books = Books(_blocks(directory / "blocks.jsonl"))
    check_log(books, _bundles(directory, newest.size), newest, [*checkpoints, *trust.seen], _tile_of(directory))
    return head, books


def check_log(
    books: Books,
    bundles: Iterator[list[bytes]],
    head: Checkpoint,
    checkpoints: Sequence[Checkpoint],
    stored: StoredTile,
) -> None:
    """Check leaves, in bundles of 256, against every checkpoint and against the stored tiles."""
    for told in checkpoints:
        if told.origin != head.origin:
            raise FailureError(Code.FORK, f"a checkpoint is of {told.origin!r}, not of {head.origin!r}")
        if told.size > head.size:
            raise FailureError(Code.TRUNCATED, f"{told.size} leaves were signed or seen, the newest has {head.size}")
    due = sorted(checkpoints, key=lambda told: told.size, reverse=True)
    grower, roots = Grower(), []
    for number, leaves in enumerate(bundles):
        start = number * TILE
        hashes = books.feed(leaves)
        _check_tile(stored, 0, number, hashes)
        while due and due[-1].size <= start + len(hashes):
            told = due.pop()
            _compare(told, grower.root(hashes[: told.size - start]), books, head)
        if len(hashes) == TILE:
            roots.append(grower.add(hashes))
    while due and due[-1].size == 0:
        due.pop()
    if due:
        raise FailureError(Code.TRUNCATED, f"{books.size} leaves are there, {due[-1].size} were signed or seen")
    books.finish()
    _check_upper_tiles(stored, roots)


def _compare(told: Checkpoint, root: bytes, books: Books, head: Checkpoint) -> None:
    if told.size and told.root != root:
        newest = told.size == head.size and told.root == head.root
        code = Code.ROOT if newest or told.root == head.root else Code.FORK
        raise FailureError(code, f"the first {told.size} leaves are not those of the checkpoint")
    books.check_signers(told)
    block = books.block_at.get(told.size)
    if told.size and told.block:
        number, _, digest = told.block.removeprefix("block ").partition(" ")
        if block is None or number != str(block.block_no) or digest != base64.b64encode(block.hash).decode():
            raise FailureError(Code.BLOCK, f"the block that ends at leaf {told.size} is not the one that was signed")


def tile_path(level: str, index: int, width: int = TILE) -> str:
    """Where C2SP tlog-tiles puts a tile."""
    parts = [f"{index % 1000:03d}"]
    while index := index // 1000:
        parts.insert(0, f"x{index % 1000:03d}")
    return f"tile/{level}/{'/'.join(parts)}" + (f".p/{width}" if width < TILE else "")


def _tile_of(directory: Path) -> StoredTile:
    def read(level: int, index: int, width: int) -> bytes:
        path = directory / tile_path(str(level), index, width)
        return path.read_bytes() if path.is_file() else b""

    return read


def _check_tile(stored: StoredTile, level: int, index: int, hashes: Sequence[bytes]) -> None:
    if (held := stored(level, index, len(hashes))) is not None and held != b"".join(hashes):
        raise FailureError(Code.TILE, f"tile {index} of level {level} does not hold the hashes of its leaves")


def _check_upper_tiles(stored: StoredTile, roots: list[bytes]) -> None:
    level = 1
    while roots:
        tiles = [roots[at : at + TILE] for at in range(0, len(roots), TILE)]
        for index, hashes in enumerate(tiles):
            _check_tile(stored, level, index, hashes)
        roots = [root_of(hashes) for hashes in tiles if len(hashes) == TILE]
        level += 1


def _bundles(directory: Path, size: int) -> Iterator[list[bytes]]:
    for index in range(-(-size // TILE)):
        width = min(TILE, size - index * TILE)
        path = directory / tile_path("leaves", index, width)
        if not path.is_file():
            raise FailureError(Code.TRUNCATED, f"{path.relative_to(directory)}, leaves from {index * TILE}, is missing")
        yield _unpacked(path, width)


def _unpacked(path: Path, width: int) -> list[bytes]:
    data, leaves, at = path.read_bytes(), [], 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4])
        leaves.append(data[at + 4 : end])
        at = end
    if at != len(data) or len(leaves) > width:
        raise FailureError(Code.MALFORMED, f"{path.name}: not {width} leaves, each after its length")
    if len(leaves) < width:
        raise FailureError(Code.TRUNCATED, f"{path.name} holds {len(leaves)} leaves, {width} were signed")
    return leaves


def _lines(path: Path) -> Iterator[dict[str, object]]:
    for number, line in enumerate(read_text(path).splitlines(), 1):
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise FailureError(Code.MALFORMED, f"{path.name}, line {number}: not a JSON object")
        yield row


def read_notes(path: Path) -> list[str]:
    """The signed notes of all checkpoints."""
    return [str(row.get("note", "")) for row in _lines(path)]


def _blocks(path: Path) -> Iterator[Block]:
    read = reader(Block._fields, Block)
    for row in _lines(path):
        yield read([str(row.get(name)).replace("\\", "\\\\") for name in Block._fields])
