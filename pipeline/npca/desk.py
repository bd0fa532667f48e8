"""What the agency's officers see: how far the log is followed, and the batches that wait for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pipeline.npca.tables import NpcaConnection


class Refused(NamedTuple):
    """A history, batch or line that was not taken in."""

    kind: str
    size: int
    detail: str
    at: str


class BatchRow(NamedTuple):
    """One submission of a batch; `totals` as `CURRENCY=minor units`, joined by semicolons."""

    source: str
    batch_id: str
    number: int
    benefit: str
    cycle: str
    lines: int
    totals: str


class Inbox(NamedTuple):
    """What waits: numbers of leaves followed and of the newest checkpoint found to agree, refusals, batches."""

    leaves: int
    witnessed: int
    refused: list[Refused]
    batches: list[BatchRow]


def read_inbox(connection: NpcaConnection) -> Inbox:
    """The inbox, from one snapshot."""
    with connection.transaction():
        row = connection.execute(
            "select (select count(*) from leaf), (select coalesce(max(size), 0) from witnessed)"
        ).fetchone()
        refused = connection.execute(
            'select kind, size, detail, to_char(at, \'YYYY-MM-DD"T"HH24:MI:SS"Z"\') from refusal order by refusal_no'
        ).fetchall()
        batches = connection.execute(
            "select source, batch_id, number, benefit, cycle, line_count, totals from submission order by submission_no"
        ).fetchall()
    leaves, witnessed = row or (0, 0)
    return Inbox(leaves, witnessed, [Refused._make(one) for one in refused], [BatchRow._make(one) for one in batches])
