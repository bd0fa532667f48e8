"""Names the system gives: one for each payment request, one for each attempt to pay it."""

from __future__ import annotations

import hashlib
from typing import Final

ID_BYTES: Final = 16


def line_id(source_urn: str, request_id: str) -> bytes:
    """The 16 bytes naming request `request_id` of the envelope source `urn:sp:operator:<code>`, the whole urn."""
    return hashlib.sha256(source_urn.encode() + b"\x00" + request_id.encode()).digest()[:ID_BYTES]


def line_id_hex(source_urn: str, request_id: str) -> str:
    """`line_id` as published: 32 hexadecimal digits."""
    return line_id(source_urn, request_id).hex()


def instruction_id(line_hex: str, attempt: int) -> bytes:
    """The 16 bytes naming attempt 1, 2, ... to pay the line whose 32 digits are `line_hex`."""
    if attempt < 1:
        raise ValueError("attempts to pay are counted from 1")
    return hashlib.sha256(line_hex.encode() + b"\x00" + str(attempt).encode()).digest()[:ID_BYTES]


def instruction_id_hex(line_hex: str, attempt: int) -> str:
    """`instruction_id` as published: 32 hexadecimal digits."""
    return instruction_id(line_hex, attempt).hex()
