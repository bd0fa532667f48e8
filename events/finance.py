"""What the ministry of finance, the treasury and operators say about budgets and funds (`sp.finance.v1`)."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from msgspec import Meta

from events.money import Money
from events.shapes import FIRST_YEAR, LAST_YEAR, Code, OpaqueId, Shape, check_dates

Stage = Literal["appropriation", "allotment"]
FiscalYear = Annotated[int, Meta(ge=FIRST_YEAR, le=LAST_YEAR, description="the year in which it begins")]


class BudgetAllotted(Shape, frozen=True):
    """How much a programme has of a fund in a fiscal year: in all, so far; a later fact replaces it.

    `appropriation` is what was voted, `allotment` what was released of it; only what is released can be committed.
    """

    fund: Code
    programme: Code
    fiscal_year: FiscalYear
    stage: Stage
    amount: Money


class FundReceived(Shape, frozen=True):
    """Money that came into a fund, by the reference of whoever holds the account."""

    fund: Code
    amount: Money
    bank_ref: OpaqueId
    value_date: dt.date

    def __post_init__(self) -> None:
        """Refuse dates outside the contract's years."""
        check_dates(value_date=self.value_date)
