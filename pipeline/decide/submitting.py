"""Submissions: complete batches and supplements get freeze orders; a submission whose orders are done is announced.

What the leader knows is gathered when a set is decided (`asked_of`); what follows from it is found in the transaction
that writes the set, where every set before it is committed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from events.payment import PaymentRequested
from events.states import LineState
from ledger.model.kinds import Cause, OutboxKind
from ledger.model.step import Step
from ledger.store import books, books_writer, copy
from pipeline.decide.budgeting import Batch, Budgets, Late
from pipeline.decide.counting import Counts
from processors import entities
from processors.batches import compare, declaration
from processors.budgets import budgets

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from events.payment import BatchDeclared
    from ledger.store.books import BatchName, SubmissionRow
    from ledger.store.connection import LedgerCursor
    from pipeline.decide.shelf import DatabaseShelf
    from processors.budgets import BudgetRow
    from processors.desk import LineRow, Plan
    from processors.facts import EntityState
    from processors.outcome import Decision, History
    from processors.policy.model import Policy


class Asked(NamedTuple):
    """What one set asks of submissions.

    Batches to be looked at with what was declared of them, lines approved too late for their batch, what was declared
    of these batches, and how many orders of each submission are done with. `lines` are new in their batches; `changed`
    are batches that a line left or came to from another. `budgets` are told anew; `freed` says that something committed
    may be committed no more. `raised` are lines approved for more than before.
    """

    batches: Mapping[BatchName, BatchDeclared]
    late: Mapping[BatchName, list[bytes]]
    late_declared: Mapping[BatchName, BatchDeclared]
    done: Mapping[int, int]
    lines: Sequence[LineRow]
    changed: Collection[BatchName]
    block_no: int
    budgets: Sequence[BudgetRow] = ()
    freed: bool = False
    raised: Collection[bytes] = ()

    @property
    def concerned(self) -> bool:
        """Whether there is anything to look for, but what is raised."""
        return bool(self.batches or self.late or self.done or self.changed or self.budgets or self.freed)


def asked_of(plan: Plan, shelf: DatabaseShelf, policy: Policy, block_no: int) -> Asked:
    """What a plan asks of submissions. `block_no` is the block of the plan's decisions."""
    late: dict[BatchName, list[bytes]] = defaultdict(list)
    for line_id, source, batch_id in plan.late:
        late[(source, batch_id)].append(line_id)
    done = Counter(submission_no for submission_no, _, _ in plan.releases)
    shared = {row.line_id for row in plan.lines if len(plan.states[b"L" + row.line_id].requests) > 1}
    return Asked(
        batches=_declared(plan.batches, shelf, policy),
        late=late,
        late_declared=_declared(late, shelf, policy),
        done=done,
        lines=[row for row in plan.lines if row.line_id not in shared],
        changed={name for line_id in shared for name in _named(plan.states[b"L" + line_id])},
        block_no=block_no,
        budgets=[row for key in plan.spread if key[:1] == b"G" for row in budgets(plan.states[key], policy.commons)],
        freed=any(decision.state in _FREEING for decision, _ in plan.decisions),
        raised=[decision.subject for decision, last in plan.decisions if _raised(decision, last)],
    )


_RECOGNISED = (Step.RECOGNISE, "")
_FREEING = frozenset({LineState.REFUSED, LineState.RETURNED})


def _raised(decision: Decision, last: History | None) -> bool:
    """Whether more is approved of a line than before, or under another request, so of another year."""
    if decision.state is not LineState.APPROVED:
        return False
    if last is None or last.event_id != decision.event.id:
        return True
    return decision.position.get(_RECOGNISED, 0) > last.stands.get(_RECOGNISED, 0)


def _named(line: EntityState) -> Iterator[BatchName]:
    """The batches of all requests under one id."""
    for event in line.requests:
        if isinstance(event.data, PaymentRequested):
            yield event.source, event.data.batch_id


def _declared(batches: Collection[BatchName], shelf: DatabaseShelf, policy: Policy) -> dict[BatchName, BatchDeclared]:
    told = shelf.states([entities.batch(*name) for name in batches]) if batches else {}
    found = ((name, declaration(told[entities.batch(*name)], policy.commons)) for name in sorted(batches))
    return {name: declared for name, declared in found if declared is not None}


