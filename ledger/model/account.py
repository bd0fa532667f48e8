"""Accounts: a family, whose account it is, and the dimensions reports are cut by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Family(StrEnum):
    """What an account stands for. Values are stable: they are stored, hashed and shown."""

    BUDGET = "budget"
    COMMITMENT = "commitment"
    PAYABLE = "payable"
    CLEARING = "clearing"
    CASH = "cash"
    EXPENSE = "expense"
    RECEIVABLE = "receivable"
    SUSPENSE = "suspense"


# Families a finished request leaves at zero; a budget's `committed` account is one too.
TRANSIT_FAMILIES = (Family.COMMITMENT, Family.PAYABLE, Family.CLEARING)

_NONE = "-"


@dataclass(frozen=True, slots=True)
class Dimensions:
    """What every account of one benefit, operator and currency shares.

    `cofog` and `gfsm` are classes of the United Nations' functions of government and of the IMF's GFSM 2014;
    `area` is the province, the two digits a commune's code begins with. An empty string means: does not apply.
    """

    benefit: str
    programme: str
    operator: str
    fund: str
    area: str
    cofog: str
    gfsm: str
    currency: str


@dataclass(frozen=True, slots=True)
class Account:
    """One account. The code names it for ever; the dimensions that are not in the code are attributes of it."""

    family: Family
    qualifier: str
    benefit: str
    programme: str
    operator: str
    fund: str
    area: str
    cofog: str
    gfsm: str
    currency: str

    @property
    def code(self) -> str:
        """The code, as `payable/family.base/nsaf/KHR/12` or `clearing:bank.wing/…`; `-` where nothing applies.

        The province stands at the end where there is one. Distinct for distinct (family, qualifier, benefit, operator,
        currency, area).
        """
        head = f"{self.family}:{self.qualifier}" if self.qualifier else str(self.family)
        parts = (head, self.benefit or _NONE, self.operator or _NONE, self.currency)
        return "/".join((*parts, self.area) if self.area else parts)


def account(family: Family, qualifier: str, of: Dimensions) -> Account:
    """The account of `family` (and bank or budget stage `qualifier`, else "") with the dimensions `of`."""
    return Account(
        family, qualifier, of.benefit, of.programme, of.operator, of.fund, of.area, of.cofog, of.gfsm, of.currency
    )
