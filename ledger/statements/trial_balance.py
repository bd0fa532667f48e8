"""The trial balance: debits, credits and balance of every account, from all transfers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection

_BALANCES = """
with side as (
    select debit_account as account_no, sum(amount_minor) as debits, 0::numeric as credits from transfer group by 1
    union all
    select credit_account, 0, sum(amount_minor) from transfer group by 1
)
select account_no, coalesce(code, '?' || account_no), coalesce(family, '?'), coalesce(currency, '?'),
    sum(debits), sum(credits)
from side left join account using (account_no) group by account_no, code, family, currency order by code nulls last
"""


@dataclass(frozen=True, slots=True)
class Balance:
    """What moved on one account, in minor units. An account the books do not know shows as `?`."""

    account_no: int
    code: str
    family: str
    currency: str
    debits_minor: int
    credits_minor: int

    @property
    def balance_minor(self) -> int:
        """Debits less credits: above zero a debit balance."""
        return self.debits_minor - self.credits_minor


@dataclass(frozen=True, slots=True)
class Sides:
    """All debits and all credits of a currency, in minor units."""

    currency: str
    debits_minor: int
    credits_minor: int


def sides(balances: list[Balance]) -> list[Sides]:
    """The sums of a trial balance, a currency."""
    return [
        Sides(
            currency,
            sum(row.debits_minor for row in balances if row.currency == currency),
            sum(row.credits_minor for row in balances if row.currency == currency),
        )
        for currency in sorted({row.currency for row in balances})
    ]


def trial_balance(conn: LedgerConnection) -> list[Balance]:
    """Every account that anything moved on, by code. The balances of a currency sum to zero."""
    return [
        Balance(account_no, code, family, currency, int(debits), int(credits_))
        for account_no, code, family, currency, debits, credits_ in conn.execute(_BALANCES)
    ]
