"""Writing one plan in one transaction: states, links, lines, claims, decisions, transfers, one block, the outbox.

Rows are made here and sent: the thread that writes works on the first ones while the next are still being made.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from time import time_ns
from typing import TYPE_CHECKING, NamedTuple

from events.money import CURRENCIES
from events.reasons import REASONS
from events.states import STATE_NUMBERS
from ledger.model.block import GENESIS_HASH, BlockHeader, block_hash, block_root, format_totals
from ledger.model.entry import EntryRow, encode_entry
from ledger.model.kinds import Cause, OutboxKind
from ledger.model.leaf import account_reference, encode_decision, encode_transfer
from ledger.model.rows import DecisionRow, TransferRow
from ledger.store import books, books_writer, copy, entries
from ledger.store.periods import share_periods
from pipeline.decide import journal
from pipeline.decide.body import encode_body
from pipeline.decide.journal import Journal, journal_of
from pipeline.decide.submitting import Submissions, asked_of
from processors.entries import number, remembered
from processors.facts import EntityState, encode_state
from processors.outcome import ClaimKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from events.envelope import Event
    from ledger.model.account import Account
    from ledger.store.connection import LedgerCursor
    from pipeline.decide.shelf import Cache, DatabaseShelf
    from processors.desk import Mark, Plan
    from processors.entries import DecisionEntry, TransferEntry
    from processors.outcome import Claim
    from processors.policy.model import Policy

Send = Callable[..., None]
"""Has `work(cursor, *arguments)` done in the transaction, in the order of the calls, by another thread.

