"""Budgets: what a programme has of a fund in a year, from the facts told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from events.finance import BudgetAllotted
from events.money import to_minor

if TYPE_CHECKING:
    from processors.facts import EntityState
    from processors.policy.model import Commons


class BudgetRow(NamedTuple):
    """One budget in one currency; a stage of which nothing was told is None. Minor units."""

    fund: str
    programme: str
    fiscal_year: int
    currency: str
    appropriation_minor: int | None
    allotment_minor: int | None


def budgets(state: EntityState, commons: Commons) -> list[BudgetRow]:
    """The budgets of one fund, programme and year, a currency each.

    Of each stage the latest `time` counts, then the pack's source order, then the greater event id.
    """
    told = sorted(
        (event.time_us, -commons.rank_of(event.source, event.time_us), event.id, event.data)
        for event in state.facts.values()
        if isinstance(event.data, BudgetAllotted)
    )
    found: dict[str, BudgetRow] = {}
    for _, _, _, data in told:
        unit = data.amount.currency
        row = found.get(unit, BudgetRow(data.fund, data.programme, data.fiscal_year, unit, None, None))
        amount = to_minor(data.amount)
        found[unit] = (
            row._replace(allotment_minor=amount)
            if data.stage == "allotment"
            else row._replace(appropriation_minor=amount)
        )
    return [found[unit] for unit in sorted(found)]
