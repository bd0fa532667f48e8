"""Lines as the exchange knows them, read from its tables for `processors.exchange.payable`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from processors.exchange.payable import AGAIN, Attempt, Line, Payee, Ruling
from processors.exchange.standing import InstructionState

if TYPE_CHECKING:
    from pipeline.exchange.database import ExchangeConnection

_LINES: Final = """
    select line_id, state, source, event_id, request_id, amount_minor, currency from line
    where {where} order by line_id"""
_OPEN: Final = (
    "state = any(%(states)s) and not exists (select from instruction i where i.line_id = line.line_id and i.live)"
)
_NAMED: Final = "line_id = any(%(lines)s)"
_REQUESTS: Final = """
    select l.line_id, r.benefit, r.cycle, r.channel, r.provider, r.account_ref, r.event_id, r.digest
    from line l join request r on r.source = l.source and r.event_id = l.event_id
    where l.line_id = any(%(lines)s)"""
_CHANGES: Final = """
    select l.line_id, c.channel, c.provider, c.account_ref, c.event_id, c.digest
    from line l join payee_change c on c.source = l.source and c.request_id = l.request_id
    where l.line_id = any(%(lines)s) order by c.time_us, c.event_id, c.digest"""
_RULINGS: Final = "select line_id, source, amount_minor, currency from ruling where line_id = any(%(lines)s)"
_ATTEMPTS: Final = """
    select line_id, instruction_id, attempt, state, live, final, payee_event from instruction
    where line_id = any(%(lines)s) order by attempt"""


def open_lines(connection: ExchangeConnection) -> Iterator[Line]:
    """All lines past certification without a live instruction, in order of their ids."""
    return _read(connection, _OPEN, {"states": sorted(AGAIN)})


def named_lines(connection: ExchangeConnection, line_ids: Iterable[str]) -> Iterator[Line]:
    """These lines."""
    return _read(connection, _NAMED, {"lines": list(line_ids)})


def _read(connection: ExchangeConnection, where: str, values: dict[str, object]) -> Iterator[Line]:
    rows = connection.execute(_LINES.format(where=where), values).fetchall()
    of = {"lines": [row[0] for row in rows]}
    requests, changes = _by_line(connection, _REQUESTS, of), _by_line(connection, _CHANGES, of)
    rulings, attempts = _by_line(connection, _RULINGS, of), _by_line(connection, _ATTEMPTS, of)
    for line_id, state, _source, _event_id, _request_id, amount, currency in rows:
        asked = requests[line_id]
        yield Line(
            line_id=line_id,
            state=state,
            benefit=asked[0][0] if asked else "",
            cycle=asked[0][1] if asked else "",
            amount_minor=amount,
            currency=currency,
            payees=[Payee(*row[2:]) for row in asked],
            changes=[Payee(*row) for row in changes[line_id]],
            rulings=[Ruling(*row) for row in rulings[line_id]],
            attempts=[Attempt(bytes(row[0]), row[1], InstructionState(row[2]), *row[3:]) for row in attempts[line_id]],
        )


def _by_line(
    connection: ExchangeConnection, statement: str, values: dict[str, list[str]]
) -> defaultdict[str, list[tuple[Any, ...]]]:
    found: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in connection.execute(statement, values):
        found[row[0]].append(tuple(row[1:]))
    return found
