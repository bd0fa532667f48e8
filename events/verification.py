"""Evidence: conditions met or not, contributions, encounters with facilities (`sp.verification.v1`)."""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal

from msgspec import field

from events.money import Money
from events.shapes import (
    Babies,
    Code,
    Count,
    FieldError,
    Month,
    OpaqueId,
    Percent,
    Positive,
    Shape,
    SpId,
    check_dates,
    check_period,
)


class Measure(Shape, frozen=True):
    """Whole numbers that came with the evidence; `babies` counts all born, stillborn among them."""

    babies: Babies | None = None
    stillborn: Babies | None = None
    gestation_weeks: Count | None = None
    attendance_percent: Percent | None = None
    degree_percent: Percent | None = None
    severity: Count | None = None
    days: Count | None = None


_WHEN: Final = "expected exactly one of `on`, `month`, or `from` with `until`"


class ConditionVerified(Shape, frozen=True):
    """A condition was met or not, at one of: day `on`, month `month`, days `from_` to `until` (both included)."""

    sp_id: SpId
    condition: Code
    outcome: Literal["met", "not_met"]
    on: dt.date | None = None
    month: Month | None = None
    from_: dt.date | None = field(default=None, name="from")
    until: dt.date | None = None
    number: Positive | None = None
    measure: Measure | None = None
    facility_id: OpaqueId | None = None
    birth_on: dt.date | None = None
    due_on: dt.date | None = None
    child_sp_id: SpId | None = None
    valid_until: dt.date | None = None

    def __post_init__(self) -> None:
        """Refuse no time, two times, half a period, or dates outside the contract's years."""
        if self.on is not None:
            extra = "month" if self.month is not None else "from" if self.from_ is not None else "until"
            if extra != "until" or self.until is not None:
                raise FieldError(extra, _WHEN)
        elif self.month is not None:
            if self.from_ is not None or self.until is not None:
                raise FieldError("from" if self.from_ is not None else "until", _WHEN)
        elif self.from_ is None or self.until is None:
            missing = "on" if self.from_ is self.until else "from" if self.from_ is None else "until"
            raise FieldError(missing, _WHEN)
        else:
            check_dates(from_=self.from_, until=self.until)
            check_period(self.from_, self.until)
        check_dates(on=self.on, birth_on=self.birth_on, due_on=self.due_on, valid_until=self.valid_until)

    @property
    def when(self) -> str:
        """The time of the evidence as text: a date, a month, or `from/until`."""
        if self.on is not None:
            return self.on.isoformat()
        return self.month if self.month is not None else f"{self.from_}/{self.until}"


class ContributionRecorded(Shape, frozen=True):
    """A contribution for one month, paid or credited."""

    sp_id: SpId
    scheme: Code
    month: Month
    contributory_wage: Money
    paid_on: dt.date
    branch: Literal["health_care", "occupational_risk", "pension"] | None = None
    employer_id: OpaqueId | None = None
    status: Literal["paid", "credited"] | None = None

    def __post_init__(self) -> None:
        """Refuse dates outside the contract's years."""
        check_dates(paid_on=self.paid_on)


class EncounterItem(Shape, frozen=True):
    """One service or good given in an encounter."""

    code: OpaqueId
    quantity: Positive


class EncounterRecorded(Shape, frozen=True):
    """One episode of care of a patient at a facility; `ended_on` is None while it lasts."""

    encounter_id: OpaqueId
    sp_id: SpId
    facility_id: OpaqueId
    service: Code
    payment_type: OpaqueId
    started_on: dt.date
    ended_on: dt.date | None
    items: tuple[EncounterItem, ...] = ()

    def __post_init__(self) -> None:
        """Refuse dates outside the contract's years."""
        check_dates(started_on=self.started_on, ended_on=self.ended_on)
