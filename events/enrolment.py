"""Facts about who is poor, enrolled, born, dead or merged, and about facilities (`sp.enrolment.v1`)."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from msgspec import Meta

from events.shapes import (
    COUNT_MAX,
    OPAQUE_ID,
    BirthDate,
    Code,
    Commune,
    OpaqueId,
    Shape,
    SpId,
    check_birth_date,
    check_dates,
)

Sex = Literal["F", "M"]
# The contract leaves open whether IDPoor's member number is written as a number or as text: both are read.
MemberNo = Annotated[int, Meta(ge=0, le=COUNT_MAX)] | Annotated[str, Meta(pattern=OPAQUE_ID)]


class Member(Shape, frozen=True):
    """One person on a household's card; `sp_id` is None while IDPoor does not know it."""

    sp_id: SpId | None
    member_no: MemberNo
    birth_date: BirthDate
    sex: Sex
    head: bool
    traits: tuple[Code, ...]

    def __post_init__(self) -> None:
        """Refuse a birth date that does not exist."""
        check_birth_date(self.birth_date)


class HouseholdIdentified(Shape, frozen=True):
    """A household's card, one version a `valid_from`; `replaces` names households whose history it takes over."""

    household_id: OpaqueId
    level: Literal["poor_1", "poor_2", "at_risk", "priority"]
    commune: Commune
    area: Literal["phnom_penh", "other_urban", "rural"]
    card_number: OpaqueId
    valid_from: dt.date
    valid_until: dt.date
    members: tuple[Member, ...]
    replaces: tuple[OpaqueId, ...] = ()

    def __post_init__(self) -> None:
        """Refuse dates outside the contract's years."""
        check_dates(valid_from=self.valid_from, valid_until=self.valid_until)


class HouseholdRevoked(Shape, frozen=True):
    """A household's card ends on `revoked_on`."""

    household_id: OpaqueId
    revoked_on: dt.date
    reason: Literal["fraud", "moved", "improved", "duplicate", "error"]

    def __post_init__(self) -> None:
        """Refuse dates outside the contract's years."""
        check_dates(revoked_on=self.revoked_on)


class PersonEnrolled(Shape, frozen=True):
    """A person belongs to a scheme from `valid_from`, until `valid_until` or until withdrawn."""

    sp_id: SpId
    scheme: Code
    enrolment_id: OpaqueId
    birth_date: BirthDate
    sex: Sex
    valid_from: dt.date
    valid_until: dt.date | None
    grade: Literal["primary", "lower_secondary", "upper_secondary"] | None = None
    category: Code | None = None
    household_id: OpaqueId | None = None
    principal: SpId | None = None
    school_id: OpaqueId | None = None

    def __post_init__(self) -> None:
        """Refuse dates that do not exist or lie outside the contract's years."""
        check_birth_date(self.birth_date)
        check_dates(valid_from=self.valid_from, valid_until=self.valid_until)


class PersonWithdrawn(Shape, frozen=True):
    """An enrolment ends on `withdrawn_on`."""

    sp_id: SpId
    scheme: Code
    enrolment_id: OpaqueId
    withdrawn_on: dt.date
    reason: Code

    def __post_init__(self) -> None:
        """Refuse dates outside the contract's years."""
        check_dates(withdrawn_on=self.withdrawn_on)


class Alias(Shape, frozen=True):
    """Another system's name for a person."""

    system: Code
    ref: OpaqueId


class PersonRegistered(Shape, frozen=True):
    """The registry's own statement of a person; its birth date wins over all others."""

    sp_id: SpId
    birth_date: BirthDate
    sex: Sex
    aliases: tuple[Alias, ...]

    def __post_init__(self) -> None:
        """Refuse a birth date that does not exist."""
        check_birth_date(self.birth_date)


class PersonDied(Shape, frozen=True):
    """A person died on `died_on`."""

    sp_id: SpId
    died_on: dt.date

    def __post_init__(self) -> None:
        """Refuse dates outside the contract's years."""
        check_dates(died_on=self.died_on)


class PersonMerged(Shape, frozen=True):
    """Two SP-IDs are one person: `sp_id` is retired, `into` is kept."""

    sp_id: SpId
    into: SpId
    merged_on: dt.date

    def __post_init__(self) -> None:
        """Refuse dates outside the contract's years."""
        check_dates(merged_on=self.merged_on)


class FacilityRegistered(Shape, frozen=True):
    """A health facility's level and the schemes it serves, one version a `valid_from`."""

    facility_id: OpaqueId
    level: Literal["hc", "cpa1", "cpa2", "cpa3", "national", "private"]
    commune: Commune
    schemes: tuple[Code, ...]
    valid_from: dt.date
    valid_until: dt.date | None

    def __post_init__(self) -> None:
        """Refuse dates outside the contract's years."""
        check_dates(valid_from=self.valid_from, valid_until=self.valid_until)
