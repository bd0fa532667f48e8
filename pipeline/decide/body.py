"""The body of a decision row: what explains it and what the next decision needs, as msgpack with named fields."""

from __future__ import annotations

import msgspec

from events.reasons import REASONS_BY_NUMBER
from events.states import STATES_BY_NUMBER
from ledger.model.step import Step
from processors.entries import DecisionEntry
from processors.outcome import Asked, FigureUsed, Frozen, History, Posted
from processors.posting import names_of


class AskedRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """One predicate as it was asked: verdict 0 pass, 1 unknown, 2 fail; `evidence` are indexes into the body's list."""

    name: str
    verdict: int
    reason: str | None = None
    parameters: dict[str, str | int | list[str]] = {}
    evidence: list[int] = []


class Body(msgspec.Struct, frozen=True, omit_defaults=True):
    """`evidence` are (source, event id); `posted` is (step, bank, [(leaf, amount left)]) of what stands posted.

    `books` is the benefit, operator, currency and area of the accounts it stands on; empty when nothing does, and
    without the area where it was stored before accounts had one.
    """

    evidence: list[tuple[str, str]]
    asked: list[AskedRow] = []
    figures: list[FigureUsed] = []
    posted: list[tuple[int, str, list[tuple[int, int]]]] = []
    frozen: Frozen | None = None
    books: tuple[str, ...] = ("", "", "", "")


_NO_BOOKS = ("", "", "", "")
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Body)


def decode_body(body: bytes) -> Body:
    """The body of a stored decision."""
    return _DECODER.decode(body)


def encode_body(entry: DecisionEntry) -> bytes:
    """The body of a decision that is about to be stored."""
    decision = entry.decision
    index = {identity: at for at, identity in enumerate(decision.evidence)}
    return _ENCODER.encode(
        Body(
            evidence=list(decision.evidence),
            asked=[_asked(item, index) for item in decision.asked],
            figures=list(decision.figures),
            posted=[(int(item.step), item.bank, list(item.open)) for item in entry.posted],
            frozen=decision.frozen,
            books=names_of(decision.dimensions) if entry.posted else _NO_BOOKS,
        )
    )


def _asked(item: Asked, index: dict[tuple[str, str], int]) -> AskedRow:
    return AskedRow(
        name=item.name,
        verdict=int(item.verdict),
        reason=item.reason.value if item.reason is not None else None,
        parameters={name: _plain(value) for name, value in item.parameters},
        evidence=[index[identity] for identity in item.evidence if identity in index],
    )


def _books(benefit: str, operator: str, currency: str, area: str = "") -> tuple[str, str, str, str]:
    return benefit, operator, currency, area


def _plain(value: object) -> str | int | list[str]:
    if isinstance(value, tuple):
        return [str(item) for item in value]
    return value if isinstance(value, int) else str(value)


def to_history(
    version: int,
    state: int,
    reasons: list[int],
    amount_minor: int | None,
    currency: str | None,
    won_by: bytes | None,
    event_id: str,
    body: bytes,
) -> History:
    """What a stored decision says to the next one."""
    told = decode_body(body)
    return History(
        version=version,
        state=STATES_BY_NUMBER[state],
        reasons=tuple(REASONS_BY_NUMBER[number] for number in reasons),
        amount_minor=amount_minor,
        currency=currency,
        won_by=won_by,
        posted=tuple(
            Posted(Step(step), bank, tuple((leaf, left) for leaf, left in open_)) for step, bank, open_ in told.posted
        ),
        frozen=told.frozen,
        event_id=event_id,
        books=_books(*told.books),
    )