What is sent must not be changed afterwards.
"""

WINDOW_GROUPS = {"birth:delivery": 1, "birth:maternity": 2, "wage_replacement": 3}
"""Numbers of the groups held by windows, as the exclusion constraint needs them; stable, never reused."""


class Written(NamedTuple):
    """What one set adds to the log: the block it made or, without a decision, the last one; and its transfers."""

    block_no: int
    transfers: list[TransferRow]


class Ledger:
    """The end of the log, as the leader knows it: where it stands once all that was sent is committed.

    Read anew after each failure.
    """

    def __init__(self, cursor: LedgerCursor, cache: Cache, policy: Policy) -> None:
        self.cache, self.policy = cache, policy
        self.head = books.read_head(cursor)
        self.accounts = books.read_accounts(cursor)
        self.references: dict[int, bytes] = {
            account_no: account_reference(account_no, code) for code, account_no in self.accounts.items()
        }
        self.submissions = Submissions(self.head.next_submission)
        self.writer = f"{socket.gethostname()}:{os.getpid()}"
        self.set_no = books.read_set_number(cursor, self.head.block_no)
        self.waited: set[bytes] = set()

    def stamp(self) -> tuple[int, str]:
        """When (microseconds since the epoch) and by whom the next block is made."""
        return time_ns() // 1_000, self.writer

    def write(
        self, send: Send, shelf: DatabaseShelf, plan: Plan, marks: Sequence[Mark], events: Mapping[int, Event]
    ) -> Written:
        """Send all rows of the plan. The caller sent the beginning of the transaction, and sends its end.

        `events` are those that the marks name.
        """
        send(share_periods)
        self._states(send, plan)
        self._lines(send, shelf, plan)
        self._links(send, plan)
        self._claims(send, shelf, plan)
        written = self._log(send, plan, journal_of(marks, events, shelf.busy, shelf.met))
        self._marks(send, plan)
        asked = asked_of(plan, shelf, self.policy, written.block_no)
        if asked.concerned or asked.raised:
            send(self.submissions.submit, asked)
        return written

    def note(self, cursor: LedgerCursor, waiting: Sequence[entries.Awaiting]) -> None:
        """Take rows that wait for their leaf into a block of their own, in the caller's transaction."""
        share_periods(cursor)
        told = entries.take_awaiting(cursor, waiting)
        rows = [
            EntryRow(leaf_no, self.head.block_no + 1, *one) for leaf_no, one in enumerate(told, self.head.next_leaf)
        ]
        if rows:
            copy.copy_rows(cursor, copy.LOG_ENTRY, rows)
            kept = Journal(told=[(row.kind, row.ref) for row in rows])
            self._block(lambda work, *given: work(cursor, *given), [encode_entry(row) for row in rows], [], kept)

    # -- working state ----------------------------------------------------------------------------------------------

    def _states(self, send: Send, plan: Plan) -> None:
        numbers, states, created = [], [], []
        next_entity = self.head.next_entity
        for key, state in (plan.states | self._new_holders(plan)).items():
            encoded = encode_state(state)
            known = self.cache.numbers.get(key)
            if known is None:
                created.append((next_entity, key, encoded))
                self.cache.numbers.put(key, next_entity)
                next_entity += 1
            else:
                numbers.append(known)
                states.append(encoded)
        self.head = self.head._replace(next_entity=next_entity)
        _append(send, copy.ENTITY, created)
        send(books_writer.update_states, numbers, states)

    def _new_holders(self, plan: Plan) -> dict[bytes, EntityState]:
        """Who holds a claim before a fact of its own is folded, as whom a merge that is told of another makes her."""
        holders = {claim.holder for _, claim in plan.claims} | {claim.holder for _, claim, _ in plan.doubles}
        return {
            holder: EntityState() for holder in sorted(holders - plan.states.keys()) if holder not in self.cache.numbers
        }

    def _lines(self, send: Send, shelf: DatabaseShelf, plan: Plan) -> None:
        rows = {row.line_id: row for row in plan.lines}
        send(books_writer.drop_lines, [line_id for line_id in rows if not shelf.is_new(b"L" + line_id)])
        _append(
            send,
            copy.LINE,
            [
                (
                    row.line_id,
                    row.home,
                    row.source,
                    row.benefit,
                    _month(row.cycle),
                    row.batch_id,
                    row.amount_minor,
                    row.currency,
                )
                for row in rows.values()
            ],
        )

    def _links(self, send: Send, plan: Plan) -> None:
        new = [link for link in plan.links if link not in self.cache.links]
        send(books_writer.add_links, new)
        for link in new:
            self.cache.links.put(link, None)
        send(
            books_writer.add_retractions,
            [(source, event_id, position) for (source, event_id), _, position in plan.retractions],
        )
        self.cache.retract(plan.retractions)

    def _claims(self, send: Send, shelf: DatabaseShelf, plan: Plan) -> None:
        """Delete all claims of the holders whose claims changed, then insert the live ones."""
        live: dict[bytes, set[tuple[bytes, Claim]]] = {holder: set() for holder in plan.holders}
        for line_id, claim in plan.claims:
            live.setdefault(claim.holder, set()).add((line_id, claim))
        changed = {}
        for holder, claims in live.items():
            known = (
                frozenset()
                if shelf.is_new(holder) and holder not in self.cache.claims
                else self.cache.claims.get(holder)
            )
            if known is None or known != claims:
                changed[holder] = frozenset(claims)
                self.cache.claims.put(holder, changed[holder])
        send(
            books_writer.drop_claims,
            [
                self.cache.numbers[holder]
                for holder in changed
                if not shelf.is_new(holder) and holder in self.cache.numbers
            ],
        )
        self._insert_claims(send, [held for claims in changed.values() for held in claims])

    def _insert_claims(self, send: Send, claims: Sequence[tuple[bytes, Claim]]) -> None:
        keys, sides, windows = [], set(), []
        for line_id, claim in claims:
            holder = self.cache.numbers[claim.holder]
            if claim.kind is ClaimKind.KEY:
                keys.append((holder, claim.group, claim.key, line_id))
            elif claim.kind is ClaimKind.SIDE:
                sides.add((holder, claim.group, claim.key, claim.side))
            else:
                windows.append((holder, WINDOW_GROUPS[claim.group], (claim.since, claim.until), line_id))
        _append(send, copy.CLAIM_KEY, keys)
        _append(send, copy.CLAIM_SIDE, sorted(sides))
        _append(send, copy.CLAIM_WINDOW, windows)

    def _marks(self, send: Send, plan: Plan) -> None:
        rows = [(key, None, int(Cause.FREEZE), submission_no) for key, submission_no in plan.requeued]
        _append(send, copy.MARK, rows)
        cycles = [key for key in plan.spread if key[:1] == b"C"]
        send(books_writer.mark_readers, [key for key in plan.spread if key[:1] != b"C"], plan.decided)
        for key in cycles:
            source, benefit, cycle = key[1:].decode().split("\0")
            send(books_writer.mark_cycle, source, benefit, _month(cycle))

    # -- the log ----------------------------------------------------------------------------------------------------

    def _log(self, send: Send, plan: Plan, kept: Journal) -> Written:
        block_no = self.head.block_no + 1
        decisions: list[DecisionRow] = []
        transfers: list[TransferRow] = []
        leaves: list[bytes] = []
        for drafted, entry in number(plan.decisions, self.head.next_leaf):
            for draft in drafted:
                row = self._transfer(send, draft, block_no)
                transfers.append(row)
                leaves.append(
                    encode_transfer(row, self.references[row.debit_account], self.references[row.credit_account])
                )
            decided = self._decision(entry, block_no)
            decisions.append(decided)
            leaves.append(encode_decision(decided))
            self.cache.history.put(entry.decision.subject, remembered(entry.decision, entry.version, entry.posted))
        if not leaves:
            self._keep(send, kept, idle=len(plan.requeued) == len(kept.rest) and not kept.positions)
            return Written(self.head.block_no, [])
        _append(send, copy.TRANSFER, transfers)
        _append(send, copy.DECISION, decisions)
        self._block(send, leaves, transfers, kept)
        self._after(send, plan, decisions, block_no)
        return Written(block_no, transfers)

    def _keep(self, send: Send, kept: Journal, *, idle: bool) -> None:
        """Keep the journal of a set without leaves.

        An `idle` set only put back freeze orders that wait. It comes again every moment, and is kept once as long as
        nothing else happens.
        """
        encoded = journal.encode(kept)
        if not idle:
            self.waited.clear()
        elif encoded in self.waited:
            return
        else:
            self.waited.add(encoded)
        self.set_no += 1
        _append(send, copy.SET_JOURNAL, [(self.head.block_no, self.set_no, self.policy.digest, encoded)])

    def _block(self, send: Send, leaves: list[bytes], transfers: Sequence[TransferRow], kept: Journal) -> None:
        self.set_no = 0
        self.waited.clear()
        recorded_us, writer = self.stamp()
        totals: dict[str, int] = {}
        for row in transfers:
            totals[row.currency] = totals.get(row.currency, 0) + row.amount_minor
        header = BlockHeader(
            block_no=self.head.block_no + 1,
            prev_hash=self.head.block_hash or GENESIS_HASH,
            first_leaf=self.head.next_leaf,
            leaf_count=len(leaves),
            root=block_root(leaves),
            totals=format_totals(totals),
            policy_digest=self.policy.digest,
            recorded_us=recorded_us,
            writer=writer,
            journal=journal.encode(kept),
        )
        own = block_hash(header)
        values = tuple(getattr(header, name) for name in BlockHeader.__slots__)
        _append(send, copy.BLOCK, [(*values, own)])
        _append(send, copy.OUTBOX, [(int(OutboxKind.BLOCK), header.block_no)])
        self.head = self.head._replace(
            block_no=header.block_no, block_hash=own, next_leaf=header.first_leaf + len(leaves)
        )

    def _after(self, send: Send, plan: Plan, decisions: Sequence[DecisionRow], block_no: int) -> None:
        """What refers to the block: lines frozen in it, doubles found in it."""
        if plan.releases:
            leaf_of = {row.line_id: row.leaf_no for row in decisions if row.line_id is not None and row.kind == 1}
            frozen = [
                (submission_no, line_id, leaf_of[line_id]) for submission_no, line_id, done in plan.releases if done
            ]
            _append(send, copy.SUBMISSION_LINE, frozen)
        doubles = {
            (line_id, self.cache.numbers[claim.holder], claim.group, claim.key, against, block_no)
            for line_id, claim, against in plan.doubles
        }
        _append(send, copy.CLAIM_DOUBLE, sorted(doubles))

    def _transfer(self, send: Send, entry: TransferEntry, block_no: int) -> TransferRow:
        draft = entry.draft
        return TransferRow(
            leaf_no=entry.leaf_no,
            block_no=block_no,
            subject=entry.subject,
            version=entry.version,
            leg=entry.leg,
            step=int(draft.step),
            debit_account=self._account(send, draft.debit),
            credit_account=self._account(send, draft.credit),
            amount_minor=draft.amount_minor,
            currency=draft.debit.currency,
            effective_date=draft.effective_date,
            reverses=draft.reverses,
        )

    def _decision(self, entry: DecisionEntry, block_no: int) -> DecisionRow:
        decision = entry.decision
        return DecisionRow(
            leaf_no=entry.leaf_no,
            block_no=block_no,
            subject=decision.subject,
            line_id=decision.line_id,
            version=entry.version,
            kind=int(decision.kind),
            source=decision.event.source,
            event_id=decision.event.id,
            request_id=decision.request_id,
            batch_id=decision.batch_id,
            benefit=decision.benefit,
            state=STATE_NUMBERS[decision.state],
            reasons=tuple(REASONS[reason].number for reason in decision.reasons),
            amount_minor=decision.amount_minor,
            currency=decision.currency,
            won_by=decision.won_by,
            policy_digest=decision.policy_digest,
            inputs_digest=decision.inputs_digest,
            body=encode_body(entry),
        )

    def _account(self, send: Send, account: Account) -> int:
        """The number of an account, opened when it is first posted to."""
        code = account.code
        known = self.accounts.get(code)
        if known is None:
            known = len(self.accounts) + 1
            self.accounts[code] = known
            self.references[known] = account_reference(known, code)
            values = (known, code, str(account.family), account.qualifier, account.benefit, account.programme)
            dimensions = (account.operator, account.fund, account.area, account.cofog, account.gfsm, account.currency)
            _append(send, copy.ACCOUNT, [(*values, *dimensions, CURRENCIES[account.currency])])
        return known


def _append(send: Send, table: copy.TableSpec, rows: Sequence[copy.Row]) -> None:
    """Packed here, so that the thread that writes has little to do and seldom interrupts this one."""
    if rows:
        send(copy.copy_packed, table, table.pack(rows))


def _month(cycle: str) -> int:
    """`2018-03` as 201803."""
    return int(cycle[:4]) * 100 + int(cycle[5:7])
