"""Leaves beside decisions and transfers: rows that people and programs write, taken into the log by the decider.

Each kind has a table of its own; `body` is the fixed encoding of one row of it, every column bound. Texts follow their
length in four bytes; times are microseconds since the epoch, UTC. Free text of a person is bound by its SHA-256 and
not published. Vectors: `vectors.json` beside this file.
"""

from __future__ import annotations

from enum import IntEnum
from hashlib import sha256
from struct import Struct
from typing import Final, NamedTuple

from ledger.model.leaf import LEAF_VERSION

_HEAD = Struct(">BBqqqI")
_I64 = Struct(">q")
_I32 = Struct(">i")
_U32 = Struct(">I")
_HASH_SIZE: Final = 32


class EntryKind(IntEnum):
    """Second byte of such a leaf; 1 and 2 are transfers and decisions. Stable for ever."""

    QUARANTINE_AUDIT = 3
    POLICY_ACTIVATION = 4
    SCHEMA_DIGEST = 5
    SIGNING_KEY = 6
    PERIOD_EVENT = 7


ENTRY_NAMES: Final[dict[EntryKind, str]] = {kind: kind.name.lower() for kind in EntryKind}
"""What `sp.ledger.v1` calls each kind."""


class EntryRow(NamedTuple):
    """One leaf: `ref` is the number of the row in the kind's own table. Fields are the columns of `log_entry`."""

    leaf_no: int
    block_no: int
    kind: int
    ref: int
    body: bytes


class AuditRow(NamedTuple):
    """What somebody did about a quarantined record; `record` is `record_digest` of it."""

    quarantine_no: int
    action: str
    actor: str
    note: str
    at_us: int
    record: bytes


class ActivationRow(NamedTuple):
    """A policy that came into force from `first_block` on."""

    proposal_no: int
    digest: bytes
    proposed_by: str
    approved_by: str
    first_block: int
    at_us: int


class SchemaRow(NamedTuple):
    """What the database's catalogue said of `objects` tables, triggers, functions and rights."""

    digest: bytes
    objects: int
    summary: str
    at_us: int


class KeyRow(NamedTuple):
    """A key that signs checkpoints from here on; `endorsement` is the signature of the key before, b"" of the first."""

    origin: str
    algorithm: int
    public_key: bytes
    endorsement: bytes
    actor: str
    os_user: str
    note: str
    at_us: int


class PeriodRow(NamedTuple):
    """What happened to a period, and who asked for it and approved it.

    Days are day numbers (1 = 0001-01-01), `checkpoint_size` is 0 and `trial_balance` b"" where there is none.
    """

    period: str
    kind: int
    first_day: int
    last_day: int
    asked_by: str
    asked_os_user: str
    asked_note: str
    asked_us: int
    approved_by: str
    approved_os_user: str
    approved_note: str
    at_us: int
    at_block: int
    block_hash: bytes
    checkpoint_size: int
    trial_balance: bytes


def encode_entry(row: EntryRow) -> bytes:
    """The leaf of `row`: version, kind, leaf, block, row number, body after its length."""
    return _HEAD.pack(LEAF_VERSION, row.kind, row.leaf_no, row.block_no, row.ref, len(row.body)) + row.body


def audit_body(row: AuditRow) -> bytes:
    """The body of a quarantine audit."""
    return b"".join(
        (
            _I64.pack(row.quarantine_no),
            _text(row.action),
            _text(row.actor),
            _hashed(row.note),
            _I64.pack(row.at_us),
            _digest(row.record),
        )
    )


def activation_body(row: ActivationRow) -> bytes:
    """The body of a policy activation."""
    return b"".join(
        (
            _I64.pack(row.proposal_no),
            _digest(row.digest),
            _text(row.proposed_by),
            _text(row.approved_by),
            _I64.pack(row.first_block),
            _I64.pack(row.at_us),
        )
    )


def schema_body(row: SchemaRow) -> bytes:
    """The body of a schema digest."""
    return b"".join((_digest(row.digest), _I32.pack(row.objects), _hashed(row.summary), _I64.pack(row.at_us)))


def key_body(row: KeyRow) -> bytes:
    """The body of a signing key."""
    return b"".join(
        (
            _text(row.origin),
            _I32.pack(row.algorithm),
            _bytes(row.public_key),
            _bytes(row.endorsement),
            _text(row.actor),
            _text(row.os_user),
            _hashed(row.note),
            _I64.pack(row.at_us),
        )
    )


def read_key(leaf: bytes) -> tuple[str, int, bytes, bytes]:
    """Origin, algorithm, public key and endorsement of the leaf of a signing key. struct.error when it is cut off."""
    at = _HEAD.size
    parts: list[bytes] = []
    for place in range(4):
        length = _I32.size if place == 1 else _U32.unpack_from(leaf, at)[0]
        at += 0 if place == 1 else _U32.size
        parts.append(leaf[at : at + length])
        at += length
    return parts[0].decode(), *_I32.unpack(parts[1]), parts[2], parts[3]


def period_body(row: PeriodRow) -> bytes:
    """The body of an event of a period."""
    return b"".join(
        (
            _text(row.period),
            _I32.pack(row.kind),
            _I32.pack(row.first_day),
            _I32.pack(row.last_day),
            _text(row.asked_by),
            _text(row.asked_os_user),
            _hashed(row.asked_note),
            _I64.pack(row.asked_us),
            _text(row.approved_by),
            _text(row.approved_os_user),
            _hashed(row.approved_note),
            _I64.pack(row.at_us),
            _I64.pack(row.at_block),
            _bytes(row.block_hash),
            _I64.pack(row.checkpoint_size),
            _bytes(row.trial_balance),
        )
    )


def record_digest(topic_no: int, partition: int, offset: int, reason: int, value: bytes | None) -> bytes:
    """What names a quarantined record in the log without telling it: SHA-256 over its place, reason and bytes."""
    place = b"".join(map(_I64.pack, (topic_no, partition, offset, reason)))
    return sha256(place + (b"\0" if value is None else b"\1" + value)).digest()


def endorsed(origin: str, algorithm: int, public_key: bytes) -> bytes:
    """What the key before signs when another one follows it."""
    return b"key endorsement v1\n" + _text(origin) + _I32.pack(algorithm) + _bytes(public_key)


def _bytes(value: bytes) -> bytes:
    return _U32.pack(len(value)) + value


def _text(value: str) -> bytes:
    return _bytes(value.encode())


def _hashed(value: str) -> bytes:
    return sha256(value.encode()).digest()


def _digest(value: bytes) -> bytes:
    if len(value) != _HASH_SIZE:
        raise ValueError(f"a digest has {_HASH_SIZE} bytes, not {len(value)}")
    return value
