"""Batches: when the operator's declaration agrees with the requests known, the batch is complete and freezes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from events.money import to_minor
from events.payment import BatchDeclared

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from processors.facts import EntityState
    from processors.policy.model import Commons


class Group(NamedTuple):
    """The known requests of a batch that share benefit, cycle and currency (None: no amount told)."""

    benefit: str
    cycle: str
    currency: str | None
    requests: int
    amount_minor: int


class BatchMismatch(NamedTuple):
    """What the operator declared against what is known; shown until it agrees or is declared anew."""

    declared_count: int
    known_count: int
    declared: Mapping[str, int]
    known: Mapping[str, int]
    foreign: int


def declaration(state: EntityState, commons: Commons) -> BatchDeclared | None:
    """The declaration that counts: the latest `time`, then the pack's source order, then the greater event id."""
    told = [
        ((event.time_us, -commons.rank_of(event.source, event.time_us), event.id), event.data)
        for event in state.facts.values()
        if isinstance(event.data, BatchDeclared)
    ]
    return max(told, key=lambda item: item[0])[1] if told else None


def compare(declared: BatchDeclared, groups: Iterable[Group]) -> BatchMismatch | None:
    """None when the batch is complete: count and totals agree and no request is of another benefit or cycle.

    A batch without requests asks for nothing and is never complete.
    """
    known: dict[str, int] = {}
    count = foreign = 0
    for group in groups:
        count += group.requests
        if (group.benefit, group.cycle) != (declared.benefit, declared.cycle):
            foreign += group.requests
        if group.currency is not None:
            known[group.currency] = known.get(group.currency, 0) + group.amount_minor
    told: dict[str, int] = {money.currency: to_minor(money) for money in declared.totals}
    known, told = ({code: amount for code, amount in sums.items() if amount} for sums in (known, told))
    if 0 < count == declared.count and foreign == 0 and known == told:
        return None
    return BatchMismatch(declared.count, count, told, known, foreign)
