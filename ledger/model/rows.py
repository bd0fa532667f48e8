"""The ledger's two kinds of leaf, as rows: fields are the columns of their tables, in order."""

from __future__ import annotations

from datetime import date
from enum import IntEnum
from typing import NamedTuple


class DecisionKind(IntEnum):
    """What a decision says. A proposed recovery moves no money until a person orders it.

    `SUSPENDED` is money a bank moved under an instruction that no line waits for; its subject is 16 bytes of SHA-256
    over the instruction and the currency.
    """

    DECIDED = 1
    RECOVERY_PROPOSED = 2
    SUSPENDED = 3


class TransferRow(NamedTuple):
    """One movement: `amount_minor` > 0 from the credit to the debit account.

    A reversal has the accounts of the transfer it `reverses` (a leaf number) swapped, and the same step.
    """

    leaf_no: int
    block_no: int
    subject: bytes
    version: int
    leg: int
    step: int
    debit_account: int
    credit_account: int
    amount_minor: int
    currency: str
    effective_date: date
    reverses: int | None


class DecisionRow(NamedTuple):
    """One decision: `subject` is the line id, or stands for an event whose request id was taken already.

    `state` and `reasons` are the stable numbers of events.states and events.reasons; `body` is what is published
    beyond these columns (evidence), as bytes the ledger does not read.
    """

    leaf_no: int
    block_no: int
    subject: bytes
    line_id: bytes | None
    version: int
    kind: int
    source: str
    event_id: str
    request_id: str
    batch_id: str
    benefit: str
    state: int
    reasons: tuple[int, ...]
    amount_minor: int | None
    currency: str | None
    won_by: bytes | None
    policy_digest: bytes
    inputs_digest: bytes
    body: bytes
