"""Arithmetic of measurements: percentiles, rates, ratios, and how a figure is printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

Cell = str | int | float | None
"""What a table holds; None is what was not measured."""


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed (nearest rank). ValueError for no values."""
    if not values or not 0 < share <= 1:
        raise ValueError(
            f"percentile {share} of {len(values)} values: expected a share of (0, 1] and at least one value"
        )
    return sorted(values)[ceil(share * len(values)) - 1]


def ratio(one: float, other: float) -> float | None:
    """How many times `other` goes into `one`; None when `other` is nothing."""
    return one / other if other else None


def slope(first: float, last: float) -> float | None:
    """By which part of itself a rate fell from the first to the last; negative when it rose."""
    return 1 - last / first if first else None


@dataclass(frozen=True)
class Table:
    """Figures as printed; a heading with a leading `>` is a column of numbers."""

    headings: tuple[str, ...]
    lines: list[tuple[Cell, ...]]
    title: str = ""


@dataclass
class Row:
    """One row of the benchmark: what was measured, its tables, and its figures by name for ratios and goals."""

    name: str
    title: str
    says: str
    tables: list[Table] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    failed: bool = False


def printed(cell: Cell) -> str:
    """A figure with three places below ten, one below a thousand, none above."""
    if cell is None:
        return "–"
    if not isinstance(cell, float):
        return f"{cell:,}" if isinstance(cell, int) else cell
    size = abs(cell)
    if size >= 1_000:
        return f"{cell:,.0f}"
    return f"{cell:.1f}" if size >= 10 else f"{cell:.3f}"
