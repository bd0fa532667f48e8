"""What was submitted, as the books recorded it: the decisions a rebuild in another order begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.payment import PaymentRequested
from events.reasons import REASONS_BY_NUMBER
from events.states import STATES_BY_NUMBER
from ledger.model.account import Dimensions
from ledger.model.rows import DecisionKind, DecisionRow
from ledger.store import copy
from pipeline import active_policy
from pipeline.decide.body import decode_body
from pipeline.decide.shelf import Cache, DatabaseShelf
from pipeline.rebuild.target import RebuildError
from processors import lifecycle, ruling
from processors.filing import Filed
from processors.outcome import Decision

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from events.envelope import Event
    from ledger.store.connection import LedgerConnection, LedgerCursor
    from processors.outcome import Frozen
    from processors.policy.model import Pack, Policy

_COLUMNS = ", ".join(f"d.{column.name}" for column in copy.DECISION.columns)

# The last decision tells what stands fixed; all that was fixed once stays.
_SUBMITTED = f"""
select {_COLUMNS} from (select distinct line_id from submission_line) as s
cross join lateral (select * from decision where subject = s.line_id order by version desc limit 1) as d
order by d.leaf_no
"""
_RECOVERIES = f"""
select {_COLUMNS} from (
    select distinct on (subject) * from decision where kind = {DecisionKind.RECOVERY_PROPOSED:d}
    order by subject, version desc
) as d where amount_minor > 0 order by d.leaf_no
"""

Found = tuple[DecisionRow, "Frozen | None", "Event"]


def submitted(
    original: LedgerConnection, cursor: LedgerCursor, policy: Policy, at_once: int
) -> Iterator[list[Decision]]:
    """The decisions that submit each line that ever was, some at a time. `cursor` is of the rebuilt ledger."""
    packs = _packs(cursor.connection, policy)
    for rows in _rows(original, cursor, _SUBMITTED, at_once):
        yield [_submitted(row, frozen, event, packs) for row, frozen, event in rows if frozen is not None]


def standing_recoveries(
    original: LedgerConnection, cursor: LedgerCursor, policy: Policy, at_once: int
) -> Iterator[list[Decision]]:
    """Recoveries proposed for lines that were submitted by another policy than is in force: they stand as they are."""
    for rows in _rows(original, cursor, _RECOVERIES, at_once):
        fixed = DatabaseShelf(cursor, Cache()).history({row.line_id for row, _, _ in rows if row.line_id is not None})
        yield [
            _proposed(row, event)
            for row, _, event in rows
            if row.line_id is not None and _by_another(fixed[row.line_id].frozen, policy.packs.get(row.benefit))
        ]


def _by_another(frozen: Frozen | None, pack: Pack | None) -> bool:
    return frozen is not None and (pack is None or pack.digest != frozen.policy_digest)


def _rows(original: LedgerConnection, cursor: LedgerCursor, query: str, at_once: int) -> Iterator[list[Found]]:
    with original.cursor("submitted", binary=True) as reading:
        reading.execute(query)
        while rows := [DecisionRow._make(row) for row in reading.fetchmany(at_once)]:
            fixed = [decode_body(row.body).frozen for row in rows]
            wanted = [
                (row.source, row.event_id if frozen is None else frozen.event_id)
                for row, frozen in zip(rows, fixed, strict=True)
            ]
            events = {(event.source, event.id): event for event in DatabaseShelf(cursor, Cache()).recorded(set(wanted))}
            yield [
                (row, frozen, _event(events, identity))
                for row, frozen, identity in zip(rows, fixed, wanted, strict=True)
            ]


def _event(events: dict[tuple[str, str], Event], identity: tuple[str, str]) -> Event:
    if identity not in events:
        raise RebuildError(
            f"the request {'/'.join(identity)} was submitted and is not among the facts: the inbox, or the topics, are "
            "not complete"
        )
    return events[identity]


def _packs(connection: LedgerConnection, policy: Policy) -> dict[bytes, Pack]:
    """Every pack that was ever in force, by its digest."""
    found = {pack.digest: pack for pack in policy.packs.values()}
    rows: Iterable[tuple[int]] = connection.execute("select proposal_no from policy_activation").fetchall()
    for (proposal_no,) in rows:
        found |= {pack.digest: pack for pack in active_policy.stored(connection, proposal_no).packs.values()}
    return found


def _submitted(row: DecisionRow, frozen: Frozen, event: Event, packs: dict[bytes, Pack]) -> Decision:
    """A line as it was when it was submitted, before anybody certified it."""
    pack = packs.get(frozen.policy_digest)
    if pack is None or not isinstance(event.data, PaymentRequested):
        raise RebuildError(f"line {row.subject.hex()} was submitted by a policy, or on a request, the ledger has not")
    item = Filed(event, event.data, row.subject, pack, None, None, [], [], None)
    return ruling.followed(item, frozen, lifecycle.course(frozen, [], [], item.bank, None))


def _proposed(row: DecisionRow, event: Event) -> Decision:
    return Decision(
        subject=row.subject,
        line_id=row.line_id,
        kind=DecisionKind(row.kind),
        event=event,
        request_id=row.request_id,
        batch_id=row.batch_id,
        benefit=row.benefit,
        state=STATES_BY_NUMBER[row.state],
        reasons=tuple(REASONS_BY_NUMBER[number] for number in row.reasons),
        amount_minor=row.amount_minor,
        currency=row.currency,
        won_by=row.won_by,
        policy_digest=row.policy_digest,
        inputs_digest=row.inputs_digest,
        position={},
        dimensions=Dimensions(row.benefit, "", "", "", "", "", "", row.currency or ""),
    )
