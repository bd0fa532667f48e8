"""The outbox: what the relay has still to publish, and how to read what each row refers to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ledger.model.block import BlockHeader
from ledger.model.entry import EntryRow
from ledger.model.kinds import OutboxKind
from ledger.model.rows import DecisionRow, TransferRow
from ledger.store.copy import DECISION, TRANSFER
from ledger.store.quarantine import QuarantinedRecord, read_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.store.connection import LedgerConnection

_DECISION_COLUMNS = ", ".join(column.name for column in DECISION.columns)
_TRANSFER_COLUMNS = ", ".join(column.name for column in TRANSFER.columns)


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """One thing to publish: `ref` is a block, quarantine or submission number, by kind."""

    outbox_id: int
    kind: OutboxKind
    ref: int


@dataclass(frozen=True, slots=True)
class PostedBlock:
    """A block with every leaf, in leaf order within each list; `accounts` names those its transfers use."""

    header: BlockHeader
    hash: bytes
    decisions: list[DecisionRow]
    transfers: list[TransferRow]
    accounts: dict[int, str]
    entries: list[EntryRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PostedSubmission:
    """A submission and the decisions that froze its lines, in the order of their leaves.

    `line_count` is how many lines were ordered to be frozen when it was opened; those not approved are not in `lines`.
    """

    submission_no: int
    source: str
    batch_id: str
    number: int
    benefit: str
    cycle: int
    line_count: int
    block_no: int
    lines: list[DecisionRow]


def peek(conn: LedgerConnection, limit: int) -> list[OutboxItem]:
    """The next `limit` items in order of id. One may yet appear below those returned: delete by id, never by range."""
    with conn.transaction():
        rows = conn.execute("select outbox_id, kind, ref from outbox order by outbox_id limit %s", (limit,)).fetchall()
    return [OutboxItem(outbox_id, OutboxKind(kind), ref) for outbox_id, kind, ref in rows]


def delete(conn: LedgerConnection, outbox_ids: Sequence[int]) -> int:
    """Take out what was acknowledged, by id, and commit; returns how many were there."""
    with conn.transaction():
        return conn.execute("delete from outbox where outbox_id = any(%s)", (list(outbox_ids),)).rowcount


def read_block(conn: LedgerConnection, block_no: int) -> PostedBlock:
    """A committed block and its leaves. Raises LookupError when there is none."""
    with conn.transaction(), conn.cursor(binary=True) as cursor:
        row = cursor.execute(
            "select block_no, prev_hash, first_leaf, leaf_count, root, totals, policy_digest, recorded_us, writer,"
            " journal, hash from block where block_no = %s",
            (block_no,),
        ).fetchone()
        if row is None:
            raise LookupError(f"no block {block_no}")
        header = BlockHeader(*row[:-1])
        leaves = (header.first_leaf, header.first_leaf + header.leaf_count)
        cursor.execute(
            f"select {_DECISION_COLUMNS} from decision where leaf_no >= %s and leaf_no < %s order by leaf_no", leaves
        )
        decisions = [_decision(found) for found in cursor]
        cursor.execute(
            f"select {_TRANSFER_COLUMNS} from transfer where leaf_no >= %s and leaf_no < %s order by leaf_no", leaves
        )
        transfers = [TransferRow._make(found) for found in cursor]
        used = {number for transfer in transfers for number in (transfer.debit_account, transfer.credit_account)}
        cursor.execute("select account_no, code from account where account_no = any(%s)", (sorted(used),))
        accounts: dict[int, str] = dict(cursor.fetchall())
        cursor.execute(
            "select leaf_no, block_no, kind, ref, body from log_entry where leaf_no >= %s and leaf_no < %s"
            " order by leaf_no",
            leaves,
        )
        return PostedBlock(header, row[-1], decisions, transfers, accounts, [EntryRow._make(found) for found in cursor])


def read_quarantine(conn: LedgerConnection, quarantine_no: int) -> QuarantinedRecord:
    """A quarantined record as it came. Raises LookupError when there is none."""
    with conn.transaction():
        return read_record(conn, quarantine_no)


def read_submission(conn: LedgerConnection, submission_no: int) -> PostedSubmission:
    """A submission with its frozen lines. Raises LookupError when there is none."""
    with conn.transaction(), conn.cursor(binary=True) as cursor:
        row = cursor.execute(
            "select submission_no, source, batch_id, number, benefit, cycle, line_count, block_no from submission"
            " where submission_no = %s",
            (submission_no,),
        ).fetchone()
        if row is None:
            raise LookupError(f"no submission {submission_no}")
        cursor.execute(
            f"select {_DECISION_COLUMNS} from decision where leaf_no in"
            " (select decision_leaf from submission_line where submission_no = %s) order by leaf_no",
            (submission_no,),
        )
        return PostedSubmission(*(*row, [_decision(found) for found in cursor]))


def _decision(row: Sequence[object]) -> DecisionRow:
    decision = DecisionRow._make(row)
    return decision._replace(reasons=tuple(decision.reasons))
