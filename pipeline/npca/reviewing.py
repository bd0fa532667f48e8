"""Desk review: lines whose leaf, request and evidence all arrived are judged, each by itself, in the order of the log.

A line that still waits for something holds no other; it is looked at again when more has arrived.
"""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING, Final, NamedTuple

from events.certification import LineQueried
from events.envelope import Event, decode_recorded, encode, restore
from events.money import to_minor
from events.payment import BatchDeclared, PaymentRequested, PaymentWithdrawn
from events.retraction import EventRetracted
from ledger.model.reading import LeafError, read_decision
from pipeline.logging import get_logger
from pipeline.npca.holding import Claims
from pipeline.npca.intake import decode_line
from pipeline.npca.kin import StoredKin
from pipeline.npca.log import leaves_of
from processors import entities
from processors.batches import Group, compare
from processors.case import cycle_key, request_cycle
from processors.npca.finding import AGENCY, Facts, Finding, Ground, Outcome, judge
from processors.npca.holding import holders

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from ledger.model.rows import DecisionRow
    from pipeline.npca.tables import NpcaConnection, NpcaCursor
    from processors.npca.submitted import Line
    from processors.overlap import Bid
    from processors.policy.model import Policy

PROGRAM: Final = "desk"
"""Who found what the rules found."""
AT_ONCE: Final = 500

Identity = tuple[str, str]

_log = get_logger("npca")


class Reviewed(NamedTuple):
    """How far a pass is: findings made, and the last leaf looked at, None at the end of the pass."""

    findings: int
    after: int | None


class Desk:
    """Reviews lines with the policies the agency holds, by the digest of each pack. Used by one thread."""

    def __init__(self, connection: NpcaConnection, policies: Mapping[bytes, Policy]) -> None:
        self._connection, self._policies = connection, policies
        self._agreed: dict[int, bool | None] = {}

    def review(self) -> int:
        """One pass over all lines without a finding; how many were found."""
        total, after = 0, -1
        while True:
            with self._connection.transaction(), self._connection.cursor(binary=True) as cursor:
                done = self._chunk(cursor, after)
            total += done.findings
            if done.after is None:
                return total
            after = done.after

    def _chunk(self, cursor: NpcaCursor, after: int) -> Reviewed:
        rows = cursor.execute(
            "select l.submission_no, l.told from line l where l.leaf_no > %s"
            " and l.leaf_no < (select coalesce(max(first_leaf + leaf_count), 0) from block)"
            " and not exists (select from finding f where f.line_id = l.line_id) order by l.leaf_no limit %s",
            (after, AT_ONCE),
        ).fetchall()
        if not rows:
            return Reviewed(0, None)
        lines = [(number, decode_line(bytes(told))) for number, told in rows]
        agreed = {number: self._agrees(cursor, number) for number in {number for number, _ in lines}}
        ready = list(gather(cursor, [line for number, line in lines if agreed[number] is not None]))
        numbers = {line.line_id: number for number, line in lines}
        judged = [(line, *self._judge(line, facts)) for line, facts in ready]
        claims = Claims(cursor, {holder for _, _, bid in judged if bid is not None for holder in holders(bid)})
        for line, finding, bid in judged:
            if not agreed[numbers[line.line_id]] and finding.outcome is not Outcome.LEFT:
                keep(cursor, line, Finding(Outcome.QUERIED, None, Ground.CONTROL_TOTALS.value), PROGRAM)
            else:
                taken = finding if bid is None else claims.take(line, bid)
                keep(cursor, line, finding if finding.outcome is Outcome.LEFT else taken, PROGRAM)
        return Reviewed(len(judged), lines[-1][1].leaf_no)

    def _agrees(self, cursor: NpcaCursor, submission_no: int) -> bool | None:
        """The control totals of a submission, found once: what they rest on was received before it was submitted."""
        if self._agreed.get(submission_no) is None:
            self._agreed[submission_no] = control_totals(cursor, submission_no)
        return self._agreed[submission_no]

    def _judge(self, line: Line, facts: Facts) -> tuple[Finding, Bid | None]:
        try:
            return judge(line, facts, self._policies)
        except Exception as error:  # noqa: BLE001 - a bug met by one line must not hold the others
            _log.error("review_failed", line_id=line.line_id.hex(), exc_info=error)
            return Finding(Outcome.QUERIED, None, Ground.REVIEW_FAILED.value), None


def keep(cursor: NpcaCursor, line: Line, finding: Finding, by: str) -> None:
    """Add a finding; a query is published with it."""
    row = cursor.execute(
        "insert into finding (line_id, outcome, amount_minor, reason, found_by) values (%s, %s, %s, %s, %s)"
        " returning finding_no",
        (line.line_id, finding.outcome.value, finding.amount_minor, finding.reason, by),
    ).fetchone()
    if finding.outcome is Outcome.QUERIED and row is not None:
        told = LineQueried(line.line_id.hex(), line.batch_id, f"Q{row[0]}", finding.reason or "")
        publish(cursor, "line.queried", f"{line.line_id.hex()}.Q{row[0]}", told)


