"""Books made without a decider, block after block: lines that are approved, submitted, instructed and settled.

Every row is encoded and hashed as the decider does, so they can be sealed, exported and verified, or loaded and summed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256

from events.states import STATE_NUMBERS, LineState
from ledger.model.account import Account, Dimensions
from ledger.model.block import GENESIS_HASH, BlockHeader, block_hash, block_root, format_totals
from ledger.model.leaf import account_reference, encode_decision, encode_transfer
from ledger.model.rows import DecisionKind, DecisionRow, TransferRow
from ledger.model.step import BANK_STEPS, Step, step_accounts

LINES_A_BLOCK = 350
"""About as many cases as the decider takes at once."""
BENEFITS, PROVINCES, DAYS, LATE_DAYS = 8, 25, 365, 5
"""Days go by with the lines; what is decided together counts for five of them."""
BANK = "bank.wing"
RECORDED_US = 1_520_121_600_000_000
FIRST_DAY = date(2018, 1, 1)
BODY = b"about as many bytes of evidence as a decision has, packed as its body" * 4

COURSE: tuple[tuple[LineState, tuple[Step, ...]], ...] = (
    (LineState.APPROVED, (Step.RECOGNISE,)),
    (LineState.SUBMITTED, (Step.RESERVE,)),
    (LineState.INSTRUCTED, (Step.INSTRUCT,)),
    (LineState.SETTLED, (Step.PAY, Step.EXPENSE, Step.SPEND)),
)
TRANSFERS_A_LINE = sum(len(steps) for _, steps in COURSE)
LEAVES_A_LINE = TRANSFERS_A_LINE + len(COURSE)


@dataclass(frozen=True, slots=True)
class Made:
    """One block with its rows and leaves."""

    header: BlockHeader
    hash: bytes
    transfers: Sequence[TransferRow]
    decisions: Sequence[DecisionRow]
    leaves: Sequence[bytes]


@dataclass
class Maker:
    """Makes `lines` lines; `accounts` are those met so far, by number."""

    lines: int
    accounts: dict[Account, int] = field(default_factory=dict)
    _references: dict[int, bytes] = field(default_factory=dict)
    _head: bytes = GENESIS_HASH
    _size: int = 0
    _blocks: int = 0

    def blocks(self) -> Iterator[Made]:
        """Four blocks for every 350 lines: one a state."""
        for first in range(0, self.lines, LINES_A_BLOCK):
            for version in range(1, len(COURSE) + 1):
                yield self._block(range(first, min(first + LINES_A_BLOCK, self.lines)), version)

    def _block(self, lines: range, version: int) -> Made:
        state, steps = COURSE[version - 1]
        transfers, decisions, leaves = list[TransferRow](), list[DecisionRow](), list[bytes]()
        for line in lines:
            subject, of = sha256(line.to_bytes(8)).digest()[:16], _dimensions(line)
            day = FIRST_DAY + timedelta(days=line * DAYS // self.lines + line % LATE_DAYS)
            for leg, step in enumerate(steps):
                debit, credit = map(self._number, step_accounts(step, of, BANK if step in BANK_STEPS else ""))
                row = TransferRow(
                    self._size + len(leaves), self._blocks + 1, subject, version, leg, int(step), debit, credit,
                    200_000 + line % 1_000, of.currency, day, None,
                )  # fmt: skip
                transfers.append(row)
                leaves.append(encode_transfer(row, self._references[debit], self._references[credit]))
            told = DecisionRow(
                self._size + len(leaves), self._blocks + 1, subject, subject, version, int(DecisionKind.DECIDED),
                of.operator, f"event-{line}", f"request-{line}", f"batch-{line // 1_000}", of.benefit,
                STATE_NUMBERS[state], (), 200_000 + line % 1_000, of.currency, None, bytes(32), bytes(32), BODY,
            )  # fmt: skip
            decisions.append(told)
            leaves.append(encode_decision(told))
        return self._made(transfers, decisions, leaves)

    def _made(self, transfers: list[TransferRow], decisions: list[DecisionRow], leaves: list[bytes]) -> Made:
        totals: dict[str, int] = {}
        for row in transfers:
            totals[row.currency] = totals.get(row.currency, 0) + row.amount_minor
        self._blocks += 1
        header = BlockHeader(
            self._blocks, self._head, self._size, len(leaves), block_root(leaves), format_totals(totals), bytes(32),
            RECORDED_US + self._blocks, "bench", b"",
        )  # fmt: skip
        self._head = block_hash(header)
        self._size += len(leaves)
        return Made(header, self._head, transfers, decisions, leaves)

    def _number(self, of: Account) -> int:
        known = self.accounts.get(of)
        if known is None:
            known = self.accounts[of] = len(self.accounts) + 1
            self._references[known] = account_reference(known, of.code)
        return known


def _dimensions(line: int) -> Dimensions:
    benefit = line % BENEFITS
    currency = "USD" if benefit == 0 else "KHR"
    area = f"{1 + line // BENEFITS % PROVINCES:02d}"
    return Dimensions(
        f"benefit.{benefit}", f"programme_{benefit // 2}", "nsaf", "state_budget", area, "10.7.0", "2721", currency
    )
