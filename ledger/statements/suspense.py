"""What is in suspense: money that came and no line waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.statements.sums import Stretch, moved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.store.connection import LedgerConnection

_ACCOUNTS = "select account_no, currency from account where family = 'suspense'"


def read_suspense(conn: LedgerConnection) -> Mapping[str, int]:
    """The balance of the suspense accounts in minor units, by currency; credit is positive. Uses the sums kept."""
    balance: dict[str, int] = {}
    with conn.transaction():
        currencies: dict[int, str] = dict(conn.execute(_ACCOUNTS).fetchall())
        row = conn.execute("select coalesce(max(block_no), 0) from block").fetchone()
        for one in moved(conn, Stretch(last_block=row[0] if row is not None else 0)):
            for account, amount in ((one.credit_account, one.amount_minor), (one.debit_account, -one.amount_minor)):
                if account in currencies:
                    balance[currencies[account]] = balance.get(currencies[account], 0) + amount
    return balance