def publish(cursor: NpcaCursor, kind: str, event_id: str, data: LineQueried) -> None:
    """Put an event of the agency's into the outbox, as the bytes that will be sent however often that takes."""
    value = encode(Event(AGENCY, event_id, kind, time_ns() // 1_000, data))
    cursor.execute("insert into outbox (value) values (%s)", (value,))


# -- what a line is judged on ----------------------------------------------------------------------------------------


def gather(cursor: NpcaCursor, lines: Sequence[Line]) -> Iterable[tuple[Line, Facts]]:
    """The lines of which everything arrived, with what the agency holds for each."""
    leaves = leaves_of(cursor, [line.leaf_no for line in lines])
    kin = StoredKin(cursor)
    wanted = {(line.source, line.event_id) for line in lines} | {
        (one.source, one.event_id) for line in lines for one in line.evidence
    }
    events = _events(cursor, wanted)
    kin.of(
        {key for line in lines for key in _own_keys(line)} | {key for event in events.values() for key in _near(event)}
    )
    for line in lines:
        request = events.get((line.source, line.event_id))
        evidence = [events[identity] for one in line.evidence if (identity := (one.source, one.event_id)) in events]
        if request is None or len(evidence) < len(line.evidence) or line.leaf_no not in leaves:
            continue
        back = _taken_back(kin, line)
        withdrawn, retracted = back is Ground.WITHDRAWN, back is Ground.EVIDENCE_RETRACTED
        yield line, Facts(_decision(leaves[line.leaf_no]), request, evidence, kin, withdrawn, retracted)


def recheck(cursor: NpcaCursor, submission_no: int) -> int:
    """Find otherwise what the rules found certified and was taken back since; how many lines.

    What a person decided, knowing of it or not, is left to the persons who sign.
    """
    rows = cursor.execute(
        "select l.told from line l join lateral (select outcome, found_by from finding f where f.line_id = l.line_id"
        " order by finding_no desc limit 1) f on true where submission_no = %s and outcome = 'certified'"
        " and found_by = %s and not exists (select from ruled r where r.line_id = l.line_id)",
        (submission_no, PROGRAM),
    ).fetchall()
    lines, kin, found = [decode_line(bytes(told)) for (told,) in rows], StoredKin(cursor), 0
    kin.of({key for line in lines for key in _own_keys(line)})
    for line in lines:
        if (back := _taken_back(kin, line)) is not None:
            outcome = Outcome.REFUSED if back is Ground.WITHDRAWN else Outcome.QUERIED
            keep(cursor, line, Finding(outcome, None, back.value), PROGRAM)
            found += 1
    return found


def _taken_back(kin: StoredKin, line: Line) -> Ground | None:
    said = [event.data for event in kin.of(_own_keys(line))]
    if any(isinstance(data, PaymentWithdrawn) for data in said):
        return Ground.WITHDRAWN
    return Ground.EVIDENCE_RETRACTED if any(isinstance(data, EventRetracted) for data in said) else None


def _own_keys(line: Line) -> list[bytes]:
    """Where withdrawals of the line and retractions of its evidence belong."""
    return [b"L" + line.line_id, *(entities.identity(*one) for one in line.evidence)]


def _near(event: Event) -> set[bytes]:
    """The entities that adjudication will ask about first, so that they are read together."""
    keys = {*entities.homes(event), entities.identity(event.source, event.id)}
    if isinstance(event.data, PaymentRequested):
        keys.add(cycle_key(event, event.data))
    return keys


def _decision(leaf: bytes) -> DecisionRow | None:
    try:
        return read_decision(leaf)
    except LeafError:
        return None


def _events(cursor: NpcaCursor, wanted: Collection[Identity]) -> dict[Identity, Event]:
    pairs = sorted(wanted)
    rows = cursor.execute(
        "select source, event_id, type_no, time_us, value from fact"
        " where (source, event_id) in (select * from unnest(%s::text[], %s::text[]))",
        ([source for source, _ in pairs], [event_id for _, event_id in pairs]),
    )
    return {(row[0], row[1]): restore(row[0], row[1], row[2], row[3], bytes(row[4])) for row in rows.fetchall()}


# -- control totals --------------------------------------------------------------------------------------------------


def control_totals(cursor: NpcaCursor, submission_no: int) -> bool | None:
    """Whether a submission is what it says, and its batch what the operator declared; None while requests are missing.

    What the operator declared and asked for until its first line was frozen is taken from the operator's own events.
    """
    row = cursor.execute(
        "select s.source, s.batch_id, s.number, s.line_count, s.totals,"
        " (select recorded_us from block where first_leaf <= (select min(leaf_no) from line l"
        " where l.submission_no = s.submission_no) order by first_leaf desc limit 1)"
        " from submission s where submission_no = %s",
        (submission_no,),
    ).fetchone()
    if row is None:
        return None
    source, batch_id, number, count, totals, recorded_us = row
    sums = cursor.execute(
        "select currency, sum(amount_minor)::bigint, count(*) from line where submission_no = %s group by 1 order by 1",
        (submission_no,),
    ).fetchall()
    frozen = ";".join(f"{currency}={amount}" for currency, amount, _ in sums)
    if (frozen, sum(lines for _, _, lines in sums)) != (totals, count):
        return False
    return True if number else _declared(cursor, source, batch_id, recorded_us)


def _declared(cursor: NpcaCursor, source: str, batch_id: str, recorded_us: int) -> bool | None:
    rows = cursor.execute(
        "select value from fact where source = %s and batch_id = %s and received_us <= %s"
        " order by received_us, time_us, event_id",
        (source, batch_id, recorded_us),
    )
    told: list[tuple[int, str, BatchDeclared]] = []
    groups: dict[str, Group] = {}
    for (value,) in rows.fetchall():
        event = decode_recorded(bytes(value))
        data = event.data
        if isinstance(data, BatchDeclared):
            told.append((event.time_us, event.id, data))
        elif isinstance(data, PaymentRequested):
            asked = data.amount
            groups.setdefault(
                data.request_id,
                Group(
                    data.benefit, request_cycle(event, data), asked.currency if asked else None, 1,
                    to_minor(asked) if asked else 0,
                ),
            )  # fmt: skip
    if not told or len(groups) < max(told)[2].count:
        return None
    declared = max(told)[2]
    # What was asked for after the batch was complete is for the next one.
    return compare(declared, list(groups.values())[: declared.count]) is None
