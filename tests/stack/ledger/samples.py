"""Records and books made by hand, without admission and decider."""

from collections.abc import Sequence
from datetime import date

from events.catalogue import TYPES
from events.reasons import Reason
from events.states import STATE_NUMBERS, LineState
from events.topics import PAYMENT
from ledger.model.account import Account, Dimensions
from ledger.model.block import GENESIS_HASH, BlockHeader, block_hash, block_root, format_totals
from ledger.model.inbox import inbox_position
from ledger.model.leaf import account_reference, encode_decision, encode_transfer
from ledger.model.rows import DecisionKind, DecisionRow, TransferRow
from ledger.model.step import BANK_STEPS, Position, Step, step_accounts, target_position
from ledger.store import LedgerConnection, copy
from ledger.store.records import Admitted, Refused

TOPIC_NO = PAYMENT.number
REQUESTED = TYPES["payment.requested"].number
RECEIVED_US = 1_520_121_600_000_000
BANK = "bank.wing"


def admitted(offset: int, event_id: str, value: bytes = b"{}", *, partition: int = 0, source: str = "nssf") -> Admitted:
    return Admitted(
        position=inbox_position(TOPIC_NO, partition, offset),
        source=source,
        event_id=event_id,
        type_no=REQUESTED,
        time_us=RECEIVED_US - 1,
        received_us=RECEIVED_US,
        key_id=f"{source}-1",
        signature=b"signature",
        value=value,
        entities=(b"P" + event_id.encode(), b"L" + event_id.encode(), b"P" + event_id.encode()),
        key=b"key",
        headers=b"headers",
    )


def refused(offset: int, reason: Reason = Reason.SCHEMA, *, partition: int = 0, source: str | None = None) -> Refused:
    return Refused(
        topic_no=TOPIC_NO,
        partition=partition,
        offset=offset,
        received_us=RECEIVED_US,
        source=source,
        event_id=None,
        reason=reason,
        field="data.payee.role",
        detail="expected one of the roles",
        key=None,
        value=b"not an event",
        headers=b"",
    )


