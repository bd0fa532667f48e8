"""What a policy pack says, as values: the loader makes them, adjudication reads them, nobody changes them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from processors.calendar import local_date

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processors.policy.entitlement import Entitlement
    from processors.policy.overlay import Overlay
    from processors.policy.predicates import Predicate

T = TypeVar("T")

_LAST = 1 << 30
"""Rank of a source the pack does not order: after every source it names."""

_ANY_DAY = date.min


class Unit(StrEnum):
    """Who a benefit is granted to: decides whether a request names `sp_id` or `household_id`."""

    PERSON = "person"
    HOUSEHOLD = "household"


class ForShape(StrEnum):
    """The shape of `for` in a request; the values are the contract's fields joined by a plus."""

    ON = "on"
    MONTH = "month"
    ROUND = "round"
    PERIOD = "from+until"
    ENCOUNTER = "encounter_id"
    AWARD_MONTH = "award_id+month"


class LifeEvent(StrEnum):
    """What one payment of a benefit is for; an operator's own number never identifies it."""

    BIRTH = "birth"
    VISIT = "visit"
    MONTH = "month"
    ROUND = "round"
    EPISODE = "episode"
    LEAVE = "leave"


BROUGHT = frozenset({LifeEvent.BIRTH, LifeEvent.VISIT})
"""To these somebody may bring a child and lend it an enrolment or a household; in all others each has their own."""


class Times(StrEnum):
    """What a figure is paid for: how often it counts in one payment. The values end the figure's unit."""

    BIRTH = "birth"
    VISIT = "visit"
    MONTH = "month"
    ROUND = "round"
    EPISODE = "episode"
    HOUSEHOLD = "household"
    BABY = "baby"
    MEMBER = "member"
    FURTHER_MEMBER = "further_member"


class Dimension(StrEnum):
    """What a table of figures may be told by."""

    AREA = "area"
    LEVEL = "level"
    FACILITY_LEVEL = "facility_level"


class BirthReading(StrEnum):
    """Which day stands for a birth date of which only the year or month is known."""

    EARLIEST = "earliest"
    MIDDLE = "middle"
    LATEST = "latest"


class Status(StrEnum):
    """How well a figure is known; travels with every payment that used it."""

    CONFIRMED = "confirmed"
    SEED = "seed"
    DERIVED = "derived"
    UNVERIFIED = "unverified"
    ASSUMPTION = "assumption"
    UNSET = "unset"


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a figure comes from: a decree or page, and its address where it has one."""

    title: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of law or practice. `value` is None exactly when `status` is `unset`."""

    value: int | None
    unit: str
    status: Status
    references: tuple[Reference, ...]
    note: str | None = None


class Dated(Generic[T]):
    """Values by the date they begin; a dated None ends the one before it."""

    __slots__ = ("_days", "constant", "entries")

    def __init__(self, entries: tuple[tuple[date, T | None], ...]) -> None:
        self.entries = tuple(sorted(entries, key=lambda entry: entry[0]))
        self._days = [day for day, _ in self.entries]
        self.constant = len(self.entries) == 1

    def on(self, day: date) -> T | None:
        """The value in force on `day`, or None before the first and after an end."""
        at = bisect_right(self._days, day) - 1
        return self.entries[at][1] if at >= 0 else None

    def at(self, day: date) -> T:
        """The value in force on `day`; before the first, the first. For what always holds and is never ended."""
        value = self.entries[0 if self.constant else max(bisect_right(self._days, day) - 1, 0)][1]
        if value is None:
            message = f"a value that must always hold is ended on {day}"
            raise LookupError(message)
        return value


