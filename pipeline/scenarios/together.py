"""Several programmes told as one scenario, each in proportion to its own published size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from pipeline.scenarios.figures import share_of

if TYPE_CHECKING:
    from pipeline.scenarios.field import Field, Programme
    from pipeline.scenarios.figures import Published


@dataclass(frozen=True, slots=True)
class Together:
    """Programmes told together. The size counts the first one's units; the others follow in proportion.

    `over`: figures for all of them together, which come first.
    """

    programmes: tuple[Programme, ...]
    over: tuple[Published, ...] = ()

    @property
    def unit(self) -> str:
        """What the size counts."""
        return self.programmes[0].unit

    @property
    def full(self) -> int:
        """The first programme's published size."""
        return self.programmes[0].full

    @property
    def least(self) -> int:
        """The first programme's smallest size."""
        return self.programmes[0].least

    def published(self, size: int) -> tuple[Published, ...]:
        """The figures of all programmes beside those of a size."""
        found = tuple(row for one in self.programmes for row in one.published(self._size(one, size)))
        return (*self._together(found), *found)

    def tell(self, field: Field, size: int) -> None:
        """Tell of each."""
        for one in self.programmes:
            one.tell(field, self._size(one, size))

    def _together(self, found: tuple[Published, ...]) -> tuple[Published, ...]:
        """What is published of several programmes at once, with the sum of what the rule gives for each."""
        rows = []
        for row in self.over:
            riel = sum(one.rule for one in found if one.measure == "amount" and set(one.benefits) <= set(row.benefits))
            rows.append(msgspec.structs.replace(row, rule=riel))
        return tuple(rows)

    def _size(self, one: Programme, size: int) -> int:
        return share_of(one.full, size, self.full, one.least)
