"""The books themselves, leaf after leaf: numbers, blocks, sums, corrections, versions."""

from __future__ import annotations

import hashlib
import struct
from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from struct import Struct
from typing import NamedTuple

from ledger.model.entry import endorsed, read_key
from ledger.verify.codes import Code, FailureError
from ledger.verify.notes import SIGNATURE, Checkpoint, is_signed
from ledger.verify.trees import leaf_hashes, root_of

VERSION, TRANSFER, DECISION, SCHEMA, KEY = 1, 1, 2, 5, 6
KINDS = {TRANSFER: "transfer", DECISION: "decision", 3: "quarantine audit", 4: "policy activation",
         SCHEMA: "schema digest", KEY: "signing key", 7: "period event"}  # fmt: skip
_HEAD = Struct(">BBqq")
_SUBJECT = Struct(">H")
_MOVE = Struct(">ihh")
_ACCOUNT = Struct(">iH")
_TAIL = Struct(">qH3sIB")
_I32 = Struct(">i")
_I64 = Struct(">q")
_BLOCK = Struct(">Bq32sqI32s")


class Block(NamedTuple):
    """A block's header, and the hash it states."""

    block_no: int
    prev_hash: bytes
    first_leaf: int
    leaf_count: int
    root: bytes
    totals: str
    policy_digest: bytes
    recorded_us: int
    writer: str
    journal: bytes
    hash: bytes


class Transfer(NamedTuple):
    """One movement; `debit` and `credit` are number and code of an account, as encoded."""

    leaf_no: int
    block_no: int
    subject: bytes
    version: int
    step: int
    debit: bytes
    credit: bytes
    amount_minor: int
    currency: str
    reverses: int | None


def read_transfer(leaf: bytes) -> Transfer:
    """The transfer of a leaf; struct.error when it is cut off."""
    _, _, leaf_no, block_no = _HEAD.unpack_from(leaf)
    (length,) = _SUBJECT.unpack_from(leaf, 18)
    at = 20 + length
    version, _, step = _MOVE.unpack_from(leaf, at)
    middle = at + 8 + 6 + _ACCOUNT.unpack_from(leaf, at + 8)[1]
    end = middle + 6 + _ACCOUNT.unpack_from(leaf, middle)[1]
    amount, _, currency, _, reversal = _TAIL.unpack_from(leaf, end)
    reverses = _I64.unpack_from(leaf, end + 18)[0] if reversal else None
    debit, credit = leaf[at + 8 : middle], leaf[middle:end]
    return Transfer(leaf_no, block_no, leaf[20:at], version, step, debit, credit, amount, currency.decode(), reverses)


def read_decision(leaf: bytes) -> tuple[bytes, int, int]:
    """Subject and version of a decision's leaf, and where they end; struct.error when it is cut off."""
    end = 20 + _SUBJECT.unpack_from(leaf, 18)[0]
    at = end + 1 if leaf[end : end + 1] == b"\0" else end + 3 + _SUBJECT.unpack_from(leaf, end + 1)[0]
    return leaf[20:end], *_I32.unpack_from(leaf, at), at + 4


