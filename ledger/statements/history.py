"""The decisions on lines, their blocks, and how far a batch is: what answers are read from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ledger.model.rows import DecisionRow
from ledger.store.copy import DECISION

if TYPE_CHECKING:
    from collections.abc import Collection

    from ledger.store.connection import LedgerConnection, LedgerCursor

_COLUMNS = ", ".join(f"d.{column.name}" for column in DECISION.columns)


class SubmissionStatus(NamedTuple):
    """One submission of a batch: 0 is the batch itself, then its supplements. `outstanding` orders are not done yet."""

    number: int
    ordered: int
    frozen: int
    outstanding: int


class BlockHead(NamedTuple):
    """What names a block: its number, hash, policy, and when it was recorded (microseconds since the epoch)."""

    block_no: int
    hash: bytes
    policy_digest: bytes
    recorded_us: int


class StateCount(NamedTuple):
    """How many requests of a batch are in a state, and the amount decided for them."""

    state: int
    currency: str | None
    requests: int
    amount_minor: int


def decisions_on(cursor: LedgerCursor, subjects: Collection[bytes]) -> list[DecisionRow]:
    """Every decision on these subjects, by subject and version; `cursor` is a binary one."""
    cursor.execute(
        f"select {_COLUMNS} from decision d where d.subject = any(%b) order by d.subject, d.version", (list(subjects),)
    )
    found = [DecisionRow._make(row) for row in cursor]
    return [row._replace(reasons=tuple(row.reasons)) for row in found]


def blocks_of(cursor: LedgerCursor, block_nos: Collection[int]) -> dict[int, BlockHead]:
    """The heads of these blocks, by number."""
    cursor.execute(
        "select block_no, hash, policy_digest, recorded_us from block where block_no = any(%s)", (list(block_nos),)
    )
    return {row[0]: BlockHead._make(row) for row in cursor}


def submissions_of(conn: LedgerConnection, source: str, batch_id: str) -> list[SubmissionStatus]:
    """The submissions of a batch, by number."""
    rows = conn.execute(
        "select s.number, s.line_count, (select count(*) from submission_line l where l.submission_no ="
        " s.submission_no), coalesce(o.outstanding, 0) from submission s left join submission_open o"
        " using (submission_no) where s.source = %s and s.batch_id = %s order by s.number",
        (source, batch_id),
    ).fetchall()
    return [SubmissionStatus._make(row) for row in rows]


def states_of(conn: LedgerConnection, source: str, batch_id: str) -> list[StateCount]:
    """The requests of a batch by the state of their latest decision."""
    rows = conn.execute(
        "select d.state, d.currency, count(*), coalesce(sum(d.amount_minor), 0) from line l"
        " cross join lateral (select state, currency, amount_minor from decision where subject = l.line_id"
        " order by version desc limit 1) d where l.source = %s and l.batch_id = %s group by 1, 2 order by 1, 2",
        (source, batch_id),
    ).fetchall()
    return [StateCount(state, currency, count, int(amount)) for state, currency, count, amount in rows]


def sources_of(conn: LedgerConnection, batch_id: str) -> list[str]:
    """The sources that have a batch of this id: batch ids are per source."""
    rows = conn.execute("select distinct source from line where batch_id = %s order by 1", (batch_id,)).fetchall()
    return [source for (source,) in rows]
