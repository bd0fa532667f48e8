"""Small books without a database: rows, blocks, a log, two keys; and their export, honest or forged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from events import merkle
from ledger.model.block import GENESIS_HASH, BlockHeader, block_hash, block_root, format_totals
from ledger.model.entry import EntryKind, EntryRow, KeyRow, encode_entry, endorsed, key_body
from ledger.model.leaf import account_reference, encode_decision, encode_transfer
from ledger.model.rows import DecisionRow, TransferRow
from ledger.proof.checkpoint import Checkpoint, block_line, proof_text
from ledger.proof.exporting import Files
from ledger.proof.note import Algorithm, NoteSigner
from ledger.proof.tree import Prover, Tree, split_hashes

ORIGIN = "books.example/ledger"
LOG = NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"l" * 32))
WITNESS = NoteSigner("witness.example", Ed25519PrivateKey.from_private_bytes(b"w" * 32), Algorithm.COSIGNATURE_ED25519)
NEXT = NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"n" * 32))
THIEF = NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"t" * 32))
ACCOUNTS = {1: "commitment/birth/nssf/KHR", 2: "payable/birth/nssf/KHR", 3: "cash:bank/-/-/USD", 4: "x/-/-/USD"}
REFERENCES = {number: account_reference(number, code) for number, code in ACCOUNTS.items()}

Row = TransferRow | DecisionRow | EntryRow


def encode(row: Row) -> bytes:
    if isinstance(row, TransferRow):
        return encode_transfer(row, REFERENCES[row.debit_account], REFERENCES[row.credit_account])
    return encode_entry(row) if isinstance(row, EntryRow) else encode_decision(row)


@dataclass
class World:
    """Blocks of rows. `sign` makes a checkpoint of all that is there."""

    blocks: list[list[Row]] = field(default_factory=list)
    headers: list[tuple[BlockHeader, bytes]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    signer: NoteSigner = LOG

    @property
    def size(self) -> int:
        return sum(map(len, self.blocks))

    def post(self, rows: Sequence[Row], *, totals: str | None = None) -> None:
        sums: dict[str, int] = {}
        for row in rows:
            if isinstance(row, TransferRow):
                sums[row.currency] = sums.get(row.currency, 0) + row.amount_minor
        header = BlockHeader(
            len(self.blocks) + 1, self.headers[-1][1] if self.headers else GENESIS_HASH, self.size, len(rows),
            block_root([encode(row) for row in rows]), format_totals(sums) if totals is None else totals,
            bytes(32), 1_700_000_000_000_000 + self.size, "test", b"journal",
        )  # fmt: skip
        self.blocks.append(list(rows))
        self.headers.append((header, block_hash(header)))

    def leaves(self) -> list[bytes]:
        return [encode(row) for rows in self.blocks for row in rows]

    def sign(self, *, witnessed: bool = True) -> str:
        hashes = [merkle.leaf_hash(leaf) for leaf in self.leaves()]
        head = block_line(len(self.blocks), self.headers[-1][1])
        text = Checkpoint(ORIGIN, self.size, merkle.root(hashes), head).text()
        note = text + "\n" + self.signer.sign(text) + (WITNESS.cosign(text, 1_700_000_000) if witnessed else "")
        self.notes.append(note)
        return note

    def rotate(
        self, signer: NoteSigner, by: NoteSigner | None, *, about: NoteSigner | None = None, name: str = ORIGIN
    ) -> None:
        """Put a key on record as the next leaf, endorsed by `by` (None: by nobody), and sign with it from here on.

        `about`: the endorsement is of this other key.
        """
        told = (about or signer).key
        endorsement = by.private.sign(endorsed(name, told.algorithm, told.public)) if by else b""
        row = KeyRow(name, 1, signer.key.public, endorsement, "sokha", "spp", "", 1)
        number = len(self.blocks) + 1
        self.post([EntryRow(self.size, number, EntryKind.SIGNING_KEY, number, key_body(row))])
        self.signer = signer

    def rehashed(self) -> World:
        """The same rows with fresh blocks and no signature: what a forger of the whole database would leave."""
        other = World(signer=self.signer)
        for rows in self.blocks:
            other.post(rows)
        return other

    def write(self, directory: Path, leaves: Sequence[bytes] | None = None, *, head: int = -1) -> Path:
        """Export it, with other leaves if given; `head` is the note that it is the export of."""
        files = Files(directory)
        files.add(self.leaves() if leaves is None else list(leaves))
        files.finish()
        with (directory / "blocks.jsonl").open("w") as file:
            for header, own in self.headers:
                values = {name: getattr(header, name) for name in BlockHeader.__slots__} | {"hash": own}
                told = {name: value.hex() if isinstance(value, bytes) else value for name, value in values.items()}
                file.write(json.dumps(told) + "\n")
        lines = [json.dumps({"note": note}) + "\n" for note in self.notes]
        (directory / "checkpoints.jsonl").write_text("".join(lines))
        (directory / "checkpoint").write_text(self.notes[head])
        return directory

    def prove(self, index: int, note: str | None = None, leaf: bytes | None = None) -> str:
        tiles = Tiles(self.leaves())
        path = Prover(tiles).inclusion(index, self.size)
        return proof_text(self.leaves()[index] if leaf is None else leaf, index, path, note or self.notes[-1])


class Tiles:
    """Tiles of a log in memory."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._tree = Tree()
        full = self._tree.extend([merkle.leaf_hash(leaf) for leaf in leaves])
        self._full = {(tile.level, tile.idx): split_hashes(tile.hashes) for tile in full}

    def hashes(self, level: int, index: int) -> Sequence[bytes]:
        at_edge = index == self._tree.size >> 8 * (level + 1)
        return self._tree.edge[level] if at_edge else self._full[level, index]


def decision(leaf_no: int, block_no: int, line: int, version: int = 1) -> DecisionRow:
    subject = line.to_bytes(16)
    return DecisionRow(
        leaf_no, block_no, subject, subject if line % 3 else None, version, 1, "nssf", f"event-{line}", f"req-{line}",
        "batch", "birth", 3, (1, 2), 400_000, "KHR", None, bytes(32), bytes(32), b"body",
    )  # fmt: skip


def transfer(
    leaf_no: int,
    block_no: int,
    line: int,
    amount_minor: int = 400_000,
    *,
    reverses: int | None = None,
    version: int = 1,
) -> TransferRow:
    accounts = (1, 2) if reverses is None else (2, 1)
    return TransferRow(
        leaf_no, block_no, line.to_bytes(16), version, 0, 1, *accounts, amount_minor, "KHR", date(2020, 2, 3), reverses
    )


def honest(lines: int = 170) -> World:
    """A key, then in blocks of ten: for each line a transfer and its decision; a correction; three checkpoints."""
    world = World()
    world.rotate(LOG, None)
    world.sign(witnessed=False)
    for start in range(0, lines, 10):
        first, block_no = world.size, len(world.blocks) + 1
        rows: list[Row] = []
        for at in range(10):
            line = start + at + 1
            rows += [transfer(first + 2 * at, block_no, line), decision(first + 2 * at + 1, block_no, line)]
        world.post(rows)
    world.sign()
    size, block_no = world.size, len(world.blocks) + 1
    back = transfer(size, block_no, 1, 150_000, reverses=1, version=2)
    world.post([back, decision(size + 1, block_no, 1, 2)])
    world.sign()
    return world
