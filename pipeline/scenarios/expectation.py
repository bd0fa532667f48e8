"""What must come of a scenario, as written beside its files and compared after a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pipeline.scenarios.figures import CURRENCY, Published
from pipeline.scenarios.forgery import by_reason

if TYPE_CHECKING:
    from pipeline.scenarios.script import Script


class Records(msgspec.Struct, frozen=True):
    """All records published, by what becomes of them when they are published for the first time.

    Published again, what was accepted is replayed and what was quarantined is quarantined again.
    """

    published: int
    accepted: int
    replayed: int
    quarantined: int


class Decided(msgspec.Struct, frozen=True):
    """How many requests of a benefit end in a state, for these reasons."""

    benefit: str
    state: str
    reasons: tuple[str, ...]
    count: int


class Posted(msgspec.Struct, frozen=True):
    """Net payable of a benefit: lines approved or beyond, and their amount in minor units, as text."""

    benefit: str
    currency: str
    lines: int
    amount: str


class Expected(msgspec.Struct, frozen=True):
    """Everything a run is compared with; `at_full` is what `published` is at the published size, row by row."""

    published: tuple[Published, ...]
    at_full: tuple[Published, ...]
    records: Records
    accepted_by_type: dict[str, int]
    decisions: tuple[Decided, ...]
    posted: tuple[Posted, ...]
    quarantined: dict[str, int]


def expected_of(script: Script, published: tuple[Published, ...], at_full: tuple[Published, ...]) -> Expected:
    """What a told script must lead to."""
    quarantined = by_reason(script)
    accepted = script.accepted.total()
    bad = sum(quarantined.values())
    return Expected(
        published=published,
        at_full=at_full,
        records=Records(accepted + script.replayed + bad, accepted, script.replayed, bad),
        accepted_by_type=dict(sorted(script.accepted.items())),
        decisions=tuple(
            Decided(outcome.benefit, outcome.state, outcome.reasons, count)
            for outcome, count in sorted(
                script.outcomes.items(), key=lambda item: (item[0].benefit, item[0].state, item[0].reasons)
            )
        ),
        posted=tuple(
            Posted(benefit, CURRENCY, lines, str(amount)) for benefit, (lines, amount) in sorted(script.posted.items())
        ),
        quarantined=quarantined,
    )
