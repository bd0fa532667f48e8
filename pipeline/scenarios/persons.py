"""Programmes that pay persons, or facilities for them: a month's payments by kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.scenarios.claims import tell_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline.scenarios.claims import Due, Telling
    from pipeline.scenarios.field import Field
    from pipeline.scenarios.figures import Published
    from pipeline.scenarios.figures.persons import Kind, PersonFigures

LEAST_PERSONS = 200


@dataclass(frozen=True, slots=True)
class Persons:
    """One month of a programme: `due` makes those who are due a kind of payment, `telling` says what goes wrong."""

    unit: str
    figures: PersonFigures
    due: Callable[[Field, Kind], Iterator[Due]]
    telling: Callable[[Kind], Telling]
    least: int = LEAST_PERSONS

    @property
    def full(self) -> int:
        """All payments of the month."""
        return self.figures.full

    def published(self, size: int) -> tuple[Published, ...]:
        """The figures of the programme beside those of a size."""
        return self.figures.rows(size)

    def tell(self, field: Field, size: int) -> None:
        """Tell of each kind in proportion."""
        for kind, count in zip(self.figures.kinds, self.figures.counts(size), strict=True):
            tell_all(field, self.due(field, kind), count, self.telling(kind))
