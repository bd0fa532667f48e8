"""The accounts of the books with their dimensions, by number."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection

_ACCOUNTS = """
select account_no, code, family, qualifier, benefit, programme, operator, fund, area, cofog, gfsm, currency from account
"""


class AccountRow(NamedTuple):
    """One account as stored; an empty dimension does not apply."""

    account_no: int
    code: str
    family: str
    qualifier: str
    benefit: str
    programme: str
    operator: str
    fund: str
    area: str
    cofog: str
    gfsm: str
    currency: str


DIMENSIONS = ("family", "benefit", "programme", "operator", "fund", "area", "cofog", "gfsm")
"""What sums can be cut by, beside the account itself."""


class Accounts(dict[int, AccountRow]):
    """Accounts by number; one the books do not know shows as `?`."""

    def __missing__(self, account_no: int) -> AccountRow:
        return AccountRow(account_no, f"?{account_no}", "?", "", "?", "?", "?", "?", "?", "?", "?", "?")


def read_accounts(conn: LedgerConnection) -> Accounts:
    """Every account there is."""
    return Accounts({row[0]: AccountRow._make(row) for row in conn.execute(_ACCOUNTS)})
