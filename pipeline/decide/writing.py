"""Writing one plan in one transaction: states, links, lines, claims, decisions, transfers, one block, the outbox."""

from __future__ import annotations

import os
import socket
from time import time_ns
from typing import TYPE_CHECKING

import msgspec

from events.money import CURRENCIES
from events.reasons import REASONS
from events.states import STATE_NUMBERS
from ledger.model.block import GENESIS_HASH, BlockHeader, block_hash, block_root, format_totals
from ledger.model.kinds import Cause, OutboxKind
from ledger.model.leaf import account_reference, encode_decision, encode_transfer
from ledger.model.rows import DecisionRow, TransferRow
from ledger.store import books, books_writer, copy
from pipeline.decide.body import encode_body
from pipeline.decide.sending import Sender
from pipeline.decide.submitting import submit
from processors.entries import number, remembered
from processors.facts import encode_state
from processors.outcome import ClaimKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.model.account import Account
    from ledger.store.connection import LedgerCursor
    from pipeline.decide.shelf import Cache, DatabaseShelf
    from processors.desk import Mark, Plan
    from processors.entries import DecisionEntry, TransferEntry
    from processors.outcome import Claim
    from processors.policy.model import Policy

WINDOW_GROUPS = {"birth:delivery": 1, "birth:maternity": 2, "wage_replacement": 3}
"""Numbers of the groups held by windows, as the exclusion constraint needs them; stable, never reused."""

_JOURNAL = msgspec.msgpack.Encoder()


def encode_journal(marks: Sequence[Mark]) -> bytes:
    """What the decider took to make a block: inbox positions as differences, then (entity, cause, ref) of the rest."""
    positions = sorted({mark.position for mark in marks if mark.position is not None})
    steps = [after - before for before, after in zip([0, *positions], positions, strict=False)]
    rest = [(mark.entity, mark.cause, mark.ref) for mark in marks if mark.position is None]
    return _JOURNAL.encode((steps, rest))