@dataclass(frozen=True, slots=True)
class Basis:
    """Why a rule stands: how well it is known, where it is written, and what was read into it."""

    status: Status
    references: tuple[Reference, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class MemberTest:
    """One trait or age by which a member of a household counts; `years` is None for a trait."""

    name: str
    trait: str | None
    years: int | None
    basis: Basis


@dataclass(frozen=True, slots=True)
class Table:
    """Figures in force together: one, or one for each combination of what `by` tells them by."""

    times: Times
    by: tuple[Dimension, ...]
    figures: Mapping[tuple[str, ...], Figure]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an amount, paid as often as its figures' unit says; `who` restricts which members count.

    A member counts once, whichever and however many of the tests hold.
    """

    name: str
    tables: Dated[Table]
    who: Dated[tuple[MemberTest, ...]] | None = None


class WageFigure(StrEnum):
    """The figures of an amount that replaces a wage, as packs name them.

    The share of the average wage, and the days of it: a fixed number, or the asked ones from the first paid day of the
    spell on. The average is that of at most `months` before the month of the event, each wage up to the ceiling; a
    month has `month_days`. What comes out is rounded down to a multiple of `rounding`.
    """

    SHARE = "share_percent"
    DAYS = "days"
    FIRST_PAID_DAY = "first_paid_day"
    MONTH_DAYS = "month_days"
    MONTHS = "months"
    CEILING = "ceiling"
    ROUNDING = "rounding"


@dataclass(frozen=True, slots=True)
class Wage:
    """An amount that is a share of the contributory wage told for these schemes and this branch."""

    schemes: frozenset[str]
    branch: str
    figures: Mapping[WageFigure, Dated[Figure]]

    def on(self, name: WageFigure, day: date) -> Figure | None:
        """One figure in force on `day`; None where the pack tells none."""
        told = self.figures.get(name)
        return told.on(day) if told is not None else None

    def value(self, name: WageFigure, day: date) -> int | None:
        """The value of one figure in force on `day`; None where there is none, or it is `unset`."""
        figure = self.on(name, day)
        return figure.value if figure is not None else None


@dataclass(frozen=True, slots=True)
class Amount:
    """What one payment is, in riel or cents: the sum of its parts, or a share of a wage."""

    currency: str
    parts: tuple[Part, ...]
    wage: Wage | None = None

    def in_force(self, day: date) -> bool:
        """Whether the wage's share or any part is told on `day`, set or `unset`."""
        if self.wage is not None:
            return self.wage.on(WageFigure.SHARE, day) is not None
        return any(part.tables.on(day) is not None for part in self.parts)

    @property
    def figures(self) -> tuple[tuple[str, date, Figure], ...]:
        """Every figure with the name of its part and the day it begins, in the order of the pack."""
        if self.wage is not None:
            return tuple(
                (name.value, begins, figure)
                for name, told in self.wage.figures.items()
                for begins, figure in told.entries
                if figure is not None
            )
        return tuple(
            (part.name, begins, figure)
            for part in self.parts
            for begins, table in part.tables.entries
            if table is not None
            for figure in table.figures.values()
        )


@dataclass(frozen=True, slots=True)
class Books:
    """The reporting dimensions of a benefit's accounts."""

    programme: str
    operator: str
    fund: str
    cofog: str
    gfsm: str


@dataclass(frozen=True, slots=True)
class Pack:
    """One benefit, complete. `digest` is SHA-256 over the pack and the commons it was read with.

    `bases` tells what priority, tolerance and certifier stand on, by these names.
    """

    benefit: str
    english: str
    khmer: str
    unit: Unit
    shape: ForShape
    scheme: str
    amount: Amount
    entitlement: Entitlement
    rules: Dated[tuple[Predicate, ...]]
    priority: Dated[int]
    tolerance_minor: Dated[int]
    certifier: Dated[str]
    books: Books
    digest: bytes
    overlays: tuple[Overlay, ...] = ()
    bases: Mapping[str, Dated[Basis]] = field(default_factory=dict)


class Validity(NamedTuple):
    """The first and the last day on which a code may be used; None where it is not bounded."""

    since: date | None
    until: date | None

    def holds(self, day: date) -> bool:
        """Whether the code may be used on a day."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class CodeLists:
    """The codes a record may carry; a code outside them is quarantined as `unknown_code`, replayable.

    They hold every code that ever holds; `at` tells those of an instant.
    """

    benefits: Mapping[str, Unit]
    shapes: Mapping[str, ForShape]
    benefit_schemes: Mapping[str, str]
    schemes: frozenset[str]
    conditions: frozenset[str]
    services: frozenset[str]
    traits: frozenset[str]
    categories: frozenset[str]
    payment_types: frozenset[str]
    funds: frozenset[str] = frozenset()
    programmes: frozenset[str] = frozenset()
    by_day: Dated[CodeLists] | None = None

    def at(self, time_us: int) -> CodeLists:
        """The codes that hold at an instant, by the Cambodian day; these lists themselves where no code is dated."""
        return self if self.by_day is None else self.by_day.at(local_date(time_us))


@dataclass(frozen=True, slots=True)
class Commons:
    """What all benefits share, each by date. Windows are whole days; the lowest rank of a source wins.

    `figures` tells the unit, status and note of each window by its name.
    """

    source_order: Dated[Mapping[str, int]]
    birth_window_days: Dated[int]
    pregnancy_days: Dated[int]
    after_delivery_days: Dated[int]
    month_reference_day: Dated[int]
    incomplete_birth_date: Dated[BirthReading]
    codes: CodeLists
    figures: Mapping[str, Dated[Figure]] = field(default_factory=dict)

    def rank_of(self, source: str, time_us: int) -> int:
        """The rank of a source for a fact of this instant; a source the order does not name comes last."""
        order = self.source_order
        ranks = order.at(_ANY_DAY if order.constant else local_date(time_us))
        return ranks.get(source, _LAST)


@dataclass(frozen=True, slots=True)
class Policy:
    """All packs in force together. `digest` covers every pack and the commons."""

    packs: Mapping[str, Pack]
    commons: Commons
    digest: bytes
    files: Mapping[str, str] = field(default_factory=dict)