class Submissions:
    """Gives submissions their numbers. Used by the thread that writes; made anew after each failure."""

    def __init__(self, next_no: int) -> None:
        self.next_no = next_no
        self.counts = Counts()
        self.budgets = Budgets()

    def submit(self, cursor: LedgerCursor, asked: Asked) -> None:
        """Carry out what a set asks, in its transaction."""
        self.budgets.told(cursor, asked.budgets)
        called_back = self.budgets.called_back(cursor, asked.raised)
        if not (asked.concerned or called_back):
            return
        self.counts.forget(asked.changed)
        self.counts.add(asked.lines)
        complete = {name: _batch(told) for name, told in self._complete(cursor, asked.batches).items()}
        late: Late = {
            name: (_batch(asked.late_declared[name]), line_ids)
            for name, line_ids in asked.late.items()
            if name in asked.late_declared
        }
        last = {row[:2]: row for row in books.read_last_submissions(cursor, complete.keys() | late.keys())}
        complete = {name: batch for name, batch in complete.items() if name not in last}
        late = {name: lines for name, lines in late.items() if name in last}
        if self.budgets.controlled(cursor):
            complete, late = self.budgets.fitting(cursor, complete, asked.batches, late)
            last |= {row[:2]: row for row in books.read_last_submissions(cursor, late.keys() - last.keys())}
        opened = [self._next((*name, 0), complete[name]) for name in sorted(complete)]
        _give(cursor, opened, _orders(cursor, opened), asked.block_no)
        self._supplements(cursor, late, last, asked.block_no)
        done = books_writer.release_orders(cursor, Counter(asked.done) + called_back)
        copy.copy_rows(cursor, copy.OUTBOX, [(int(OutboxKind.SUBMISSION), submission_no) for submission_no in done])

    def _complete(
        self, cursor: LedgerCursor, batches: Mapping[BatchName, BatchDeclared]
    ) -> dict[BatchName, BatchDeclared]:
        """The batches that agree with what was declared of them; what was kept of their counts is not trusted."""
        agreeing = batches
        for _ in range(2):
            groups = self.counts.groups(cursor, agreeing)
            agreeing = {name: told for name, told in agreeing.items() if compare(told, groups[name]) is None}
            self.counts.forget(agreeing)
        return dict(agreeing)

    def _next(self, name: tuple[str, str, int], batch: Batch) -> _Opened:
        self.next_no += 1
        return _Opened(self.next_no - 1, *name, batch)

    def _supplements(
        self, cursor: LedgerCursor, late: Late, last: Mapping[BatchName, SubmissionRow], block_no: int
    ) -> None:
        """Lines approved too late for their batch go into its open supplement, else into a new one."""
        if not late:
            return
        ordered = books.read_ordered(cursor, [b"L" + line_id for _, line_ids in late.values() for line_id in line_ids])
        opened: list[_Opened] = []
        more: dict[int, int] = {}
        marks: list[tuple[bytes, None, int, int]] = []
        for name, (batch, line_ids) in sorted(late.items()):
            lines = [key for line_id in line_ids if (key := b"L" + line_id) not in ordered]
            if not lines:
                continue
            submission_no = last[name].submission_no
            if not (last[name].open and last[name].number > 0):
                opened.append(self._next((*name, last[name].number + 1), batch))
                submission_no = opened[-1].submission_no
            more[submission_no] = len(lines)
            marks += [(key, None, int(Cause.FREEZE), submission_no) for key in lines]
        copy.copy_rows(cursor, copy.MARK, marks)
        _give(cursor, opened, more, block_no)
        new = {row.submission_no for row in opened}
        books_writer.more_orders(cursor, {number: count for number, count in more.items() if number not in new})


class _Opened(NamedTuple):
    submission_no: int
    source: str
    batch_id: str
    number: int
    batch: Batch


def _batch(declared: BatchDeclared) -> Batch:
    return Batch(declared.benefit, int(declared.cycle[:4]) * 100 + int(declared.cycle[5:7]))


def _orders(cursor: LedgerCursor, opened: Sequence[_Opened]) -> dict[int, int]:
    """Give an order for every line of the batches; how many, by submission."""
    if not opened:
        return {}
    return books_writer.order_batches(cursor, [(row.source, row.batch_id, row.submission_no) for row in opened])


def _give(cursor: LedgerCursor, opened: Sequence[_Opened], orders: Mapping[int, int], block_no: int) -> None:
    """Keep new submissions with the number of their orders."""
    rows = []
    for submission_no, source, batch_id, number, batch in opened:
        rows.append((submission_no, source, batch_id, number, *batch, orders[submission_no], block_no))
    copy.copy_rows(cursor, copy.SUBMISSION, rows)
    copy.copy_rows(cursor, copy.SUBMISSION_OPEN, [(row.submission_no, orders[row.submission_no]) for row in opened])
