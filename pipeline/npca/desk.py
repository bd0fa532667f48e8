"""What the agency's officers see and decide by hand: the inbox, the lines of a batch, queries and their ages."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pipeline.npca.holding import Claims, release
from pipeline.npca.intake import decode_line
from pipeline.npca.officers import OfficeError
from pipeline.npca.reviewing import gather, keep
from processors.npca.finding import Finding, Outcome, in_ledger
from processors.npca.holding import holders
from processors.npca.readjudicate import readjudicate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.npca.tables import NpcaConnection, NpcaCursor
    from processors.npca.submitted import Line
    from processors.policy.model import Policy

_LATEST = (
    "left join lateral (select outcome, amount_minor, reason, found_by, at from finding f"
    " where f.line_id = l.line_id order by finding_no desc limit 1) f on true"
)


_NOT_CERTIFIED_HERE = (
    "select encode(line_id, 'hex') from certified_leaf c join line l using (line_id)"
    f" {_LATEST.replace('f.line_id = l.line_id', 'f.line_id = c.line_id')} where f.outcome <> 'left' and not exists"
    " (select from ruled r join draft_line d using (certificate_id, line_id) join finding g using (finding_no)"
    " where r.line_id = c.line_id and g.outcome = 'certified' and g.amount_minor = c.amount_minor) order by c.leaf_no"
)


class Refused(NamedTuple):
    """A history, batch or line that was not taken in."""

    kind: str
    size: int
    detail: str
    at: str


class BatchRow(NamedTuple):
    """One submission of a batch; `totals` as `CURRENCY=minor units`, joined by semicolons. Lines by what is found.

    `waiting` lack something that did not arrive yet; `ruled` are in a certificate that was issued.
    """

    source: str
    batch_id: str
    number: int
    benefit: str
    cycle: str
    lines: int
    totals: str
    waiting: int
    certified: int
    refused: int
    queried: int
    left: int
    ruled: int


class Inbox(NamedTuple):
    """What waits: numbers of leaves followed and of the newest checkpoint found to agree, refusals, batches.

    `not_certified_here` are lines that the ledger takes for certified and no certificate of the agency does.
    """

    leaves: int
    witnessed: int
    refused: list[Refused]
    batches: list[BatchRow]
    not_certified_here: list[str]


class LineTold(NamedTuple):
    """One line with its latest finding; `outcome` is None while it waits. Amounts in minor units."""

    line_id: str
    request_id: str
    leaf_no: int
    amount_minor: int
    currency: str
    outcome: str | None
    certified_minor: int | None
    reason: str | None
    found_by: str | None
    certificate_id: str | None


class QueryRow(NamedTuple):
    """A line that was asked about and not decided since; `age_days` counts whole days."""

    source: str
    batch_id: str
    line_id: str
    reason: str
    age_days: int


def read_inbox(connection: NpcaConnection) -> Inbox:
    """The inbox, from one snapshot."""
    with connection.transaction():
        row = connection.execute(
            "select (select coalesce(max(first_leaf + leaf_count), 0) from block),"
            " (select coalesce(max(size), 0) from witnessed)"
        ).fetchone()
        refused = connection.execute(
            'select kind, size, detail, to_char(at, \'YYYY-MM-DD"T"HH24:MI:SS"Z"\') from refusal order by refusal_no'
        ).fetchall()
        batches = connection.execute(
            "select source, batch_id, number, benefit, cycle, line_count, totals,"
            " count(*) filter (where f.outcome is null and l.line_id is not null),"
            " count(*) filter (where f.outcome = 'certified'), count(*) filter (where f.outcome = 'refused'),"
            " count(*) filter (where f.outcome = 'queried'), count(*) filter (where f.outcome = 'left'),"
            " count(r.line_id)"
            f" from submission s left join line l using (submission_no) {_LATEST} left join ruled r using (line_id)"
            " group by submission_no order by submission_no"
        ).fetchall()
        strange = connection.execute(_NOT_CERTIFIED_HERE).fetchall()
    leaves, witnessed = row or (0, 0)
    return Inbox(
        leaves,
        witnessed,
        [Refused._make(one) for one in refused],
        [BatchRow._make(one) for one in batches],
        [line for (line,) in strange],
    )


class Open(NamedTuple):
    """The newest witnessed size, how much was refused, lines not ruled yet by finding, lines certified elsewhere."""

    witnessed: int
    refused: int
    lines: dict[str, int]
    not_certified_here: int


def read_open(connection: NpcaConnection) -> Open:
    """What the gauges show."""
    with connection.transaction():
        row = connection.execute(
            "select (select coalesce(max(size), 0) from witnessed), (select count(*) from refusal)"
        ).fetchone()
        found = connection.execute(
            f"select coalesce(f.outcome, 'waiting'), count(*) from line l {_LATEST}"
            " where not exists (select from ruled r where r.line_id = l.line_id) group by 1"
        ).fetchall()
        strange = connection.execute(_NOT_CERTIFIED_HERE).fetchall()
    witnessed, refused = row or (0, 0)
    return Open(witnessed, refused, dict(found), len(strange))


def read_lines(connection: NpcaConnection, source: str, batch_id: str, number: int) -> list[LineTold]:
    """The lines of a submission in the order of the log. OfficeError when there is none."""
    with connection.transaction():
        rows = connection.execute(
            "select l.line_id, l.told, l.leaf_no, l.amount_minor, l.currency, f.outcome, f.amount_minor, f.reason,"
            f" f.found_by, r.certificate_id from submission s join line l using (submission_no) {_LATEST}"
            " left join ruled r using (line_id) where (source, batch_id, number) = (%s, %s, %s) order by leaf_no",
            (source, batch_id, number),
        ).fetchall()
    if not rows:
        raise OfficeError(f"no line of submission {number} of batch {batch_id} of {source} was received")
    return [LineTold(bytes(row[0]).hex(), decode_line(bytes(row[1])).request_id, *row[2:]) for row in rows]


def read_queries(connection: NpcaConnection) -> list[QueryRow]:
    """Lines asked about and still open, the oldest first."""
    with connection.transaction():
        rows = connection.execute(
            "select s.source, s.batch_id, encode(l.line_id, 'hex'), f.reason, extract(day from now() - f.at)::int"
            f" from line l join submission s using (submission_no) {_LATEST} where f.outcome = 'queried' order by f.at"
        ).fetchall()
    return [QueryRow._make(row) for row in rows]


def query(connection: NpcaConnection, line_id: bytes, reason: str, by: str) -> None:
    """Ask about a line; it holds what it held meanwhile. OfficeError when it is ruled or unknown."""
    with connection.transaction(), connection.cursor(binary=True) as cursor:
        keep(cursor, _open(cursor, line_id), Finding(Outcome.QUERIED, None, reason), by)


def refuse(connection: NpcaConnection, line_id: bytes, reason: str, by: str) -> None:
    """Find a line refused. Its claim is let go of when the certificate is issued. OfficeError as for `query`."""
    with connection.transaction(), connection.cursor(binary=True) as cursor:
        keep(cursor, _open(cursor, line_id), Finding(Outcome.REFUSED, None, reason), by)


def certify(
    connection: NpcaConnection,
    policies: Mapping[bytes, Policy],
    line_id: bytes,
    amount_minor: int,
    reason: str,
    by: str,
) -> None:
    """Find a line certified for at most what was submitted, whatever the rules asked about.

    It must stand in the log as it was submitted, its request and policy must be known, and no other line may hold what
    it claims: OfficeError, since no person may pass over that.
    """
    with connection.transaction(), connection.cursor(binary=True) as cursor:
        line = _open(cursor, line_id)
        if not 0 < amount_minor <= line.amount_minor:
            raise OfficeError(f"a line is certified for more than nothing and at most {line.amount_minor} minor units")
        facts = next((facts for _, facts in gather(cursor, [line])), None)
        policy = policies.get(line.policy_digest)
        if facts is None or policy is None or not in_ledger(line, facts.leaf):
            raise OfficeError("the line's leaf, request, evidence or policy is not known here: it cannot be certified")
        bid = readjudicate(facts.request, facts.evidence, facts.kin, None, policy).bid
        release(cursor, line_id)
        taken = Claims(cursor, holders(bid)).take(line, bid)
        if taken.outcome is not Outcome.CERTIFIED:
            raise OfficeError(f"another line holds what this one claims ({taken.reason})")
        keep(cursor, line, Finding(Outcome.CERTIFIED, amount_minor, reason), by)


def _open(cursor: NpcaCursor, line_id: bytes) -> Line:
    row = cursor.execute(
        "select told, f.outcome is not distinct from 'left'"
        " or exists (select from ruled r where r.line_id = l.line_id)"
        f" from line l {_LATEST} where line_id = %s",
        (line_id,),
    ).fetchone()
    if row is None or row[1]:
        raise OfficeError(
            f"no open line {line_id.hex()}: it was never submitted, another certifies it, or it is ruled already"
        )
    return decode_line(bytes(row[0]))
