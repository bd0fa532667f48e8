"""Checkpoints (C2SP tlog-checkpoint): origin, size and root of the log, as the text of a signed note."""

from __future__ import annotations

import base64
from typing import Final, NamedTuple

from events.merkle import HASH_BYTES
from ledger.proof.note import NoteError

MOST_LEAVES: Final = (1 << 63) - 1
PROOF_HEAD: Final = "c2sp.org/tlog-proof@v1"


class Checkpoint(NamedTuple):
    """The first `size` leaves of `origin` have the tree head `root`; `block` is the line of the last block, or ""."""

    origin: str
    size: int
    root: bytes
    block: str = ""

    def text(self) -> str:
        """What is signed."""
        block = f"{self.block}\n" if self.block else ""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n{block}"


def block_line(block_no: int, block_hash: bytes) -> str:
    """The line of a checkpoint that binds the chain of blocks, whose headers are no leaves."""
    return f"block {block_no} {base64.b64encode(block_hash).decode()}"


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint a note's text says; its first further line is the block. NoteError when it is none."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not lines[0]:
        raise NoteError("not a checkpoint: expected three lines, origin, size and root")
    return Checkpoint(lines[0], parse_size(lines[1]), parse_hash(lines[2]), lines[3])


def parse_size(text: str) -> int:
    """A number of leaves in decimal without leading zeros. NoteError for anything else."""
    known = text.isascii() and text.isdigit() and len(text) <= len(str(MOST_LEAVES))
    if not known or (text != "0" and text.startswith("0")) or int(text) > MOST_LEAVES:
        raise NoteError(f"{text[:30]!r} is no number of leaves")
    return int(text)


def parse_hash(text: str) -> bytes:
    """A hash in base64. NoteError for anything else."""
    try:
        value = base64.b64decode(text, validate=True)
    except ValueError:
        value = b""
    if len(value) != HASH_BYTES:
        raise NoteError(f"{text[:60]!r} is no hash of {HASH_BYTES} bytes in base64")
    return value


def proof_text(leaf: bytes, index: int, path: list[bytes], note: str) -> str:
    """A bundle (C2SP tlog-proof): `leaf` as extra data, its number, its path, and the signed checkpoint."""
    lines = [PROOF_HEAD, f"extra {base64.b64encode(leaf).decode()}", f"index {index}"]
    lines += [base64.b64encode(hash_).decode() for hash_ in path]
    return "\n".join(lines) + "\n\n" + note
