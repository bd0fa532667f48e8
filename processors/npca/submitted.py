"""A submitted line as it was published, with what it was frozen on."""

from __future__ import annotations

from typing import NamedTuple

import msgspec


class Evidence(NamedTuple):
    """The identity of a fact that a line rests on."""

    source: str
    event_id: str


class Figure(NamedTuple):
    """A figure of the pack that a line rests on, as published; `status` says how well it is known."""

    name: str
    value: int | None
    unit: str
    status: str
    reference: str
    times: int = 1


class Line(msgspec.Struct, frozen=True):
    """One frozen line. Nothing of it is believed before its leaf, its evidence and the rules say the same."""

    line_id: bytes
    source: str
    event_id: str
    request_id: str
    batch_id: str
    benefit: str
    version: int
    amount_minor: int
    currency: str
    leaf_no: int
    policy_digest: bytes
    inputs_digest: bytes
    evidence: list[Evidence]
    figures: list[Figure]