class Ledger:
    """The end of the log, as the leader knows it: kept in step with each commit, read anew after each failure."""

    def __init__(self, cursor: LedgerCursor, cache: Cache, policy: Policy) -> None:
        self.cache, self.policy = cache, policy
        self.head = books.read_head(cursor)
        self.accounts = books.read_accounts(cursor)
        self.references: dict[int, bytes] = {
            account_no: account_reference(account_no, code) for code, account_no in self.accounts.items()
        }
        self.sender = Sender()
        self.writer = f"{socket.gethostname()}:{os.getpid()}"

    def write(self, cursor: LedgerCursor, shelf: DatabaseShelf, plan: Plan, marks: Sequence[Mark]) -> int:
        """Write the plan; returns the number of leaves. The caller commits, then calls `advance`.

        Rows are sent in the order given while the next ones are still being made.
        """
        with self.sender as send:
            self._states(cursor, send, plan)
            self._lines(cursor, send, shelf, plan)
            self._links(cursor, send, plan)
            self._claims(cursor, send, shelf, plan)
            leaves = self._log(cursor, send, plan, marks)
        self._marks(cursor, plan)
        self.next_submission = submit(cursor, self.policy, shelf, plan, self.head.next_submission, self.block_no)
        return leaves

    # -- working state ----------------------------------------------------------------------------------------------

    def _states(self, cursor: LedgerCursor, send: Sender, plan: Plan) -> None:
        numbers, states, created = [], [], []
        self.next_entity = self.head.next_entity
        for key, state in plan.states.items():
            encoded = encode_state(state)
            known = self.cache.numbers.get(key)
            if known is None:
                created.append((self.next_entity, key, encoded))
                self.cache.numbers.put(key, self.next_entity)
                self.next_entity += 1
            else:
                numbers.append(known)
                states.append(encoded)
        send(copy.copy_rows, cursor, copy.ENTITY, created)
        send(books_writer.update_states, cursor, numbers, states)

    def _lines(self, cursor: LedgerCursor, send: Sender, shelf: DatabaseShelf, plan: Plan) -> None:
        rows = {row.line_id: row for row in plan.lines}
        send(books_writer.drop_lines, cursor, [line_id for line_id in rows if not shelf.is_new(b"L" + line_id)])
        send(
            copy.copy_rows,
            cursor,
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

    def _links(self, cursor: LedgerCursor, send: Sender, plan: Plan) -> None:
        new = [link for link in plan.links if link not in self.cache.links]
        send(books_writer.add_links, cursor, new)
        for link in new:
            self.cache.links.put(link, None)
        send(
            books_writer.add_retractions,
            cursor,
            [(source, event_id, position) for (source, event_id), _, position in plan.retractions],
        )
        if plan.retractions:
            self.cache.any_retraction = True

    def _claims(self, cursor: LedgerCursor, send: Sender, shelf: DatabaseShelf, plan: Plan) -> None:
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
            cursor,
            [
                self.cache.numbers[holder]
                for holder in changed
                if not shelf.is_new(holder) and holder in self.cache.numbers
            ],
        )
        self._insert_claims(cursor, send, [held for claims in changed.values() for held in claims])

    def _insert_claims(self, cursor: LedgerCursor, send: Sender, claims: Sequence[tuple[bytes, Claim]]) -> None:
        keys, sides, windows = [], set(), []
        for line_id, claim in claims:
            holder = self.cache.numbers[claim.holder]
            if claim.kind is ClaimKind.KEY:
                keys.append((holder, claim.group, claim.key, line_id))
            elif claim.kind is ClaimKind.SIDE:
                sides.add((holder, claim.group, claim.key, claim.side))
            else:
                windows.append((holder, WINDOW_GROUPS[claim.group], (claim.since, claim.until), line_id))
        send(copy.copy_rows, cursor, copy.CLAIM_KEY, keys)
        send(copy.copy_rows, cursor, copy.CLAIM_SIDE, sorted(sides))
        send(copy.copy_rows, cursor, copy.CLAIM_WINDOW, windows)

    def _marks(self, cursor: LedgerCursor, plan: Plan) -> None:
        rows = [(key, None, int(Cause.FREEZE), submission_no) for key, submission_no in plan.requeued]
        copy.copy_rows(cursor, copy.MARK, rows)
        cycles = [key for key in plan.spread if key[:1] == b"C"]
        books_writer.mark_readers(cursor, [key for key in plan.spread if key[:1] != b"C"])
        for key in cycles:
            source, benefit, cycle = key[1:].decode().split("\0")
            books_writer.mark_cycle(cursor, source, benefit, _month(cycle))

    # -- the log ----------------------------------------------------------------------------------------------------

    def _log(self, cursor: LedgerCursor, send: Sender, plan: Plan, marks: Sequence[Mark]) -> int:
        self.block_no, first = self.head.block_no + 1, self.head.next_leaf
        decisions: list[DecisionRow] = []
        transfers: list[TransferRow] = []
        leaves: list[bytes] = []
        totals: dict[str, int] = {}
        for drafted, entry in number(plan.decisions, first):
            for draft in drafted:
                row = self._transfer(cursor, send, draft)
                transfers.append(row)
                totals[row.currency] = totals.get(row.currency, 0) + row.amount_minor
                leaves.append(
                    encode_transfer(row, self.references[row.debit_account], self.references[row.credit_account])
                )
            decided = self._decision(entry)
            decisions.append(decided)
            leaves.append(encode_decision(decided))
            self.cache.history.put(entry.decision.subject, remembered(entry.decision, entry.version, entry.posted))
        self.posted = transfers
        self.leaf_of = {row.line_id: row.leaf_no for row in decisions if row.line_id is not None and row.kind == 1}
        if not leaves:
            self.next_leaf, self.block_no, self.hash = first, self.head.block_no, self.head.block_hash
            return 0
        send(copy.copy_rows, cursor, copy.TRANSFER, transfers)
        send(copy.copy_rows, cursor, copy.DECISION, decisions)
        self._block(cursor, send, first, leaves, totals, marks)
        self._after(cursor, send, plan)
        return len(leaves)

    def _block(
        self,
        cursor: LedgerCursor,
        send: Sender,
        first: int,
        leaves: list[bytes],
        totals: dict[str, int],
        marks: Sequence[Mark],
    ) -> None:
        journal = encode_journal(marks)
        header = BlockHeader(
            block_no=self.block_no,
            prev_hash=self.head.block_hash or GENESIS_HASH,
            first_leaf=first,
            leaf_count=len(leaves),
            root=block_root(leaves),
            totals=format_totals(totals),
            policy_digest=self.policy.digest,
            recorded_us=time_ns() // 1_000,
            writer=self.writer,
            journal=journal,
        )
        self.hash, self.next_leaf = block_hash(header), first + len(leaves)
        values = tuple(getattr(header, name) for name in BlockHeader.__slots__)
        send(copy.copy_rows, cursor, copy.BLOCK, [(*values, self.hash)])
        send(copy.copy_rows, cursor, copy.OUTBOX, [(int(OutboxKind.BLOCK), self.block_no)])

    def _after(self, cursor: LedgerCursor, send: Sender, plan: Plan) -> None:
        """What refers to the block: lines frozen in it, doubles found in it."""
        frozen = [
            (submission_no, line_id, self.leaf_of[line_id]) for submission_no, line_id, done in plan.releases if done
        ]
        send(copy.copy_rows, cursor, copy.SUBMISSION_LINE, frozen)
        doubles = {
            (line_id, self.cache.numbers[claim.holder], claim.group, claim.key, against, self.block_no)
            for line_id, claim, against in plan.doubles
        }
        send(copy.copy_rows, cursor, copy.CLAIM_DOUBLE, sorted(doubles))

    def _transfer(self, cursor: LedgerCursor, send: Sender, entry: TransferEntry) -> TransferRow:
        draft = entry.draft
        return TransferRow(
            leaf_no=entry.leaf_no,
            block_no=self.block_no,
            subject=entry.subject,
            version=entry.version,
            leg=entry.leg,
            step=int(draft.step),
            debit_account=self._account(cursor, send, draft.debit),
            credit_account=self._account(cursor, send, draft.credit),
            amount_minor=draft.amount_minor,
            currency=draft.debit.currency,
            effective_date=draft.effective_date,
            reverses=draft.reverses,
        )

    def _decision(self, entry: DecisionEntry) -> DecisionRow:
        decision = entry.decision
        return DecisionRow(
            leaf_no=entry.leaf_no,
            block_no=self.block_no,
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

    def _account(self, cursor: LedgerCursor, send: Sender, account: Account) -> int:
        """The number of an account, opened when it is first posted to."""
        code = account.code
        known = self.accounts.get(code)
        if known is None:
            known = len(self.accounts) + 1
            self.accounts[code] = known
            self.references[known] = account_reference(known, code)
            values = (known, code, str(account.family), account.qualifier, account.benefit, account.programme)
            dimensions = (account.operator, account.fund, account.area, account.cofog, account.gfsm, account.currency)
            send(copy.copy_rows, cursor, copy.ACCOUNT, [(*values, *dimensions, CURRENCIES[account.currency])])
        return known

    def advance(self) -> None:
        """The transaction is committed: what was written is where the log stands."""
        self.head = books.Head(
            self.block_no, self.hash, self.next_leaf, self.next_entity, self.next_submission, self.policy.digest
        )


def _month(cycle: str) -> int:
    """`2018-03` as 201803."""
    return int(cycle[:4]) * 100 + int(cycle[5:7])
