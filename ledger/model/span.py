"""Spans of blocks whose sums are kept: which of them, and which blocks one by one, make up a stretch of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

FAN_OUT = 16
TOP_LEVEL = 6


class Run(NamedTuple):
    """Neighbouring spans of one level, `first` to `last`; level 0 are single blocks, by number less one."""

    level: int
    first: int
    last: int


def blocks_of(level: int, span_no: int) -> tuple[int, int]:
    """The first and the last block of a span, both included."""
    size = FAN_OUT**level
    return span_no * size + 1, (span_no + 1) * size


def runs(first_block: int, last_block: int, spans: Mapping[int, int]) -> list[Run]:
    """The fewest spans that make up these blocks, both included, in their order.

    `spans` says how many spans of each level are summed; they are summed in order.
    """
    found: list[Run] = []
    place, end = first_block - 1, last_block
    while place < end:
        level = max(
            (
                level
                for level in range(1, TOP_LEVEL + 1)
                if place % FAN_OUT**level == 0
                and place + FAN_OUT**level <= end
                and place // FAN_OUT**level < spans.get(level, 0)
            ),
            default=0,
        )
        size = FAN_OUT**level
        number = place // size
        if found and found[-1].level == level:
            found[-1] = found[-1]._replace(last=number)
        else:
            found.append(Run(level, number, number))
        place += size if level else _to_next_span(place, end, spans)
        if not level:
            found[-1] = found[-1]._replace(last=place - 1)
    return found


def _to_next_span(place: int, end: int, spans: Mapping[int, int]) -> int:
    """How many single blocks to take at once: to where a span may begin, or to the end."""
    if place // FAN_OUT >= spans.get(1, 0):
        return end - place
    return min(end, (place // FAN_OUT + 1) * FAN_OUT) - place
