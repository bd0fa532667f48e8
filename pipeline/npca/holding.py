"""The agency's own claims: what every reviewed line holds, a second time in the constraints of its own database."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import psycopg

from events.envelope import decode_recorded
from events.money import to_minor
from events.payment import PaymentRequested
from events.settlement import PaymentReturned, PaymentSettled
from pipeline.npca.intake import decode_line
from pipeline.npca.kin import StoredKin
from processors.lifecycle import UNCLAIMED, bank_of, instruction_key, movements
from processors.npca.finding import Finding, Ground, Outcome, claimed
from processors.npca.holding import decode_bid, encode_bid, holders
from processors.outcome import ClaimKind

if TYPE_CHECKING:
    from collections.abc import Collection

    from pipeline.npca.tables import NpcaCursor
    from processors.npca.submitted import Line
    from processors.outcome import Claim
    from processors.overlap import Bid


class Claims:
    """What is held, for one chunk of lines: loaded once for all their holders, kept up while they are judged."""

    def __init__(self, cursor: NpcaCursor, wanted: Collection[bytes]) -> None:
        self._cursor = cursor
        self._held: defaultdict[bytes, dict[int, Bid]] = defaultdict(dict)
        rows = cursor.execute(
            "select o.holder, h.holding_no, h.bid from holding_of o join holding h using (line_id)"
            " where o.holder = any(%s)",
            (list(wanted),),
        )
        found = [(bytes(holder), number, decode_bid(bytes(bid))) for holder, number, bid in rows.fetchall()]
        returned = _returned(cursor, {bid.line_id for _, _, bid in found})
        for line_id in returned:
            release(cursor, line_id)
        for holder, number, bid in found:
            if bid.line_id not in returned:
                self._held[holder][number] = bid

    def take(self, line: Line, bid: Bid) -> Finding:
        """Hold a line against all before it, and keep what it takes; refused where somebody else has it."""
        before = {number: held for holder in holders(bid) for number, held in self._held[holder].items()}
        others = [before[number] for number in sorted(before) if before[number].line_id != line.line_id]
        finding, taken = claimed(line, bid, others)
        if finding.outcome is not Outcome.CERTIFIED:
            return finding
        try:
            with self._cursor.connection.transaction():
                number = self._keep(line.line_id, bid, taken)
        except (psycopg.errors.UniqueViolation, psycopg.errors.ExclusionViolation, psycopg.errors.ForeignKeyViolation):
            return Finding(Outcome.REFUSED, None, Ground.DUPLICATE.value)
        for holder in holders(bid):
            self._held[holder][number] = bid
        return finding

    def _keep(self, line_id: bytes, bid: Bid, taken: Collection[Claim]) -> int:
        cursor = self._cursor
        row = cursor.execute(
            "insert into holding (line_id, bid) values (%s, %s) returning holding_no", (line_id, encode_bid(bid))
        ).fetchone()
        cursor.executemany("insert into holding_of values (%s, %s)", [(holder, line_id) for holder in holders(bid)])
        for claim in taken:
            place = claim.holder, claim.group, claim.key
            if claim.kind is ClaimKind.KEY:
                cursor.execute("insert into claim_key values (%s, %s, %s, %s)", (*place, line_id))
            elif claim.kind is ClaimKind.SIDE:
                cursor.execute("insert into side values (%s, %s, %s, %s) on conflict do nothing", (*place, claim.side))
                cursor.execute("insert into claim_side values (%s, %s, %s, %s, %s)", (*place, claim.side, line_id))
            else:
                self._window(claim, line_id)
        return int(row[0]) if row is not None else 0

    def _window(self, claim: Claim, line_id: bytes) -> None:
        place = claim.holder, claim.group
        self._cursor.execute("insert into window_of (holder, grp) values (%s, %s) on conflict do nothing", place)
        self._cursor.execute(
            "insert into claim_window select window_no, %s, %s, %s from window_of where (holder, grp) = (%s, %s)",
            (claim.since, claim.until, line_id, *place),
        )


def _returned(cursor: NpcaCursor, line_ids: Collection[bytes]) -> set[bytes]:
    """Lines whose money came back for good, told by the bank that was to pay it: others may have what they held.

    Only the first attempt to pay is looked at; what came back of a later one stays held.
    """
    kin = StoredKin(cursor)
    kin.of([instruction_key(line_id) for line_id in line_ids])
    found = set()
    for line_id in line_ids:
        moved = list(kin.of([instruction_key(line_id)]))
        if any(isinstance(event.data, PaymentReturned) for event in moved) and (bank := _bank(cursor, line_id)):
            told = [event.data for event in movements([event for event in moved if event.source == bank])]
            back = [data for data in told if isinstance(data, PaymentReturned)]
            net = sum(to_minor(data.amount) for data in told if isinstance(data, PaymentSettled))
            if net <= sum(to_minor(data.amount) for data in back) and any(data.reason == UNCLAIMED for data in back):
                found.add(line_id)
    return found


def _bank(cursor: NpcaCursor, line_id: bytes) -> str | None:
    row = cursor.execute("select told from line where line_id = %s", (line_id,)).fetchone()
    line = decode_line(bytes(row[0])) if row is not None else None
    asked = (
        line
        and cursor.execute(
            "select value from fact where (source, event_id) = (%s, %s)", (line.source, line.event_id)
        ).fetchone()
    )
    request = decode_recorded(bytes(asked[0])).data if asked else None
    return bank_of(request.payee.channel, request.payee.provider) if isinstance(request, PaymentRequested) else None


def release(cursor: NpcaCursor, line_id: bytes) -> None:
    """Let go of what a line held: it was refused, so somebody else may have it."""
    sides = cursor.execute("select holder, grp, key from claim_side where line_id = %s", (line_id,)).fetchall()
    cursor.execute("delete from holding where line_id = %s", (line_id,))
    for place in sides:
        cursor.execute(
            "delete from side s where (holder, grp, key) = (%s, %s, %s) and not exists"
            " (select from claim_side c where (c.holder, c.grp, c.key) = (s.holder, s.grp, s.key))",
            place,
        )
