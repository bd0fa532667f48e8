"""Submissions: complete batches and supplements get freeze orders; a submission whose orders are done is announced.

What the leader knows is gathered when a set is decided (`asked_of`); what follows from it is found in the transaction
that writes the set, where every set before it is committed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from ledger.model.kinds import Cause, OutboxKind
from ledger.store import books, books_writer, copy
from processors import entities
from processors.batches import Group, compare, declaration

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from events.payment import BatchDeclared
    from ledger.store.connection import LedgerCursor
    from pipeline.decide.shelf import DatabaseShelf
    from processors.desk import Plan
    from processors.policy.model import Policy

BatchName = tuple[str, str]
"""Source and batch id."""


class Asked(NamedTuple):
    """What one set asks of submissions.

    Batches to be looked at with what was declared of them, lines approved too late for their batch, what was declared
    of these batches, and how many orders of each submission are done with.
    """

    batches: Mapping[BatchName, BatchDeclared]
    late: Mapping[BatchName, list[bytes]]
    late_declared: Mapping[BatchName, BatchDeclared]
    done: Mapping[int, int]
    block_no: int

    @property
    def concerned(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.batches or self.late or self.done)


def asked_of(plan: Plan, shelf: DatabaseShelf, policy: Policy, block_no: int) -> Asked:
    """What a plan asks of submissions. `block_no` is the block of the plan's decisions."""
    late: dict[BatchName, list[bytes]] = defaultdict(list)
    for line_id, source, batch_id in plan.late:
        late[(source, batch_id)].append(line_id)
    done = Counter(submission_no for submission_no, _, _ in plan.releases)
    return Asked(_declared(plan.batches, shelf, policy), late, _declared(late, shelf, policy), done, block_no)


def _declared(batches: Collection[BatchName], shelf: DatabaseShelf, policy: Policy) -> dict[BatchName, BatchDeclared]:
    told = shelf.states([entities.batch(*name) for name in batches]) if batches else {}
    found = ((name, declaration(told[entities.batch(*name)], policy.commons)) for name in sorted(batches))
    return {name: declared for name, declared in found if declared is not None}


class Submissions:
    """Gives submissions their numbers. Used by the thread that writes; made anew after each failure."""

    def __init__(self, next_no: int) -> None:
        self.next_no = next_no

    def submit(self, cursor: LedgerCursor, asked: Asked) -> None:
        """Carry out what a set asks, in its transaction."""
        for name, declared in asked.batches.items():
            if _complete(cursor, name, declared):
                self._open(cursor, (*name, 0), declared, asked.block_no)
        self._supplements(cursor, asked)
        for submission_no, count in sorted(asked.done.items()):
            if books_writer.release_orders(cursor, submission_no, count):
                copy.copy_rows(cursor, copy.OUTBOX, [(int(OutboxKind.SUBMISSION), submission_no)])

    def _open(
        self,
        cursor: LedgerCursor,
        name: tuple[str, str, int],
        declared: BatchDeclared,
        block_no: int,
        lines: list[bytes] | None = None,
    ) -> None:
        """Open a submission with a freeze order for each of `lines` (None: for every line of the batch)."""
        (source, batch_id, number), submission_no = name, self.next_no
        self.next_no += 1
        if lines is None:
            count = books_writer.order_batch(cursor, source, batch_id, submission_no)
        else:
            count = _order(cursor, lines, submission_no)
        cycle = int(declared.cycle[:4]) * 100 + int(declared.cycle[5:7])
        row = (submission_no, source, batch_id, number, declared.benefit, cycle, count, block_no)
        copy.copy_rows(cursor, copy.SUBMISSION, [row])
        copy.copy_rows(cursor, copy.SUBMISSION_OPEN, [(submission_no, count)])

    def _supplements(self, cursor: LedgerCursor, asked: Asked) -> None:
        """Lines approved too late for their batch go into its open supplement, else into a new one."""
        if not asked.late:
            return
        ordered = books.read_ordered(cursor, [b"L" + line_id for lines in asked.late.values() for line_id in lines])
        for name, approved in sorted(asked.late.items()):
            lines = [line_id for line_id in approved if b"L" + line_id not in ordered]
            known = books.read_submissions(cursor, *name) if lines and name in asked.late_declared else []
            if not known:
                continue
            last_no, last_number, still_open = known[-1]
            if still_open and last_number > 0:
                books_writer.more_orders(cursor, last_no, _order(cursor, lines, last_no))
            else:
                self._open(cursor, (*name, last_number + 1), asked.late_declared[name], asked.block_no, lines)


def _order(cursor: LedgerCursor, lines: list[bytes], submission_no: int) -> int:
    orders = [(b"L" + line_id, None, int(Cause.FREEZE), submission_no) for line_id in lines]
    return copy.copy_rows(cursor, copy.MARK, orders)


def _complete(cursor: LedgerCursor, name: BatchName, declared: BatchDeclared) -> bool:
    groups = [
        Group(benefit, f"{cycle // 100:04d}-{cycle % 100:02d}", currency, requests, amount)
        for benefit, cycle, currency, requests, amount in books.read_groups(cursor, *name)
    ]
    return compare(declared, groups) is None and not books.read_submissions(cursor, *name)
