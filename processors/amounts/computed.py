"""What an amount is made of: the figures that applied, and what came out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from events.envelope import Event
    from processors.policy.model import Figure
    from processors.policy.predicates import Outcome


class Used(NamedTuple):
    """A figure that applies, by the name of its part, and how often it counts."""

    part: str
    figure: Figure
    times: int


class Row(NamedTuple):
    """By which row of a table the figure is told, and the facts that say so."""

    name: str
    evidence: tuple[Event, ...] = ()


class Count(NamedTuple):
    """How often a figure counts, and the facts that say so."""

    times: int
    evidence: tuple[Event, ...] = ()


class Computed(NamedTuple):
    """Our own figure, in minor units, with the figures it is made of.

    `amount_minor` is None while something it needs is not known; `outcome` says what, and passes otherwise.
    """

    amount_minor: int | None
    used: tuple[Used, ...]
    outcome: Outcome
