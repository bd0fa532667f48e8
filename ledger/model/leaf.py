"""Leaves of the ledger's log: one fixed binary encoding of every column, version 1, hashed as RFC 6962 says.

Big-endian integers; a string is UTF-8 after its length in two bytes, `body` after four; an optional value follows a
byte 1, its absence is a byte 0; a date is the day number of the proleptic Gregorian calendar (1 = 0001-01-01).
Every leaf starts with the version and its kind. Vectors: `vectors.json` beside this file.
"""

from __future__ import annotations

from struct import Struct

from ledger.model.rows import DecisionRow, TransferRow

LEAF_VERSION = 1
TRANSFER_LEAF = 1
DECISION_LEAF = 2

_TRANSFER_HEAD = Struct(">BBqqH")
_TRANSFER_MIDDLE = Struct(">ihh")
_TRANSFER_TAIL = Struct(">qH3sI")
_DECISION_HEAD = Struct(">BBqqH")
_I64 = Struct(">Bq")
_I32 = Struct(">i")
_U16 = Struct(">H")
_U32 = Struct(">I")
_VERSION_KIND = Struct(">ih")
_CURRENCY_LENGTH = 3


def _text(value: str) -> bytes:
    data = value.encode()
    return _U16.pack(len(data)) + data


def _bytes(value: bytes) -> bytes:
    return _U16.pack(len(value)) + value


def _optional(value: bytes | None) -> bytes:
    return b"\0" if value is None else b"\1" + _bytes(value)


def _number(value: int | None) -> bytes:
    return b"\0" if value is None else _I64.pack(1, value)


def account_reference(account_no: int, code: str) -> bytes:
    """How a transfer's leaf names an account: its number and its code, so that renaming it breaks the proof."""
    return _I32.pack(account_no) + _text(code)


def encode_transfer(row: TransferRow, debit: bytes, credit: bytes) -> bytes:
    """The leaf of `row`; `debit` and `credit` are the `account_reference` of its two accounts (worth a cache).

    Raises struct.error for a number beyond its column and ValueError for a currency that is not three letters.
    """
    (leaf_no, block_no, subject, version, leg, step, _, _, amount_minor, currency, effective_date, reverses) = row
    code = currency.encode()
    if len(code) != _CURRENCY_LENGTH:
        raise ValueError(f"transfer {leaf_no}: currency {currency!r} is not three letters")
    return b"".join(
        (
            _TRANSFER_HEAD.pack(LEAF_VERSION, TRANSFER_LEAF, leaf_no, block_no, len(subject)),
            subject,
            _TRANSFER_MIDDLE.pack(version, leg, step),
            debit,
            credit,
            _TRANSFER_TAIL.pack(amount_minor, _CURRENCY_LENGTH, code, effective_date.toordinal()),
            _number(reverses),
        )
    )


def encode_decision(row: DecisionRow) -> bytes:
    """The leaf of `row`. Raises struct.error for a number beyond its column or a text longer than 65,535 bytes."""
    (
        leaf_no, block_no, subject, line_id, version, kind, source, event_id, request_id, batch_id, benefit,
        state, reasons, amount_minor, currency, won_by, policy_digest, inputs_digest, body,
    ) = row  # fmt: skip
    return b"".join(
        (
            _DECISION_HEAD.pack(LEAF_VERSION, DECISION_LEAF, leaf_no, block_no, len(subject)),
            subject,
            _optional(line_id),
            _VERSION_KIND.pack(version, kind),
            _text(source),
            _text(event_id),
            _text(request_id),
            _text(batch_id),
            _text(benefit),
            _U16.pack(state),
            _U16.pack(len(reasons)),
            *map(_U16.pack, reasons),
            _number(amount_minor),
            _optional(None if currency is None else currency.encode()),
            _optional(won_by),
            _bytes(policy_digest),
            _bytes(inputs_digest),
            _U32.pack(len(body)),
            body,
        )
    )
