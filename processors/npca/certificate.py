"""A certificate's body: the exact lines with their proofs, what they sum up to, and the checkpoint they stand under.

Canonical JSON: keys sorted, no spaces, UTF-8, whole numbers and texts only. Its digest is what officers sign.
"""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from events.envelope import format_time
from events.merkle import leaf_hash, root
from events.money import from_minor
from processors.npca.finding import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from processors.npca.submitted import Line

VERSION: Final = 1
_DIGEST: Final = b"sp.certificate.1\0"

Told = dict[str, object]


class Ruled(NamedTuple):
    """One line of a certificate with its outcome, its leaf and the leaf's path to the checkpoint's root."""

    line: Line
    outcome: Outcome
    amount_minor: int | None
    reason: str | None
    leaf: bytes
    path: Sequence[bytes]


class Batch(NamedTuple):
    """The submission a certificate is of; `open` are its lines that this certificate does not rule, with their sums."""

    source: str
    batch_id: str
    number: int
    benefit: str
    cycle: str
    open: Mapping[str, tuple[int, str]]


class Log(NamedTuple):
    """The checkpoint all lines are proved under, as a signed note with the witness's line."""

    origin: str
    size: int
    root: bytes
    note: str


def canonical(value: object) -> bytes:
    """The one way a value is written."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(body: Told) -> bytes:
    """SHA-256 over the canonical body, with a prefix that no other signed text of ours has."""
    return sha256(_DIGEST + canonical(body)).digest()


def make_body(
    certificate_id: str, supersedes: str | None, batch: Batch, lines: Sequence[Ruled], log: Log, made_us: int
) -> Told:
    """The body over these lines, in the order of their leaves."""
    ordered = sorted(lines, key=lambda one: one.line.leaf_no)
    told = [_line(one) for one in ordered]
    certified = [(one.amount_minor, one.line.currency) for one in ordered if one.amount_minor is not None]
    refused = [(one.line.amount_minor, one.line.currency) for one in ordered if one.outcome is Outcome.REFUSED]
    submitted = [(one.line.amount_minor, one.line.currency) for one in ordered] + list(batch.open.values())
    return {
        "version": VERSION,
        "certificate_id": certificate_id,
        "supersedes": supersedes,
        "made_at": format_time(made_us),
        "source": batch.source,
        "batch_id": batch.batch_id,
        "number": batch.number,
        "benefit": batch.benefit,
        "cycle": batch.cycle,
        "submitted": _sum(submitted),
        "certified": _sum(certified),
        "refused": _sum(refused),
        "open": [{"line_id": line_id, "submitted": _money(*batch.open[line_id])} for line_id in sorted(batch.open)],
        "figures": _figures(ordered),
        "lines": told,
        "lines_root": root([leaf_hash(canonical(one)) for one in told]).hex(),
        "checkpoint": log.note,
    }


def totals_minor(lines: Iterable[Ruled]) -> dict[str, int]:
    """The certified sum of each currency."""
    sums: dict[str, int] = {}
    for one in lines:
        if one.amount_minor is not None:
            sums[one.line.currency] = sums.get(one.line.currency, 0) + one.amount_minor
    return sums


def _line(one: Ruled) -> Told:
    line = one.line
    return {
        "line_id": line.line_id.hex(),
        "request_id": line.request_id,
        "leaf_no": line.leaf_no,
        "submitted": _money(line.amount_minor, line.currency),
        "outcome": one.outcome.value,
        "amount": None if one.amount_minor is None else _money(one.amount_minor, line.currency),
        "reason": one.reason,
        "leaf": b64encode(one.leaf).decode(),
        "path": [b64encode(hash_).decode() for hash_ in one.path],
    }


def _money(amount_minor: int, currency: str) -> Told:
    money = from_minor(amount_minor, currency)
    return {"amount": money.amount, "currency": money.currency}


def _sum(amounts: Sequence[tuple[int, str]]) -> Told:
    sums: dict[str, int] = {}
    for amount_minor, currency in amounts:
        sums[currency] = sums.get(currency, 0) + amount_minor
    return {"count": len(amounts), "totals": [_money(sums[currency], currency) for currency in sorted(sums)]}


def _figures(lines: Iterable[Ruled]) -> list[Told]:
    """Every figure of the packs that a line rests on, with how well it is known."""
    found = {
        (figure.name, figure.value, figure.unit, figure.status, figure.reference)
        for one in lines
        for figure in one.line.figures
    }
    names = ("name", "value", "unit", "status", "reference")
    return [dict(zip(names, figure, strict=True)) for figure in sorted(found, key=str)]
