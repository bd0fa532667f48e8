"""Drawing without replacement: exact totals in any order, in memory that does not grow with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

T = TypeVar("T")


class Urn(Generic[T]):
    """Holds so many of each kind; `draw` takes one, each left as likely as any other."""

    def __init__(self, rng: random.Random, counts: Mapping[T, int]) -> None:
        self._rng, self._kinds, self._counts = rng, list(counts), list(counts.values())
        self.left = sum(self._counts)

    def draw(self) -> T:
        """Take one; raises IndexError when nothing is left."""
        if self.left < 1:
            raise IndexError("the urn is empty")
        at = int(self._rng.random() * self.left)
        self.left -= 1
        for number, count in enumerate(self._counts):
            if at < count:
                self._counts[number] -= 1
                return self._kinds[number]
            at -= count
        raise AssertionError("the counts sum to what is left")


def sizes(households: int, members: int) -> dict[int, int]:
    """How many households have how many members, around the mean and with the exact sum; at least one each."""
    mean, more = divmod(members, households)
    found = {mean: households - more, mean + 1: more}
    for away in (1, 2, 3):  # a household moved down for each moved up leaves the sum as it is
        pairs = min(found[mean], found[mean + 1]) // 4
        if mean - away < 1 or not pairs:
            break
        found[mean] -= pairs
        found[mean + 1] -= pairs
        found[mean - away] = found.get(mean - away, 0) + pairs
        found[mean + 1 + away] = found.get(mean + 1 + away, 0) + pairs
    return {size: count for size, count in found.items() if count}
