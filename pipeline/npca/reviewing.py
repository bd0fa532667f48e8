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
from pipeline.npca.holding import Claims
from pipeline.npca.intake import decode_line
from pipeline.npca.log import leaves_of
from processors import entities
from processors.batches import Group, compare
from processors.case import cycle_key, request_cycle
from processors.npca.finding import Facts, Finding, Ground, Outcome, judge
from processors.npca.holding import holders

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from ledger.model.rows import DecisionRow
    from pipeline.npca.tables import NpcaConnection, NpcaCursor
    from processors.npca.submitted import Line
    from processors.policy.model import Policy

SOURCE: Final = "npca"
PROGRAM: Final = "desk"
"""Who found what the rules found."""
AT_ONCE: Final = 500

Identity = tuple[str, str]


class Reviewed(NamedTuple):
    """How far a pass is: findings made, and the last leaf looked at, None at the end of the pass."""

    findings: int
    after: int | None


class Desk:
    """Reviews lines with the policies the agency holds, by the digest of each pack. Used by one thread."""

    def __init__(self, connection: NpcaConnection, policies: Mapping[bytes, Policy]) -> None:
        self._connection, self._policies = connection, policies

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
        agreed = {number: control_totals(cursor, number) for number in {number for number, _ in lines}}
        ready = list(gather(cursor, [line for number, line in lines if agreed[number] is not None]))
        numbers = {line.line_id: number for number, line in lines}
        judged = [(line, *judge(line, facts, self._policies)) for line, facts in ready]
        claims = Claims(cursor, {holder for _, _, bid in judged if bid is not None for holder in holders(bid)})
        for line, finding, bid in judged:
            if not agreed[numbers[line.line_id]]:
                keep(cursor, line, Finding(Outcome.QUERIED, None, Ground.CONTROL_TOTALS.value), PROGRAM)
            else:
                keep(cursor, line, finding if bid is None else claims.take(line, bid), PROGRAM)
        return Reviewed(len(judged), lines[-1][1].leaf_no)


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
    value = encode(Event(SOURCE, event_id, kind, time_ns() // 1_000, data))
    cursor.execute("insert into outbox (value) values (%s)", (value,))


# -- what a line is judged on ----------------------------------------------------------------------------------------


class StoredKin:
    """Facts that relate entities, as the agency keeps them; each key is read once for a chunk."""

    def __init__(self, cursor: NpcaCursor) -> None:
        self._cursor = cursor
        self._known: dict[bytes, list[Event]] = {}

    def of(self, keys: Collection[bytes]) -> Iterable[Event]:
        """The facts of these entities, each once."""
        fresh = [key for key in keys if key not in self._known]
        if fresh:
            self._known.update((key, []) for key in fresh)
            rows = self._cursor.execute(
                "select k.entity, f.source, f.event_id, f.type_no, f.time_us, f.value from kin k"
                " join fact f using (source, event_id) where k.entity = any(%s)",
                (fresh,),
            )
            for key, source, event_id, type_no, time_us, value in rows.fetchall():
                self._known[bytes(key)].append(restore(source, event_id, type_no, time_us, bytes(value)))
        found = {(event.source, event.id): event for key in keys for event in self._known[key]}
        return [found[identity] for identity in sorted(found)]


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
        said = kin.of(_own_keys(line))
        withdrawn = any(isinstance(event.data, PaymentWithdrawn) for event in said)
        retracted = any(isinstance(event.data, EventRetracted) for event in said)
        yield line, Facts(_decision(leaves[line.leaf_no]), request, evidence, kin, withdrawn, retracted)


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

    What the operator declared and asked for until the batch was submitted is taken from the operator's own events.
    """
    row = cursor.execute(
        "select s.source, s.batch_id, s.number, s.line_count, s.totals, b.recorded_us from submission s"
        " join block b using (block_no) where submission_no = %s",
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
        "select value from fact where source = %s and batch_id = %s and received_us <= %s order by time_us, event_id",
        (source, batch_id, recorded_us),
    )
    declared: BatchDeclared | None = None
    groups: dict[str, Group] = {}
    for (value,) in rows.fetchall():
        event = decode_recorded(bytes(value))
        data = event.data
        if isinstance(data, BatchDeclared):
            declared = data
        elif isinstance(data, PaymentRequested):
            asked = data.amount
            groups.setdefault(
                data.request_id,
                Group(
                    data.benefit, request_cycle(event, data), asked.currency if asked else None, 1,
                    to_minor(asked) if asked else 0,
                ),
            )  # fmt: skip
    if declared is None or len(groups) < declared.count:
        return None
    return compare(declared, groups.values()) is None
