"""Contributions of one person, month by month: what was told, whether it counts, and the contributory wage.

Facts compete by natural key before they come here, so a month holds each employer's last word (contract, Facts).
The wage is taken as told: NSSF publishes the banded contributory wage, and it is not banded again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from events.money import to_minor
from events.verification import ContributionRecorded
from processors.calendar import first_of_month

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from events.envelope import Event
    from processors.view import View

CREDITED = "credited"


class Month(NamedTuple):
    """What is told of one month: for each scheme and employer the one contribution that counts."""

    first: date
    told: tuple[tuple[Event, ContributionRecorded], ...]

    @property
    def events(self) -> tuple[Event, ...]:
        """The facts the month rests on."""
        return tuple(event for event, _ in self.told)

    @property
    def contributed(self) -> bool:
        """Whether the month counts: something was paid on a wage, or the month was credited.

        A paid contribution on a wage of zero is how a source corrects one that never was: it says there is none.
        """
        return any(data.status == CREDITED or to_minor(data.contributory_wage) > 0 for _, data in self.told)

    def wage_minor(self, currency: str, ceiling_minor: int | None) -> int | None:
        """The contributory wage: the sum over employers, at most the ceiling; None if told in another currency."""
        if any(data.contributory_wage.currency != currency for _, data in self.told):
            return None
        wage = sum(to_minor(data.contributory_wage) for _, data in self.told)
        return wage if ceiling_minor is None else min(wage, ceiling_minor)


def months(view: View, root: bytes, schemes: frozenset[str], branch: str) -> Mapping[date, Month]:
    """The months told of a person in these schemes, by their first day.

    A contribution that names no branch stands for every branch, unless its employer told of this branch too.
    """
    told: dict[date, dict[tuple[str, str], tuple[Event, ContributionRecorded]]] = {}
    for event, data in view.facts(root, ContributionRecorded):
        if data.scheme not in schemes or data.branch not in {branch, None}:
            continue
        of_month = told.setdefault(first_of_month(data.month), {})
        key = (data.scheme, data.employer_id or "")
        if data.branch is not None or key not in of_month:
            of_month[key] = (event, data)
    return {first: Month(first, tuple(of_month.values())) for first, of_month in sorted(told.items())}
