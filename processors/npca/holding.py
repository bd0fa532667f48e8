"""What a reviewed line holds, as bytes: kept by the agency so that every later line is held against it."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import msgspec

from processors.outcome import Claim, ClaimKind
from processors.overlap import Bid
from processors.policy.entitlement import Maximum
from processors.policy.model import Basis, Status


class _Claim(NamedTuple):
    kind: ClaimKind
    holder: bytes
    group: str
    key: str
    side: str
    since: dt.date | None
    until: dt.date | None


class _Maximum(NamedTuple):
    steps: tuple[str, ...]
    most: int
    months: int | None


class _Held(NamedTuple):
    line_id: bytes
    benefit: str
    claims: list[_Claim]
    holder: bytes
    anchor: str
    step: str
    maximum: _Maximum | None
    days: tuple[dt.date, dt.date] | None
    prevails: list[str]


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Held)
_UNTOLD = Basis(Status.UNVERIFIED, ())
"""Why a maximum stands is told by the pack; nothing that is held depends on it."""


def encode_bid(bid: Bid) -> bytes:
    """The bytes of a bid."""
    most = bid.maximum
    maximum = None if most is None else _Maximum(most.steps, most.count, most.months)
    claims = [_Claim(*claim) for claim in bid.claims]
    return _ENCODER.encode(
        _Held(
            bid.line_id, bid.benefit, claims, bid.holder, bid.anchor, bid.step, maximum, bid.days, sorted(bid.prevails)
        )
    )


def decode_bid(encoded: bytes) -> Bid:
    """The bid of these bytes."""
    held = _DECODER.decode(encoded)
    most = held.maximum
    maximum = None if most is None else Maximum(most.steps, most.most, _UNTOLD, most.months)
    claims = tuple(Claim(*claim) for claim in held.claims)
    return Bid(
        held.line_id, held.benefit, claims, held.holder, held.anchor, held.step, maximum, held.days,
        frozenset(held.prevails),
    )  # fmt: skip


def holders(bid: Bid) -> set[bytes]:
    """The persons and households a bid concerns."""
    return {bid.holder, *(claim.holder for claim in bid.claims)}
