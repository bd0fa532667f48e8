"""Who tells a story: draws its events one by one, about one or two themes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from hypothesis import strategies as st

from events.catalogue import TYPES
from events.envelope import Event
from tests.properties.cast import DAY_US, DAYS, FIRST_US, PERSONS, T, nearly, often, one_of

D = TypeVar("D")


@dataclass(frozen=True, eq=False)
class Theme:
    """What a story is about: some benefits and the facts they stand on; `ask` draws a benefit with what is asked for.

    `ground` is told first, nearly always; `facts` are drawn from. `changes` are the days on which something in life
    changes, `schemes` what persons are enrolled in, `level` that of the households.
    """

    benefits: tuple[str, ...]
    ground: tuple[Callable[[Teller], object], ...]
    facts: tuple[Callable[[Teller], object], ...]
    ask: Callable[[Teller], tuple[str, dict[str, object]]]
    changes: tuple[str, ...]
    prices: Mapping[str, str]
    schemes: tuple[str, ...] = ()
    level: str = "poor_1"


class Teller:
    """Draws events one by one; ids sort in another order than they are drawn."""

    def __init__(self, draw: st.DrawFn, themes: tuple[Theme, ...]) -> None:
        self.draw, self.themes = draw, themes
        self.events: list[Event] = []
        self.persons = draw(st.lists(one_of(PERSONS), min_size=1, max_size=3, unique=True))
        self.plain = draw(often(True, False))
        self.changes = tuple(day for theme in themes for day in theme.changes)
        self.level = themes[0].level

    def tell(self, source: str, name: str, data: Mapping[str, object], day: int | None = None) -> Event:
        """Add one event of this source, recorded on a drawn day: requests mostly before the closes, facts on any."""
        days = {"payment.requested": (0, 4), "cycle.closed": (3, DAYS - 1)}.get(name, (0, DAYS - 1))
        recorded = self.draw(st.integers(*days)) if day is None else day
        event_id = f"{self.draw(one_of('abc'))}{len(self.events)}"
        struct = msgspec.convert(dict(data), TYPES[name].struct, strict=False)
        event = Event(source, event_id, name, FIRST_US + recorded * DAY_US, struct)
        self.events.append(event)
        return event

    def told(self, kind: type[D]) -> list[D]:
        """What was told of this kind so far."""
        return [event.data for event in self.events if isinstance(event.data, kind)]

    def asked(self, usual: T, *seldom: T) -> T:
        """In a plain story every request asks for what there is; else mostly."""
        return usual if self.plain else self.draw(often(usual, *seldom))

    def fits(self) -> bool:
        """Whether a request asks for what there is."""
        return self.asked(True, False)

    def ground(self) -> None:
        """What most stories stand on: what most requests of the themes need."""
        for theme in self.themes:
            for tell in theme.ground:
                if self.draw(nearly(True, False)):
                    tell(self)

    def fact(self, common: tuple[Callable[[Teller], object], ...]) -> None:
        """One more fact: of the themes, or of those that every story may have."""
        kinds = [*(tell for theme in self.themes for tell in theme.facts), *common]
        self.draw(one_of(kinds))(self)
