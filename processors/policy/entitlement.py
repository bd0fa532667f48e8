"""Which event in life a payment is for, how many of them there are, and who may not have it as well."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from processors.policy.model import Basis, Dated, LifeEvent, Reference


@dataclass(frozen=True, slots=True)
class Maximum:
    """At most `count` payments of these steps together in one birth or pregnancy, whoever pays.

    With `months` it is a number of days instead: at most so many in any so many months.
    """

    steps: tuple[str, ...]
    count: int
    basis: Basis
    months: int | None = None


@dataclass(frozen=True, slots=True)
class Exclusivity:
    """One side (a scheme, or a grade) holds `group` for one `per` (birth, month, round); the other sides are refused.

    `side` is the pack's own side, `others` are the other ones; `basis` is law or assumption, `references` tell where a
    law is written. `round` is the round that is excluded where it is not the asked one. A side that `prevails` is paid
    also where another is submitted already; what the other had is then to be recovered.
    """

    group: str
    per: LifeEvent
    side: str
    others: tuple[str, ...]
    basis: str
    note: str
    references: tuple[Reference, ...]
    round: int | None = None
    prevails: bool = False


@dataclass(frozen=True, slots=True)
class Round:
    """One payment that is dated by the benefit itself: who has it is tested on its day."""

    day: date
    basis: Basis


@dataclass(frozen=True, slots=True)
class Entitlement:
    """Which event in life a payment is for, and the step of it (`anc`, `delivery`, `pnc`, `vaccination`, `month`).

    `rounds` are the dated rounds by their number, where a round is paid.
    """

    event: LifeEvent
    step: str
    evidence: str | None
    exclusivity: tuple[Exclusivity, ...]
    maximum: Dated[Maximum] | None
    rounds: Mapping[int, Round] = field(default_factory=dict)
