"""The example of all benefits: events written by hand from the contract, and how each request is to be decided."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from events.envelope import decode_data, decode_head
from events.identity import line_id
from events.outgoing import Outgoing, outgoing
from events.reasons import REASONS
from events.sources import to_urn
from events.states import STATES_BY_NUMBER
from ledger.model.rows import DecisionKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.store.connection import LedgerConnection

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "example"
EVENTS = EXAMPLE / "all-benefits.jsonl"
DECIDED = EXAMPLE / "all-benefits.decided.jsonl"

_REASONS = {info.number: reason.value for reason, info in REASONS.items()}
_LATEST = f"""
select distinct on (subject) subject, state, reasons, amount_minor from decision
where kind = {DecisionKind.DECIDED:d} and subject = any(%s) order by subject, version desc
"""


class Wanted(msgspec.Struct, frozen=True):
    """How one request is to be decided; `amount` in whole riel as text, None where nothing is approved."""

    source: str
    request_id: str
    benefit: str
    state: str
    reasons: tuple[str, ...]
    amount: str | None


class Answer(NamedTuple):
    """What one request was decided, None while it is not, beside what it is to be."""

    wanted: Wanted
    state: str | None
    reasons: tuple[str, ...]
    amount: str | None

    @property
    def agrees(self) -> bool:
        """Whether it was decided as it is to be."""
        wanted = self.wanted
        return (self.state, self.reasons, self.amount) == (wanted.state, wanted.reasons, wanted.amount)


def records() -> dict[str, list[Outgoing]]:
    """The events by the source that speaks, each to be signed by it. Raises ContractError for a line that is none."""
    found: dict[str, list[Outgoing]] = {}
    for value in EVENTS.read_bytes().splitlines():
        event = decode_data(decode_head(value))
        found.setdefault(event.source, []).append(outgoing(event, value, {}))
    return found


def wanted() -> list[Wanted]:
    """How each request is to be decided, in the order of the file."""
    decoder = msgspec.json.Decoder(Wanted)
    return [decoder.decode(line) for line in DECIDED.read_bytes().splitlines()]


def answers(conn: LedgerConnection, asked: Sequence[Wanted]) -> list[Answer]:
    """What the ledger says of each request."""
    lines = [line_id(to_urn(one.source), one.request_id) for one in asked]
    found = {bytes(row[0]): row[1:] for row in conn.execute(_LATEST, (lines,))}
    return [_answer(one, found.get(line)) for one, line in zip(asked, lines, strict=True)]


def _answer(one: Wanted, row: tuple[int, Sequence[int], int | None] | None) -> Answer:
    if row is None:
        return Answer(one, None, (), None)
    state, reasons, amount = row
    told = tuple(sorted(_REASONS[number] for number in reasons))
    return Answer(one, STATES_BY_NUMBER[state].value, told, None if amount is None else str(amount))