class Bookkeeper:
    """Posts blocks as the decider does: target position less what is posted, one version a decision."""

    def __init__(self, conn: LedgerConnection) -> None:
        self._conn = conn
        self._accounts: dict[Account, int] = {}
        self._posted: dict[bytes, dict[tuple[Step, str], list[TransferRow]]] = {}
        self._versions: dict[bytes, int] = {}
        self._leaf = 0
        self._block = 0
        self._head = GENESIS_HASH
        self._decisions: list[DecisionRow] = []
        self._transfers: list[TransferRow] = []
        # Leaves of other kinds that the caller wrote into the block in hand.
        self.extra: dict[int, bytes] = {}
        # When the next block is recorded, and the effective day of what is posted next.
        self.recorded_us = RECEIVED_US
        self.day = date(2018, 3, 4)

    def line(self, line_id: bytes, benefit: str, currency: str, amount_minor: int, batch_id: str = "b") -> None:
        """Make a request known."""
        row = (line_id, b"P" + line_id, "nssf", benefit, 201803, batch_id, amount_minor, currency)
        with self._conn.transaction(), self._conn.cursor() as cursor:
            copy.copy_rows(cursor, copy.LINE, [row])

    def decide(
        self,
        line_id: bytes,
        state: LineState,
        amount_minor: int | None,
        of: Dimensions,
        position: Position | None = None,
    ) -> DecisionRow:
        """Add a decision and its transfers to the block in hand."""
        version = self._versions[line_id] = self._versions.get(line_id, 0) + 1
        decision = DecisionRow(
            leaf_no=self._next_leaf(),
            block_no=self._block + 1,
            subject=line_id,
            line_id=line_id,
            version=version,
            kind=DecisionKind.DECIDED,
            source="nssf",
            event_id=line_id.hex(),
            request_id=line_id.hex(),
            batch_id="b",
            benefit=of.benefit,
            state=STATE_NUMBERS[state],
            reasons=(),
            amount_minor=amount_minor,
            currency=None if amount_minor is None else of.currency,
            won_by=None,
            policy_digest=bytes(32),
            inputs_digest=bytes(32),
            body=b"body",
        )
        self._decisions.append(decision)
        self._move(decision, of, target_position(state, amount_minor or 0, BANK) if position is None else position)
        return decision

    def post(self) -> BlockHeader:
        """Write the block in hand."""
        references = {number: account_reference(number, account.code) for account, number in self._accounts.items()}
        leaves = {row.leaf_no: encode_decision(row) for row in self._decisions}
        leaves |= {
            row.leaf_no: encode_transfer(row, references[row.debit_account], references[row.credit_account])
            for row in self._transfers
        }
        leaves |= self.extra
        self.extra = {}
        self._block += 1
        totals: dict[str, int] = {}
        for row in self._transfers:
            totals[row.currency] = totals.get(row.currency, 0) + row.amount_minor
        header = BlockHeader(
            self._block, self._head, min(leaves), len(leaves), block_root([leaves[no] for no in sorted(leaves)]),
            format_totals(totals), bytes(32), self.recorded_us, "test", b"",
        )  # fmt: skip
        self._head = block_hash(header)
        self._write(header)
        self._decisions, self._transfers = [], []
        return header

    def submit(self, submission_no: int, decisions: Sequence[DecisionRow]) -> None:
        """Announce lines as frozen by these decisions."""
        first = decisions[0]
        row = (submission_no, "nssf", "b", submission_no, first.benefit, 201803, len(decisions), self._block)
        with self._conn.transaction(), self._conn.cursor() as cursor:
            copy.copy_rows(cursor, copy.SUBMISSION, [row])
            copy.copy_rows(
                cursor, copy.SUBMISSION_LINE, [(submission_no, row.line_id, row.leaf_no) for row in decisions]
            )

    def _write(self, header: BlockHeader) -> None:
        with self._conn.transaction(), self._conn.cursor() as cursor:
            known = {number for (number,) in cursor.execute("select account_no from account")}
            accounts = [
                (number, account.code, account.family, account.qualifier, account.benefit, account.programme,
                 account.operator, account.fund, account.area, account.cofog, account.gfsm, account.currency, 0)
                for account, number in self._accounts.items() if number not in known
            ]  # fmt: skip
            copy.copy_rows(cursor, copy.ACCOUNT, accounts)
            copy.copy_rows(cursor, copy.DECISION, self._decisions)
            copy.copy_rows(cursor, copy.TRANSFER, self._transfers)
            block = (
                header.block_no, header.prev_hash, header.first_leaf, header.leaf_count, header.root, header.totals,
                header.policy_digest, header.recorded_us, header.writer, header.journal, self._head,
            )  # fmt: skip
            copy.copy_rows(cursor, copy.BLOCK, [block])

    def _next_leaf(self) -> int:
        self._leaf += 1
        return self._leaf - 1

    def _number(self, account: Account) -> int:
        return self._accounts.setdefault(account, len(self._accounts) + 1)

    def _move(self, decision: DecisionRow, of: Dimensions, target: Position) -> None:
        posted = self._posted.setdefault(decision.subject, {})
        leg = 0
        for step, bank in sorted(posted.keys() | target.keys()):
            debit, credit = map(self._number, step_accounts(step, of, bank if step in BANK_STEPS else ""))
            open_ = posted.setdefault((step, bank), [])
            change = target.get((step, bank), 0) - sum(row.amount_minor for row in open_)
            if change > 0:
                open_.append(self._transfer(decision, leg, step, debit, credit, change, of.currency, None))
                leg += 1
            while change < 0:
                last = open_.pop()
                back = min(last.amount_minor, -change)
                self._transfer(decision, leg, step, credit, debit, back, of.currency, last.leaf_no)
                leg += 1
                change += back
                if back < last.amount_minor:
                    open_.append(last._replace(amount_minor=last.amount_minor - back))

    def _transfer(
        self,
        decision: DecisionRow,
        leg: int,
        step: Step,
        debit: int,
        credit: int,
        amount_minor: int,
        currency: str,
        reverses: int | None,
    ) -> TransferRow:
        row = TransferRow(
            self._next_leaf(), decision.block_no, decision.subject, decision.version, leg, step, debit, credit,
            amount_minor, currency, self.day, reverses,
        )  # fmt: skip
        self._transfers.append(row)
        return row
