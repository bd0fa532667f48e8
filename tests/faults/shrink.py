"""Makes a schedule that fails as small as it gets: fewer moves, fewer records, no fault that does not matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from tests.faults.schedule import Schedule

T = TypeVar("T")


def shrink(told: Schedule, fails: Callable[[Schedule], bool], tries: int = 150) -> Schedule:
    """The smallest failing schedule found in so many tries."""
    left = tries

    def still(candidate: Schedule) -> bool:
        nonlocal left
        left -= 1
        return left >= 0 and fails(candidate)

    smaller, before = told, None
    while left > 0 and smaller != before:
        before = smaller
        smaller = _smaller(smaller, still)
    return smaller


def _smaller(told: Schedule, still: Callable[[Schedule], bool]) -> Schedule:
    moves = _without(told.moves, lambda kept: still(replace(told, moves=tuple(kept))))
    fewer = replace(told, moves=tuple(moves))
    published = _without(fewer.published, lambda kept: still(replace(fewer, published=tuple(kept))))
    less = replace(fewer, published=tuple(published))
    end = _without(less.end, lambda kept: still(replace(less, end=tuple(kept))))
    return replace(less, end=tuple(end))


def _without(items: Sequence[T], still: Callable[[list[T]], bool]) -> list[T]:
    """Leave out runs of items, halving their length, as long as it still fails."""
    kept, size = list(items), max(1, len(items) // 2)
    while True:
        at = 0
        while at < len(kept):
            fewer = kept[:at] + kept[at + size :]
            if still(fewer):
                kept = fewer
            else:
                at += size
        if size == 1:
            return kept
        size //= 2
