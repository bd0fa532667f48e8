"""What one payment comes to: the figures of the pack that apply, each as often as it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.reasons import Reason
from processors.amounts.computed import Computed, Used
from processors.amounts.counting import COUNTS
from processors.amounts.telling import TOLD_BY
from processors.amounts.wage import compute_wage
from processors.policy.predicates import PASSED, Outcome, Verdict

if TYPE_CHECKING:
    from events.envelope import Event
    from processors.inquiry import Inquiry
    from processors.overlays import Applied
    from processors.policy.model import Amount, Part, Table

__all__ = ["Computed", "Used", "compute"]


def compute(inquiry: Inquiry, overlays: tuple[Applied, ...] = ()) -> Computed:
    """The amount of one payment on the day of its occasion, with what overlays add; only when it is in force."""
    if inquiry.pack.amount.wage is not None:
        return compute_wage(inquiry, inquiry.pack.amount.wage)
    used: list[Used] = []
    evidence: list[Event] = []
    for part in _parts(inquiry.pack.amount, overlays, evidence):
        table = part.tables.on(inquiry.occasion.day)
        if table is None:
            continue
        found = _apply(inquiry, part, table, evidence)
        if isinstance(found, Outcome):
            return Computed(None, tuple(used), found)
        if found.times:
            used.append(found)
    total, unset = 0, False
    for item in used:
        if item.figure.value is None:
            unset = True
        else:
            total += item.figure.value * item.times
    if unset:
        return Computed(None, tuple(used), Outcome(Verdict.UNKNOWN, Reason.AMOUNT_NOT_SET))
    return Computed(total, tuple(used), Outcome(Verdict.PASS, evidence=tuple(evidence)) if evidence else PASSED)


def _parts(amount: Amount, overlays: tuple[Applied, ...], evidence: list[Event]) -> tuple[Part, ...]:
    """The parts of the pack and of the overlays that add some, with the facts by which these hold."""
    if not overlays:
        return amount.parts
    for held in overlays:
        if held.overlay.parts:
            evidence.extend(held.evidence)
    return (*amount.parts, *(part for held in overlays for part in held.overlay.parts))


def _apply(inquiry: Inquiry, part: Part, table: Table, evidence: list[Event]) -> Used | Outcome:
    """The figure of one part that applies, or what is missing to tell it; adds the facts it was told by."""
    told: list[str] = []
    for dimension in table.by:
        row = TOLD_BY[dimension](inquiry)
        if isinstance(row, Outcome):
            return row
        told.append(row.name)
        evidence.extend(row.evidence)
    figure = table.figures.get(tuple(told))
    if figure is None:
        return Outcome(Verdict.UNKNOWN, Reason.AMOUNT_NOT_SET)
    count = COUNTS[table.times](inquiry, part)
    if isinstance(count, Outcome):
        return count
    evidence.extend(count.evidence)
    return Used(part.name, figure, count.times)
