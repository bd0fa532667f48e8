"""Submissions: complete batches and supplements get freeze orders; a submission whose orders are done is announced."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from ledger.model.kinds import Cause, OutboxKind
from ledger.store import books, books_writer, copy
from processors import entities
from processors.batches import Group, compare, declaration

if TYPE_CHECKING:
    from events.payment import BatchDeclared
    from ledger.store.connection import LedgerCursor
    from pipeline.decide.shelf import DatabaseShelf
    from processors.desk import Plan
    from processors.policy.model import Policy


def submit(cursor: LedgerCursor, policy: Policy, shelf: DatabaseShelf, plan: Plan, next_no: int, block_no: int) -> int:
    """Carry out what the plan says of batches; returns the next submission number to give."""
    told = shelf.states([entities.batch(source, batch_id) for source, batch_id in plan.batches])
    for source, batch_id in sorted(plan.batches):
        declared = declaration(told[entities.batch(source, batch_id)], policy.commons)
        if declared is not None and _complete(cursor, source, batch_id, declared):
            _open(cursor, next_no, (source, batch_id, 0), declared, block_no)
            next_no += 1
    next_no = _supplements(cursor, policy, shelf, plan, next_no, block_no)
    _announce(cursor, plan)
    return next_no


def _complete(cursor: LedgerCursor, source: str, batch_id: str, declared: BatchDeclared) -> bool:
    groups = [
        Group(benefit, f"{cycle // 100:04d}-{cycle % 100:02d}", currency, requests, amount)
        for benefit, cycle, currency, requests, amount in books.read_groups(cursor, source, batch_id)
    ]
    if compare(declared, groups) is not None:
        return False
    return not books.read_submissions(cursor, source, batch_id)


def _open(
    cursor: LedgerCursor,
    submission_no: int,
    name: tuple[str, str, int],
    declared: BatchDeclared,
    block_no: int,
    lines: list[bytes] | None = None,
) -> None:
    """Open a submission with a freeze order for each of `lines` (None: for every line of the batch)."""
    source, batch_id, number = name
    if lines is None:
        count = books_writer.order_batch(cursor, source, batch_id, submission_no)
    else:
        count = copy.copy_rows(
            cursor, copy.MARK, [(b"L" + line_id, None, int(Cause.FREEZE), submission_no) for line_id in lines]
        )
    cycle = int(declared.cycle[:4]) * 100 + int(declared.cycle[5:7])
    copy.copy_rows(
        cursor, copy.SUBMISSION, [(submission_no, source, batch_id, number, declared.benefit, cycle, count, block_no)]
    )
    copy.copy_rows(cursor, copy.SUBMISSION_OPEN, [(submission_no, count)])


def _supplements(
    cursor: LedgerCursor, policy: Policy, shelf: DatabaseShelf, plan: Plan, next_no: int, block_no: int
) -> int:
    """Lines approved too late for their batch go into its open supplement, else into a new one."""
    if not plan.late:
        return next_no
    ordered = books.read_ordered(cursor, [b"L" + line_id for line_id, _, _ in plan.late])
    by_batch: dict[tuple[str, str], list[bytes]] = defaultdict(list)
    for line_id, source, batch_id in plan.late:
        if b"L" + line_id not in ordered:
            by_batch[(source, batch_id)].append(line_id)
    told = shelf.states([entities.batch(source, batch_id) for source, batch_id in by_batch])
    for (source, batch_id), lines in sorted(by_batch.items()):
        known = books.read_submissions(cursor, source, batch_id)
        declared = declaration(told[entities.batch(source, batch_id)], policy.commons)
        if not known or declared is None:
            continue
        last_no, last_number, still_open = known[-1]
        if still_open and last_number > 0:
            copy.copy_rows(cursor, copy.MARK, [(b"L" + line_id, None, int(Cause.FREEZE), last_no) for line_id in lines])
            books_writer.more_orders(cursor, last_no, len(lines))
        else:
            _open(cursor, next_no, (source, batch_id, last_number + 1), declared, block_no, lines)
            next_no += 1
    return next_no


def _announce(cursor: LedgerCursor, plan: Plan) -> None:
    done = Counter(submission_no for submission_no, _, _ in plan.releases)
    for submission_no, count in sorted(done.items()):
        if books_writer.release_orders(cursor, submission_no, count):
            copy.copy_rows(cursor, copy.OUTBOX, [(int(OutboxKind.SUBMISSION), submission_no)])
