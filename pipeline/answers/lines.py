"""What was decided on lines, and how far they were paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.envelope import format_time
from events.payment import PaymentRequested
from events.reasons import REASONS_BY_NUMBER
from events.states import STATES_BY_NUMBER
from ledger.model.rows import DecisionKind
from ledger.model.step import Step
from ledger.statements.amount import decimal_text
from ledger.statements.history import blocks_of, decisions_on
from pipeline.answers.casefile import DecisionTold, Other, PaymentRow, SaidRow, StepRow
from pipeline.answers.finding import by_subject, read_states, subjects_of
from pipeline.answers.telling import day_of, told_of
from pipeline.decide.body import decode_body
from processors.facts import EntityState
from processors.lifecycle import instruction_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ledger.model.rows import DecisionRow
    from ledger.statements.history import BlockHead
    from ledger.store.connection import LedgerCursor


def money(amount_minor: int | None, currency: str | None) -> dict[str, str] | None:
    """An amount as the contract's money, None where there is none."""
    if amount_minor is None or currency is None:
        return None
    return {"amount": decimal_text(amount_minor, currency), "currency": currency}


def _latest(cursor: LedgerCursor, lines: Sequence[bytes]) -> list[DecisionRow]:
    rows = decisions_on(cursor, subjects_of(cursor, lines)) if lines else []
    return sorted((history[-1] for history in by_subject(rows)), key=lambda row: row.leaf_no)


def decisions_told(cursor: LedgerCursor, lines: Sequence[bytes]) -> list[DecisionTold]:
    """The latest decision on each of these lines (`L` and the line id) and on what belongs to them, in block order."""
    rows = _latest(cursor, lines)
    blocks = blocks_of(cursor, {row.block_no for row in rows}) if rows else {}
    winners = {row.won_by for row in rows if row.won_by is not None}
    names = {row.subject: row for row in (decisions_on(cursor, winners) if winners else ())}
    return [_told(row, blocks, names) for row in rows]


def _told(row: DecisionRow, blocks: Mapping[int, BlockHead], names: Mapping[bytes, DecisionRow]) -> DecisionTold:
    kind = "decided" if row.line_id is not None else "request_id_reused"
    winner = names.get(row.won_by) if row.won_by is not None else None
    return DecisionTold(
        kind="recovery_proposed" if row.kind == DecisionKind.RECOVERY_PROPOSED else kind,
        source=row.source,
        request_id=row.request_id,
        line_id=None if row.line_id is None else row.line_id.hex(),
        version=row.version,
        state=STATES_BY_NUMBER[row.state].value,
        reasons=[REASONS_BY_NUMBER[number].value for number in row.reasons],
        amount=money(row.amount_minor, row.currency),
        won_by=None
        if winner is None
        else Other(line_id=winner.subject.hex(), source=winner.source, request_id=winner.request_id),
        block_no=row.block_no,
        decided_at=format_time(blocks[row.block_no].recorded_us),
    )


def payments_told(cursor: LedgerCursor, lines: Sequence[bytes]) -> list[PaymentRow]:
    """Of these lines those on which something stands posted or was said after they were asked for."""
    rows = [row for row in _latest(cursor, lines) if row.kind == DecisionKind.DECIDED and row.line_id is not None]
    states = read_states(cursor, {b"L" + row.subject for row in rows})
    keys = {row.subject: instruction_keys(row.subject, states.get(b"L" + row.subject, EntityState())) for row in rows}
    states |= read_states(cursor, {key for found in keys.values() for key in found})
    told = [_payment(row, keys[row.subject], states) for row in rows]
    return [payment for payment in told if payment.position or payment.said]


def _payment(row: DecisionRow, attempts: Sequence[bytes], states: Mapping[bytes, EntityState]) -> PaymentRow:
    """What stands on a line; its instruction is the last attempt that a bank spoke of, else the first."""
    instruction = next((key for key in reversed(attempts) if key in states), attempts[0])
    body = decode_body(row.body)
    currency = body.books[2]
    position = [
        StepRow(step=Step(step).name.lower(), bank=bank, amount=amount)
        for step, bank, posted in body.posted
        if (amount := money(sum(left for _, left in posted), currency)) is not None
    ]
    instructed = any(step == Step.INSTRUCT for step, _, _ in body.posted)
    said = [row for key in (b"L" + row.subject, *attempts) if key in states for row in _said(states[key])]
    return PaymentRow(
        source=row.source,
        request_id=row.request_id,
        line_id=row.subject.hex(),
        instruction_id=instruction[1:].hex() if instructed or instruction in states else None,
        position=position,
        said=sorted(said, key=lambda item: (item.recorded_at, item.id)),
    )


def _said(state: EntityState) -> Iterable[SaidRow]:
    for event in state.facts.values():
        if not isinstance(event.data, PaymentRequested):
            yield SaidRow(
                type=event.type,
                on=day_of(event),
                source=event.source,
                id=event.id,
                told=told_of(event),
                recorded_at=format_time(event.time_us),
            )
