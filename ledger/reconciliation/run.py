"""All identities that exist so far, over one snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.reasons import REASONS, Reason
from ledger.reconciliation.books import AT_REST, BOOKS
from ledger.reconciliation.identity import Identity
from ledger.reconciliation.intake import INTAKE
from ledger.reconciliation.proof import hashed_blocks, rebuilt_blocks
from ledger.reconciliation.requests import REQUESTS, SUBMISSIONS
from ledger.reconciliation.sums import SUMS
from ledger.statements.periods import closed_periods

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection

CHECKS = (*INTAKE, *REQUESTS, *SUBMISSIONS, *BOOKS, *SUMS, *AT_REST)

_REASONS = {info.number: reason for reason, info in REASONS.items()}


def reconcile(conn: LedgerConnection, *, full: bool = False) -> list[Identity]:
    """Every identity in the snapshot of `conn`; `full` also hashes every leaf again (about 100,000 a second)."""
    found = [identity for check in CHECKS for identity in check.run(conn)]
    found += [hashed_blocks(conn), closed_periods(conn)]
    if full:
        found.append(rebuilt_blocks(conn))
    return found


def quarantined_by_reason(conn: LedgerConnection) -> dict[Reason, int]:
    """How many records were ever quarantined, a reason."""
    rows = conn.execute("select reason, count(*) from quarantine group by 1 order by 2 desc, 1")
    return {_REASONS[number]: count for number, count in rows}