class Books:
    """Takes leaves in order and checks them against what came before. Feed it, then ask for balances."""

    def __init__(self, blocks: Iterator[Block]) -> None:
        self.size = 0
        self.balances: defaultdict[tuple[bytes, str], list[int]] = defaultdict(lambda: [0, 0])
        self.block_at: dict[int, Block] = {}
        """Blocks by the number of leaves they end at, of those fed since it was emptied."""
        self.keys: list[tuple[int, str, bytes]] = []
        """Leaf, log and public half of every key on record, the newest last."""
        self.schemas: list[tuple[int, bytes]] = []
        """Leaf and digest of everything the database's catalogue ever said."""
        self._blocks = blocks
        self._block: Block | None = None
        self._previous = (0, bytes(32), 0)
        self._hashes: list[bytes] = []
        self._totals: defaultdict[str, int] = defaultdict(int)
        self._left = array("q")
        self._marks = array("q")
        self._versions: dict[bytes, int] = {}

    def feed(self, leaves: Sequence[bytes]) -> list[bytes]:
        """Check the next leaves; returns their hashes."""
        hashes = leaf_hashes(leaves)
        for leaf, hash_ in zip(leaves, hashes, strict=True):
            try:
                version, kind, leaf_no, block_no = _HEAD.unpack_from(leaf)
                if version != VERSION or kind not in KINDS:
                    raise FailureError(Code.MALFORMED, f"leaf {self.size}: version {version}, kind {kind} is not known")
                if leaf_no != self.size:
                    raise FailureError(Code.NUMBERING, f"leaf {self.size} says that it is leaf {leaf_no}")
                self._in_block(block_no)
                if kind == TRANSFER:
                    self._transfer(read_transfer(leaf))
                else:
                    if kind == DECISION:
                        self._decision(leaf)
                    elif kind == KEY:
                        self._key(leaf)
                    elif kind == SCHEMA:
                        self.schemas.append((leaf_no, leaf[30:62]))
                    self._left.append(0)
                    self._marks.append(0)
            except (struct.error, UnicodeDecodeError) as error:
                raise FailureError(Code.MALFORMED, f"leaf {self.size} is cut off ({error})") from None
            self.size += 1
            self._hashes.append(hash_)
            if self._block and self.size == self._block.first_leaf + self._block.leaf_count:
                self._end_block(self._block)
        return hashes

    def finish(self) -> None:
        """No leaf follows: no block may be left open."""
        if self._block is not None:
            raise FailureError(Code.TRUNCATED, f"block {self._block.block_no} has fewer leaves than it says")
        if (left := next(self._blocks, None)) is not None:
            raise FailureError(Code.TRUNCATED, f"block {left.block_no} has no leaves")

    def _in_block(self, block_no: int) -> None:
        block = self._block
        if block is None:
            block = self._block = next(self._blocks, None)
            if block is None:
                raise FailureError(Code.BLOCK, f"leaf {self.size} is in no block")
            if (block.block_no - 1, block.prev_hash, block.first_leaf) != self._previous:
                raise FailureError(Code.BLOCK, f"block {block.block_no} does not follow block {self._previous[0]}")
            if hash_of(block) != block.hash:
                raise FailureError(Code.BLOCK, f"the header of block {block.block_no} was changed")
        if block.block_no != block_no:
            raise FailureError(Code.BLOCK, f"leaf {self.size} says block {block_no}; it stands in {block.block_no}")

    def _end_block(self, block: Block) -> None:
        if root_of(self._hashes) != block.root:
            raise FailureError(Code.BLOCK, f"the leaves of block {block.block_no} are not those it was made of")
        totals = ";".join(f"{code}={amount}" for code, amount in sorted(self._totals.items()) if amount)
        if totals != block.totals:
            raise FailureError(Code.TOTALS, f"block {block.block_no} says {block.totals!r}, its transfers {totals!r}")
        self._previous = (block.block_no, block.hash, self.size)
        self.block_at[self.size] = block
        self._block = None
        self._hashes.clear()
        self._totals.clear()

    def _transfer(self, row: Transfer) -> None:
        amount, currency, reverses = row.amount_minor, row.currency, row.reverses
        if amount <= 0 or row.debit == row.credit:
            raise FailureError(Code.TOTALS, f"transfer {row.leaf_no} moves nothing, or from an account to itself")
        mark = hash((row.subject, row.step, currency, row.debit, row.credit))
        if reverses is not None:
            swapped = hash((row.subject, row.step, currency, row.credit, row.debit))
            if not 0 <= reverses < self.size or self._marks[reverses] != swapped or self._left[reverses] < amount:
                raise FailureError(
                    Code.REVERSAL, f"transfer {row.leaf_no} takes back from {reverses} what it may not, or too much"
                )
            self._left[reverses] -= amount
            amount_left = 0
        else:
            amount_left = amount
        self._left.append(amount_left)
        self._marks.append(mark)
        self._totals[currency] += amount
        self.balances[row.debit, currency][0] += amount
        self.balances[row.credit, currency][1] += amount

    def _decision(self, leaf: bytes) -> None:
        subject, version, _ = read_decision(leaf)
        if version != self._versions.get(subject, 0) + 1:
            raise FailureError(Code.NUMBERING, f"decision {self.size}: version {version} does not follow the last")
        self._versions[subject] = version

    def _key(self, leaf: bytes) -> None:
        """The first key stands for itself; each later one is signed by the one before."""
        origin, algorithm, public, endorsement = read_key(leaf)
        message = endorsed(origin, algorithm, public)
        good = is_signed(self.keys[-1][2], endorsement, message) if self.keys else not endorsement
        if algorithm != SIGNATURE or not good:
            raise FailureError(Code.KEY, f"the key of leaf {self.size} is not endorsed by the one before it")
        self.keys.append((self.size, origin, public))

    def check_signers(self, told: Checkpoint) -> None:
        """KEY unless the newest key that this checkpoint covers signed it."""
        held = [one for one in self.keys if one[0] < told.size][-1:]
        for leaf_no, origin, public in held:
            if origin != told.origin or (told.signers and public not in told.signers):
                raise FailureError(
                    Code.KEY, f"the checkpoint of {told.size} leaves is not signed by the key that leaf {leaf_no} tells"
                )


def hash_of(block: Block) -> bytes:
    """The hash that a block's header must have."""
    head = _BLOCK.pack(1, block.block_no, block.prev_hash, block.first_leaf, block.leaf_count, block.root)
    fields = (block.totals.encode(), block.policy_digest, None, block.writer.encode(), block.journal)
    packed = [_I64.pack(block.recorded_us) if field is None else len(field).to_bytes(4) + field for field in fields]
    return hashlib.sha256(b"\2" + head + b"".join(packed)).digest()


def account_name(reference: bytes) -> str:
    """The code of an account as a transfer's leaf names it."""
    return reference[6:].decode()
