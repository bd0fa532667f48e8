"""An explanation as values, for the terminal and for JSON: every sentence is in the language asked for."""

from __future__ import annotations

import msgspec


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what is told."""


class BasisTold(Told, frozen=True, kw_only=True):
    """Why a rule stands: how well it is known, where it is written, what was read into it. `text` is its one line."""

    status: str
    references: list[dict[str, str | None]]
    note: str | None
    text: str


class FactTold(Told, frozen=True, kw_only=True):
    """One recorded event that was used. `on` is when it happened, `recorded_at` when its source recorded it, UTC."""

    source: str
    id: str
    type: str
    on: str
    recorded_at: str
    sentence: str


class RuleTold(Told, frozen=True, kw_only=True):
    """One predicate: what it asks in words, what answered, on which evidence, and what the rule stands on."""

    name: str
    outcome: str
    reason: str | None
    parameters: dict[str, str | int | list[str]]
    evidence: list[dict[str, str]]
    sentence: str
    basis: BasisTold | None


class FigureTold(Told, frozen=True, kw_only=True):
    """One figure that was used, in minor units; `times` is how often it counts in the amount.

    `note` is what the pack says to it, such as that its sources conflict.
    """

    name: str
    value: int | None
    unit: str
    status: str
    reference: str
    times: int
    sentence: str
    note: str | None


class LimitTold(Told, frozen=True, kw_only=True):
    """A maximum, a window of days or another threshold that bears on requests of this benefit."""

    name: str
    value: int | None
    sentence: str
    basis: BasisTold | None


class WinnerTold(Told, frozen=True, kw_only=True):
    """The line that has what was asked for, and why it comes first: `priority`, `time`, `id`, or `held` already."""

    line_id: str
    source: str
    request_id: str
    benefit: str
    state: str
    because: str
    sentence: str


class ReasonTold(Told, frozen=True, kw_only=True):
    """One reason with its sentence."""

    reason: str
    sentence: str


class Explanation(Told, frozen=True, kw_only=True):
    """Why a request was decided as it was; `decided` is the data of the published event of its latest decision.

    `pack_changed` says that the ledger does not keep the pack the rules are of: what they stand on is told by the one
    in force now.
    """

    decided: msgspec.Struct
    language: str
    benefit: str
    title: str
    asked: str
    result: str
    asked_in_version: int
    block_no: int
    pack_changed: bool
    why: list[ReasonTold]
    winner: WinnerTold | None
    predicates: list[RuleTold]
    facts: list[FactTold]
    figures: list[FigureTold]
    limits: list[LimitTold]
    next_steps: list[str]

    def to_json(self) -> dict[str, object]:
        """One object: the fields of the published event, and beside them what explains it."""
        told: dict[str, object] = msgspec.to_builtins(self)
        return {**msgspec.to_builtins(told.pop("decided")), **told}
