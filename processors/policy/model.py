"""What a policy pack says, as values: the loader makes them, adjudication reads them, nobody changes them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from processors.policy.predicates import Predicate

T = TypeVar("T")


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

    __slots__ = ("_days", "entries")

    def __init__(self, entries: tuple[tuple[date, T | None], ...]) -> None:
        self.entries = tuple(sorted(entries, key=lambda entry: entry[0]))
        self._days = [day for day, _ in self.entries]

    def on(self, day: date) -> T | None:
        """The value in force on `day`, or None before the first and after an end."""
        at = bisect_right(self._days, day) - 1
        return self.entries[at][1] if at >= 0 else None


@dataclass(frozen=True, slots=True)
class Basis:
    """Why a rule stands: how well it is known, where it is written, and what was read into it."""

    status: Status
    references: tuple[Reference, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Amount:
    """What one payment is: a figure in riel (or cents), once, or from some day on once for each baby of the birth."""

    currency: str
    per_baby: Dated[bool]
    figures: Dated[Figure]


@dataclass(frozen=True, slots=True)
class Maximum:
    """At most `count` payments of these steps together in one birth or pregnancy, whoever pays."""

    steps: tuple[str, ...]
    count: int
    basis: Basis


@dataclass(frozen=True, slots=True)
class Exclusivity:
    """One side (a scheme, or a grade) holds `group` for one `per` (birth, month); the other sides are refused.

    `side` is the pack's own side; `basis` is law or assumption.
    """

    group: str
    per: LifeEvent
    side: str
    basis: str
    note: str


@dataclass(frozen=True, slots=True)
class Entitlement:
    """Which event in life a payment is for, and the step of it (`anc`, `delivery`, `pnc`, `vaccination`, `month`)."""

    event: LifeEvent
    step: str
    evidence: str | None
    exclusivity: tuple[Exclusivity, ...]
    maximum: Dated[Maximum] | None


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
    """One benefit, complete. `digest` is SHA-256 over the pack and the commons it was read with."""

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


@dataclass(frozen=True, slots=True)
class CodeLists:
    """The codes a record may carry; a code outside them is quarantined as `unknown_code`, replayable."""

    benefits: Mapping[str, Unit]
    shapes: Mapping[str, ForShape]
    benefit_schemes: Mapping[str, str]
    schemes: frozenset[str]
    conditions: frozenset[str]
    services: frozenset[str]
    traits: frozenset[str]
    categories: frozenset[str]
    payment_types: frozenset[str]


@dataclass(frozen=True, slots=True)
class Commons:
    """What all benefits share. Windows are whole days; `source_order` ranks sources, the lowest number wins.

    `figures` tells the unit, status and note of each window by its name.
    """

    source_order: Mapping[str, int]
    birth_window_days: int
    pregnancy_days: int
    after_delivery_days: int
    month_reference_day: int
    codes: CodeLists
    figures: Mapping[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policy:
    """All packs in force together. `digest` covers every pack and the commons."""

    packs: Mapping[str, Pack]
    commons: Commons
    digest: bytes
    files: Mapping[str, str] = field(default_factory=dict)
