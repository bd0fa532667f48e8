"""What a shock changes in a pack for some days and places."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from processors.policy.model import Amount

if TYPE_CHECKING:
    from datetime import date

    from processors.policy.model import Basis, Figure, Part
    from processors.policy.predicates import Predicate

WAIVED_BY, BY_OVERLAY = "waived_by", "by_overlay"
"""What an answer tells beside the parameters of its rule: the overlay that waived it, or that asked it otherwise."""


class OverlayKind(StrEnum):
    """What an overlay does: pay more, reach more, or ask less."""

    VERTICAL = "vertical"
    HORIZONTAL = "horizontal"
    TWEAK = "tweak"


@dataclass(frozen=True, slots=True)
class Overlay:
    """What a shock changes in a pack, from `since` to `until` (both included), in some `areas` or everywhere if none.

    A place is an area of the contract or the beginning of a commune's code. Vertical adds `parts` to the amount,
    horizontal asks `rule` in place of the rule of its name, a tweak `waives` the rule of that name.
    """

    name: str
    kind: OverlayKind
    since: date
    until: date
    areas: tuple[str, ...]
    basis: Basis
    parts: tuple[Part, ...] = ()
    rule: Predicate | None = None
    waives: str | None = None

    @property
    def figures(self) -> tuple[tuple[str, date, Figure], ...]:
        """Every figure with the name of its part and the day it begins."""
        return Amount("", self.parts).figures
