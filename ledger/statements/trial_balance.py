"""The trial balance: debits, credits and balance of every account, or of every value of a dimension."""

from __future__ import annotations

from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING

from ledger.statements.accounts import read_accounts
from ledger.statements.snapshot import read_head
from ledger.statements.sums import Stretch, moved

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.statements.accounts import AccountRow
    from ledger.statements.sums import Moved
    from ledger.store.connection import LedgerConnection


@dataclass(frozen=True, slots=True)
class Balance:
    """What moved on one account, in minor units. An account the books do not know shows as `?`.

    `opening_minor` is debits less credits before the days asked for.
    """

    account_no: int
    code: str
    family: str
    currency: str
    debits_minor: int
    credits_minor: int
    opening_minor: int = 0

    @property
    def balance_minor(self) -> int:
        """Opening plus debits less credits: above zero a debit balance."""
        return self.opening_minor + self.debits_minor - self.credits_minor


@dataclass(frozen=True, slots=True)
class Sides:
    """All debits and all credits of a currency, in minor units."""

    currency: str
    debits_minor: int
    credits_minor: int


def sides(balances: Iterable[Balance]) -> list[Sides]:
    """The sums of a trial balance, a currency."""
    sums: dict[str, tuple[int, int]] = {}
    for row in balances:
        debits, credits_ = sums.get(row.currency, (0, 0))
        sums[row.currency] = (debits + row.debits_minor, credits_ + row.credits_minor)
    return [Sides(currency, *both) for currency, both in sorted(sums.items())]


def trial_balance(conn: LedgerConnection, stretch: Stretch | None = None) -> list[Balance]:
    """Every account that anything moved on, by code. The balances of a currency sum to zero.

    With `stretch.since` what moved before is the opening balance. Without a stretch: all of the books.
    """
    asked = stretch or Stretch(read_head(conn).block_no)
    accounts = read_accounts(conn)
    balances = {row.account_no: row for row in balances_of(moved(conn, asked), accounts)}
    for row in balances_of(moved(conn, asked.before()), accounts) if asked.since is not None else ():
        now = balances.get(row.account_no, replace(row, debits_minor=0, credits_minor=0))
        balances[row.account_no] = replace(now, opening_minor=row.balance_minor)
    return sorted(balances.values(), key=attrgetter("code"))


def balances_of(sums: Iterable[Moved], accounts: dict[int, AccountRow]) -> list[Balance]:
    """What these sums make of each account they touch."""
    debits: dict[int, int] = {}
    credits_: dict[int, int] = {}
    for row in sums:
        debits[row.debit_account] = debits.get(row.debit_account, 0) + row.amount_minor
        credits_[row.credit_account] = credits_.get(row.credit_account, 0) + row.amount_minor
    return [
        Balance(number, of.code, of.family, of.currency, debits.get(number, 0), credits_.get(number, 0))
        for number in debits.keys() | credits_.keys()
        for of in (accounts[number],)
    ]


def by_dimension(balances: Iterable[Balance], accounts: dict[int, AccountRow], dimension: str) -> list[Balance]:
    """The same summed a family and value of `dimension` (a name of `DIMENSIONS`); account numbers are 0."""
    sums: dict[tuple[str, str, str], Balance] = {}
    for row in balances:
        value = getattr(accounts[row.account_no], dimension) or "-"
        key = (value, row.family, row.currency)
        name = value if dimension == "family" else f"{value} {row.family}"
        now = sums.get(key, Balance(0, name, row.family, row.currency, 0, 0))
        sums[key] = replace(
            now,
            debits_minor=now.debits_minor + row.debits_minor,
            credits_minor=now.credits_minor + row.credits_minor,
            opening_minor=now.opening_minor + row.opening_minor,
        )
    return [sums[key] for key in sorted(sums)]
