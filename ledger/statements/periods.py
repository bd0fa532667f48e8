"""What is booked in a period: its transfers, its trial balance, and whether a closed one is still what was signed."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from operator import attrgetter
from typing import TYPE_CHECKING

from ledger.model.period import PeriodKind, reigns
from ledger.reconciliation.identity import COUNT, Identity
from ledger.statements.accounts import read_accounts
from ledger.statements.sums import Stretch, moved
from ledger.statements.trial_balance import balances_of
from ledger.store.periods import events_of, read_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ledger.model.period import PeriodEvent
    from ledger.statements.sums import Moved
    from ledger.statements.trial_balance import Balance
    from ledger.store.connection import LedgerConnection

NO_PERIOD = "-"
"""Where transfers of blocks are counted in which no period was open."""


def stretches(events: Sequence[PeriodEvent], last_block: int, periods: Collection[str]) -> list[Stretch]:
    """The transfers booked in these periods (`NO_PERIOD`: in none), as stretches of the log."""
    found = []
    for reign in reigns(events, last_block):
        if not reign.windows and NO_PERIOD in periods:
            found.append(Stretch(reign.last_block, reign.first_block))
        found += [
            Stretch(reign.last_block, reign.first_block, window.since, window.until)
            for window in reign.windows
            if window.period in periods
        ]
    return found


def period_balance(
    conn: LedgerConnection, events: Sequence[PeriodEvent], period: str, last_block: int, *, scan: bool = False
) -> list[Balance]:
    """The trial balance of a period by code: what is booked in it, over what is booked in earlier ones or in none.

    With `scan` every transfer is read, without the sums kept of them.
    """
    known = {event.period: event.first_day for event in events}
    earlier = {name for name, first_day in known.items() if first_day < known[period]} | {NO_PERIOD}
    accounts = read_accounts(conn)

    def of(periods: Collection[str]) -> list[Moved]:
        return [row for part in stretches(events, last_block, periods) for row in moved(conn, part, scan=scan)]

    balances = {row.account_no: row for row in balances_of(of({period}), accounts)}
    for row in balances_of(of(earlier), accounts):
        now = balances.get(row.account_no, replace(row, debits_minor=0, credits_minor=0))
        balances[row.account_no] = replace(now, opening_minor=row.balance_minor)
    return sorted(balances.values(), key=attrgetter("code"))


def balance_digest(balances: Sequence[Balance]) -> bytes:
    """SHA-256 over `code|opening|debits|credits` in minor units, a line each, in the order of codes."""
    lines = [f"{row.code}|{row.opening_minor}|{row.debits_minor}|{row.credits_minor}\n" for row in balances]
    return sha256("".join(lines).encode()).digest()


def closed_periods(conn: LedgerConnection) -> Identity:
    """Periods closed against those whose trial balance, found anew from every transfer, is the one they closed with."""
    rows = read_rows(conn)
    closed = [row for row in rows if row.kind is PeriodKind.CLOSED and row.event_no is not None]
    good = 0
    for row in closed:
        then = events_of([other for other in rows if (other.event_no or row.event_no or 0) <= (row.event_no or 0)])
        balances = period_balance(conn, then, row.period, row.at_block or 0, scan=True)
        good += balance_digest(balances) == row.trial_balance
    return Identity(
        "closed periods",
        "periods closed = periods whose trial balance is the one they were closed with",
        COUNT,
        len(closed),
        good,
        "transfers were changed, put in or taken out after a period was closed: restore from a copy that verifies",
    )
