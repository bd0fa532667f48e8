"""A plan in the order of the log: each decision with its version, its transfers before it, leaves numbered densely.

The same for the database and for memory, so that what the properties show of one holds for the other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from events.states import LineState
from ledger.model.step import target_position
from processors.outcome import History
from processors.posting import Draft, carried, drafts, names_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from processors.outcome import Decision, Posted


class TransferEntry(NamedTuple):
    """One transfer of the log. `leg` counts the transfers of one version of a subject from 1."""

    leaf_no: int
    subject: bytes
    version: int
    leg: int
    draft: Draft


class DecisionEntry(NamedTuple):
    """One decision of the log, with what stands posted for its subject after it."""

    leaf_no: int
    version: int
    decision: Decision
    posted: tuple[Posted, ...]


def number(
    decisions: Iterable[tuple[Decision, History | None]], first_leaf: int
) -> Iterator[tuple[list[TransferEntry], DecisionEntry]]:
    """Give every decision its version and leaf, every transfer its leaf, from `first_leaf` on, without a gap."""
    leaf = first_leaf
    for final, before in decisions:
        last = before
        for decision in (*_passed(final, last), final):
            version = last.version + 1 if last is not None else 1
            transfers: list[TransferEntry] = []
            for leg, draft in enumerate(drafts(decision, last), start=1):
                transfers.append(TransferEntry(leaf, decision.subject, version, leg, draft))
                leaf += 1
            posted = carried(last, [(entry.draft, entry.leaf_no) for entry in transfers])
            yield transfers, DecisionEntry(leaf, version, decision, posted)
            leaf += 1
            if decision is not final:
                last = remembered(decision, version, posted)


def remembered(decision: Decision, version: int, posted: tuple[Posted, ...]) -> History:
    """What the next decision on the subject is compared with."""
    return History(
        version=version,
        state=decision.state,
        reasons=decision.reasons,
        amount_minor=decision.amount_minor,
        currency=decision.currency,
        won_by=decision.won_by,
        posted=posted,
        frozen=decision.frozen,
        event_id=decision.event.id,
        books=names_of(decision.dimensions),
    )


_PAST = frozenset({LineState.INSTRUCTED, LineState.REFUSED, LineState.SETTLED, LineState.RETURNED})
"""States from which a line passes through no other on its way."""


def _passed(final: Decision, last: History | None) -> Iterator[Decision]:
    """The states a line passes at once on the way to `final`, each a decision of its own; none it already passed."""
    stages = final.stages
    if last is not None and last.state in _PAST:
        return
    if last is not None and last.state in stages:
        stages = stages[stages.index(last.state) + 1 :]
    for stage in stages:
        if stage is not final.state:
            yield replace(final, state=stage, position=target_position(stage, final.amount_minor or 0, final.bank))
