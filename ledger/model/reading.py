"""Decisions read back from their leaves: for whoever follows the log and holds nothing but leaves."""

from __future__ import annotations

from struct import Struct, error

from ledger.model.entry import EntryKind
from ledger.model.leaf import DECISION_LEAF, LEAF_VERSION
from ledger.model.rows import DecisionRow

_HEAD = Struct(">BBqqH")
_U16 = Struct(">H")
_U32 = Struct(">I")
_I64 = Struct(">q")
_VERSION_KIND = Struct(">ih")
_ENTRY_BODY = Struct(">BBqqqI").size


class LeafError(ValueError):
    """A leaf is cut off, too long, or of another kind than it was read as."""


def is_decision(leaf: bytes) -> bool:
    """Whether a leaf is a decision of the version that is read here."""
    return leaf[:2] == bytes([LEAF_VERSION, DECISION_LEAF])


def read_decision(leaf: bytes) -> DecisionRow:
    """The row whose leaf this is: `encode_decision` of it gives the same bytes. LeafError for anything else."""
    if not is_decision(leaf):
        raise LeafError("not a decision of version 1")
    try:
        row, end = _read(leaf)
    except (error, IndexError, UnicodeDecodeError) as wrong:
        raise LeafError(f"the decision is cut off ({wrong})") from None
    if end != len(leaf):
        raise LeafError("bytes follow the decision")
    return row


def read_origin(leaf: bytes) -> str | None:
    """The log's name in a leaf that puts a signing key on record; None for any other leaf. LeafError when cut off."""
    if leaf[:2] != bytes([LEAF_VERSION, EntryKind.SIGNING_KEY]):
        return None
    try:
        end = _ENTRY_BODY + 4 + int(_U32.unpack_from(leaf, _ENTRY_BODY)[0])
        if end > len(leaf):
            raise IndexError("too few bytes")
        return leaf[_ENTRY_BODY + 4 : end].decode()
    except (error, IndexError, UnicodeDecodeError) as wrong:
        raise LeafError(f"the signing key is cut off ({wrong})") from None


class _Reader:
    def __init__(self, leaf: bytes, at: int) -> None:
        self.leaf, self.at = leaf, at

    def take(self, size: int) -> bytes:
        if self.at + size > len(self.leaf):
            raise IndexError("too few bytes")
        self.at += size
        return self.leaf[self.at - size : self.at]

    def short(self) -> int:
        return int(_U16.unpack(self.take(2))[0])

    def octets(self) -> bytes:
        return self.take(self.short())

    def text(self) -> str:
        return self.octets().decode()

    def optional(self) -> bytes | None:
        return self.octets() if self.take(1) == b"\1" else None

    def number(self) -> int | None:
        return int(_I64.unpack(self.take(8))[0]) if self.take(1) == b"\1" else None


def _read(leaf: bytes) -> tuple[DecisionRow, int]:
    _, _, leaf_no, block_no, length = _HEAD.unpack_from(leaf)
    told = _Reader(leaf, _HEAD.size)
    subject = told.take(length)
    line_id = told.optional()
    version, kind = _VERSION_KIND.unpack(told.take(_VERSION_KIND.size))
    source, event_id, request_id, batch_id, benefit = (told.text() for _ in range(5))
    state = told.short()
    reasons = tuple(told.short() for _ in range(told.short()))
    amount_minor = told.number()
    currency = told.optional()
    won_by = told.optional()
    policy_digest, inputs_digest = told.octets(), told.octets()
    body = told.take(_U32.unpack(told.take(4))[0])
    row = DecisionRow(
        leaf_no, block_no, subject, line_id, version, kind, source, event_id, request_id, batch_id, benefit, state,
        reasons, amount_minor, None if currency is None else currency.decode(), won_by, policy_digest, inputs_digest,
        body,
    )  # fmt: skip
    return row, told.at
