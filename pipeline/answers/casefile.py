"""A case as values, for the terminal and for JSON: what is known, asked, decided and paid."""

from __future__ import annotations

import datetime as dt

import msgspec


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what a case file is made of."""


class FactRow(Part, frozen=True, kw_only=True):
    """One recorded fact about `about`. `stands` is `counts`, `replaced` by a later fact, or `retracted`."""

    about: str
    type: str
    on: str
    told: dict[str, object]
    source: str
    id: str
    recorded_at: str
    stands: str
    retracted_at: str | None = None


class StayRow(Part, frozen=True, kw_only=True):
    """The household in which a person counts from a day until another; `until` is None while nothing changes it."""

    household_id: str
    since: dt.date
    until: dt.date | None
    level: str
    area: str
    commune: str
    card_valid: bool
    head: bool
    event_id: str


class MemberRow(Part, frozen=True, kw_only=True):
    """A member as one version of a household's card that counts names them; `sp_id` is None for one without."""

    household_id: str
    card_from: dt.date
    card_until: dt.date
    member_no: int | str
    sp_id: str | None
    birth_date: str
    sex: str
    head: bool
    traits: list[str]
    event_id: str


class RequestRow(Part, frozen=True, kw_only=True):
    """One request as it was asked; `amount` is the operator's own figure. The payee's account is left out."""

    source: str
    request_id: str
    line_id: str
    event_id: str
    benefit: str
    asked_for: str
    recipient: str
    in_respect_of: str | None
    cycle: str
    batch_id: str
    amount: dict[str, str] | None
    payee: str
    recorded_at: str


class Other(Part, frozen=True, kw_only=True):
    """Another line, by the request it is of."""

    line_id: str
    source: str
    request_id: str


class DecisionTold(Part, frozen=True, kw_only=True):
    """The latest decision on one subject; `kind` is `decided`, `recovery_proposed` or `request_id_reused`."""

    kind: str
    source: str
    request_id: str
    line_id: str | None
    version: int
    state: str
    reasons: list[str]
    amount: dict[str, str] | None
    won_by: Other | None
    block_no: int
    decided_at: str


class StepRow(Part, frozen=True, kw_only=True):
    """What stands posted for one step of a line."""

    step: str
    bank: str
    amount: dict[str, str]


class SaidRow(Part, frozen=True, kw_only=True):
    """What the operator, certifier or bank said of a line or its instruction after it was asked for."""

    type: str
    on: str
    source: str
    id: str
    told: dict[str, object]
    recorded_at: str


class PaymentRow(Part, frozen=True, kw_only=True):
    """How far a line was paid: what stands posted, and what was said of it.

    `instruction_id` names the order to the bank once it was given, or once a bank speaks of it.
    """

    source: str
    request_id: str
    line_id: str
    instruction_id: str | None
    position: list[StepRow]
    said: list[SaidRow]


class CaseFile(Part, frozen=True, kw_only=True):
    """All that is kept of one person or household, with everybody whose requests compete with theirs.

    `ids` are all ids of the person, or the household's and those it replaced; `related` the others of the case.
    `undecided` counts what is recorded and not decided yet, `parked` what failed to be decided.
    """

    kind: str
    looked_at: str
    ids: list[str]
    known: bool
    related: list[str]
    households: list[StayRow]
    members: list[MemberRow]
    facts: list[FactRow]
    requests: list[RequestRow]
    decisions: list[DecisionTold]
    payments: list[PaymentRow]
    elsewhere: list[str]
    undecided: int
    parked: int

    @property
    def shown(self) -> tuple[str, ...]:
        """Every person and household of whom something is told: what the access log keeps."""
        told = {self.looked_at, *self.ids, *self.related, *(stay.household_id for stay in self.households)}
        told |= {member.sp_id for member in self.members if member.sp_id is not None}
        told |= {row.recipient for row in self.requests}
        told |= {row.in_respect_of for row in self.requests if row.in_respect_of is not None}
        return tuple(sorted(told))
