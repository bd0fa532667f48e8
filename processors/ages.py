"""Ages: whole years completed on a day, by the birth date that counts for a person.

The registry's `person.registered` wins over every other birth date. Without it counts what the household in which the
person counts on the day says, and for one whom no household names the strongest of the enrolments. Where only a year
or month is known, the pack's dated `incomplete_birth_date` says which day of it stands for the birth.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from events.enrolment import PersonEnrolled, PersonRegistered
from processors.calendar import last_of_month
from processors.policy.model import BirthReading

if TYPE_CHECKING:
    from events.envelope import Event
    from processors.view import View

_YEAR, _MONTH = 4, 7
_MIDDLE_MONTH, _MIDDLE_DAY = 7, 15


class Born(NamedTuple):
    """A birth date that counts, with the facts that told it where it is not the card that is counted by."""

    on: date
    evidence: tuple[Event, ...]

    def years(self, day: date) -> int:
        """Whole years completed on `day`; below zero before the birth. Who was born on 29 February ages on 1 March."""
        return day.year - self.on.year - ((day.month, day.day) < (self.on.month, self.on.day))


def read(text: str, reading: BirthReading) -> date:
    """The day a birth date stands for: `YYYY-MM-DD` itself, else the day of the year or month the reading says."""
    if len(text) > _MONTH:
        return date.fromisoformat(text)
    whole_year = len(text) == _YEAR
    first = date.fromisoformat(f"{text}-01-01" if whole_year else f"{text}-01")
    match reading:
        case BirthReading.EARLIEST:
            return first
        case BirthReading.MIDDLE:
            return first.replace(month=_MIDDLE_MONTH) if whole_year else first.replace(day=_MIDDLE_DAY)
        case BirthReading.LATEST:
            return last_of_month(first.replace(month=12) if whole_year else first)


def told_of(view: View, root: bytes | None, otherwise: str) -> tuple[str, tuple[Event, ...]]:
    """The birth date that counts for one whom a card names: the registry's with its fact, else the card's own."""
    registered = _registered(view, root) if root is not None else None
    return (registered[1], (registered[0],)) if registered is not None else (otherwise, ())


def unborn(text: str, day: date) -> bool:
    """Whether a birth date, as far as it is known, lies after `day`."""
    return text > day.isoformat()[: len(text)]


def of_member(view: View, root: bytes | None, otherwise: str, day: date) -> Born:
    """The birth of one whom a card names, born `otherwise` by that card."""
    text, evidence = told_of(view, root, otherwise)
    return Born(read(text, _reading(view, day)), evidence)


def of_person(view: View, root: bytes, card: tuple[Event, str] | None, day: date) -> Born | None:
    """The birth of a person; `card` is what the household says in which they count. None where nothing tells of it."""
    told = _registered(view, root) or card
    if told is None:
        enrolled = max(view.facts(root, PersonEnrolled), key=lambda fact: view.rank(fact[0]), default=None)
        told = (enrolled[0], enrolled[1].birth_date) if enrolled is not None else None
    return Born(read(told[1], _reading(view, day)), (told[0],)) if told is not None else None


def _registered(view: View, root: bytes) -> tuple[Event, str] | None:
    told = max(view.facts(root, PersonRegistered), key=lambda fact: view.rank(fact[0]), default=None)
    return (told[0], told[1].birth_date) if told is not None else None


def _reading(view: View, day: date) -> BirthReading:
    return view.commons.incomplete_birth_date.at(day)
