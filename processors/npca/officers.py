"""Who may sign a certificate: named officers, three distinct persons at least, more approvers the larger the sum.

Pure rules over what is on record; whether a signature is that of a key is judged where keys are.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from events.envelope import format_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Role(StrEnum):
    """What an officer answers for on one certificate, in the order of signing."""

    PREPARER = "preparer"
    REVIEWER = "reviewer"
    APPROVER = "approver"


class Unfit(StrEnum):
    """Why an officer may not sign here and now."""

    UNKNOWN = "no officer of this name is on record"
    NOT_VALID = "the officer is not appointed on that day, or no longer"
    NOT_OF_ROLE = "the officer does not have this role"
    NOT_DELEGATED = "no delegation of this role to the officer holds on that day"
    TWO_ROLES = "this person signs the certificate already, or somebody signs for them"
    OUT_OF_ORDER = "the roles before this one have not signed yet"
    ENOUGH = "the role has signed already"


class Officer(NamedTuple):
    """One officer: the key they sign with, what they may be, and when; `ended_us` is None while they are appointed."""

    name: str
    key: str
    roles: frozenset[Role]
    from_us: int
    ended_us: int | None


class Delegation(NamedTuple):
    """An officer lets another sign in one role for some time; both names count as signing."""

    by: str
    to: str
    role: Role
    from_us: int
    until_us: int


class Band(NamedTuple):
    """From this sum on, so many approvers sign; set by the agency, no official figure is known."""

    currency: str
    from_minor: int
    approvers: int


class Signed(NamedTuple):
    """One signature on a certificate; `on_behalf_of` is who delegated the role, or None."""

    officer: str
    role: Role
    on_behalf_of: str | None
    signed_us: int


def approvers_needed(bands: Iterable[Band], totals_minor: Mapping[str, int]) -> int:
    """How many approvers a certificate over these sums needs; one where no band says more."""
    reached = (band.approvers for band in bands if totals_minor.get(band.currency, 0) >= band.from_minor)
    return max(1, *reached, 1)


def unfit(
    signing: Signed,
    before: Sequence[Signed],
    officers: Mapping[str, Officer],
    delegations: Iterable[Delegation],
    approvers: int,
) -> Unfit | None:
    """Why this signature may not follow those before it; None when it may."""
    if (wrong := _appointed(signing, officers, delegations)) is not None:
        return wrong
    persons = {name for one in before for name in (one.officer, one.on_behalf_of)}
    if {signing.officer, signing.on_behalf_of} & (persons - {None}):
        return Unfit.TWO_ROLES
    roles = [one.role for one in before]
    needed = {Role.PREPARER: 1, Role.REVIEWER: 1, Role.APPROVER: approvers}
    if roles.count(signing.role) >= needed[signing.role]:
        return Unfit.ENOUGH
    earlier = list(Role)[: list(Role).index(signing.role)]
    return Unfit.OUT_OF_ORDER if any(role not in roles for role in earlier) else None


def _appointed(signing: Signed, officers: Mapping[str, Officer], delegations: Iterable[Delegation]) -> Unfit | None:
    for name in (signing.officer, signing.on_behalf_of):
        officer = officers.get(name) if name is not None else None
        if name is not None and officer is None:
            return Unfit.UNKNOWN
        if officer is not None and not holds(officer.from_us, officer.ended_us, signing.signed_us):
            return Unfit.NOT_VALID
    who = signing.on_behalf_of or signing.officer
    if signing.role not in officers[who].roles:
        return Unfit.NOT_OF_ROLE
    if signing.on_behalf_of is not None and not any(
        (one.by, one.to, one.role) == (signing.on_behalf_of, signing.officer, signing.role)
        and holds(one.from_us, one.until_us, signing.signed_us)
        for one in delegations
    ):
        return Unfit.NOT_DELEGATED
    return None


def holds(from_us: int, until_us: int | None, at_us: int) -> bool:
    """Whether an instant lies between two others; the second is not included."""
    return from_us <= at_us and (until_us is None or at_us < until_us)


def complete(signatures: Sequence[Signed], approvers: int) -> bool:
    """Whether all roles have signed, and as many approvers as the sum asks for."""
    roles = [one.role for one in signatures]
    return Role.PREPARER in roles and Role.REVIEWER in roles and roles.count(Role.APPROVER) >= approvers


def statement(certificate_id: str, digest: bytes, signed: Signed) -> bytes:
    """What an officer signs: this certificate, these very lines, in this role, for this person, now."""
    lines = (
        "sp-certificate/v1", certificate_id, digest.hex(), signed.role.value, signed.officer,
        signed.on_behalf_of or "-", format_time(signed.signed_us),
    )  # fmt: skip
    return "".join(f"{line}\n" for line in lines).encode()


def delegation_statement(told: Delegation) -> bytes:
    """What an officer signs to let another sign for them."""
    lines = (
        "sp-delegation/v1", told.by, told.to, told.role.value, format_time(told.from_us), format_time(told.until_us),
    )  # fmt: skip
    return "".join(f"{line}\n" for line in lines).encode()
