"""The books as a journal other programs read: hledger (also ledger), and beancount. One transaction a transfer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from events.money import CURRENCIES
from ledger.model.account import Family
from ledger.model.step import Step
from ledger.statements.amount import decimal_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from ledger.statements.accounts import AccountRow
    from ledger.statements.view import View

ROWS_AT_ONCE = 5_000

_TRANSFERS = """
select leaf_no, block_no, effective_date, step, reverses, encode(subject, 'hex'), debit_account, credit_account,
    amount_minor, currency
from transfer where leaf_no < %s order by effective_date, leaf_no
"""

# beancount knows five kinds of account. Budget and commitment are memoranda of the budget, so they stand under equity.
_ROOTS: dict[str, str] = {
    Family.CASH: "Assets",
    Family.RECEIVABLE: "Assets",
    Family.CLEARING: "Liabilities",
    Family.PAYABLE: "Liabilities",
    Family.SUSPENSE: "Liabilities",
    Family.EXPENSE: "Expenses",
}
_OTHER_ROOT = "Equity"
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]")


class Movement(NamedTuple):
    """One transfer as a journal tells it."""

    leaf_no: int
    block_no: int
    day: date
    step: int
    reverses: int | None
    subject: str
    debit_account: int
    credit_account: int
    amount_minor: int
    currency: str

    @property
    def words(self) -> str:
        """What it does."""
        name = Step(self.step).name.lower()
        return name if self.reverses is None else f"{name}, takes back {self.reverses}"

    @property
    def amount(self) -> str:
        """The amount as a decimal number."""
        return decimal_text(self.amount_minor, self.currency)


def movements(view: View) -> Iterator[Movement]:
    """Every transfer by effective date, read little by little."""
    with view.conn.cursor("journal") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(_TRANSFERS, (view.head.leaf_count,))
        for row in cursor:
            yield Movement._make(row)


def hledger(view: View) -> Iterator[str]:
    """A journal for hledger, in pieces; accounts have the names they have here."""
    yield _head(view, ";")
    for currency, exponent in sorted(CURRENCIES.items()):
        yield f"commodity 1000.{'0' * exponent} {currency}\n"
    for row in sorted(view.accounts.values()):
        yield f"account {row.code}\n"
    for one in movements(view):
        yield (
            f"\n{one.day} ({one.leaf_no}) {one.words}  ; block:{one.block_no}, line:{one.subject}\n"
            f"    {view.accounts[one.debit_account].code}  {one.amount} {one.currency}\n"
            f"    {view.accounts[one.credit_account].code}  -{one.amount} {one.currency}\n"
        )


def beancount(view: View) -> Iterator[str]:
    """A ledger for beancount, in pieces; `beancount_name` says how accounts are called in it."""
    yield _head(view, ";;")
    names = {row.account_no: beancount_name(row) for row in view.accounts.values()}
    for row in sorted(view.accounts.values()):
        yield f'1900-01-01 open {names[row.account_no]} {row.currency}\n  code: "{row.code}"\n'
    for one in movements(view):
        yield (
            f'\n{one.day} * "{one.words}"\n  leaf: {one.leaf_no}\n  block: {one.block_no}\n  line: "{one.subject}"\n'
            f"  {names[one.debit_account]}  {one.amount} {one.currency}\n"
            f"  {names[one.credit_account]}  -{one.amount} {one.currency}\n"
        )


def beancount_name(row: AccountRow) -> str:
    """`Assets:Cash:Bank-wing:Family-base:Nsaf:KHR-12`: the parts of the code, and the account's number at the end."""
    parts = [part for part in (row.family, row.qualifier, row.benefit, row.operator, row.area) if part]
    named = [_NOT_IN_NAMES.sub("-", part[:1].upper() + part[1:]) for part in parts]
    return ":".join((_ROOTS.get(row.family, _OTHER_ROOT), *named, f"{row.currency}-{row.account_no}"))


def _head(view: View, comment: str) -> str:
    head = view.head
    told = f"Block {head.block_no} ({head.leaf_count} leaves), hash {head.hash.hex() or '-'}."
    return f"{comment} {told} Written from the books; corrections are made there, never here.\n"
