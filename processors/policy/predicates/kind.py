"""What a predicate is and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from events.envelope import Event
    from events.reasons import Reason
    from processors.inquiry import Inquiry


class Verdict(IntEnum):
    """Missing evidence pends (`UNKNOWN`), contrary evidence rejects (`FAIL`)."""

    PASS = 0
    UNKNOWN = 1
    FAIL = 2


class Outcome(NamedTuple):
    """What one predicate found: its verdict, the reason when it is not a pass, the facts it used."""

    verdict: Verdict
    reason: Reason | None = None
    evidence: tuple[Event, ...] = ()


PASSED = Outcome(Verdict.PASS)
"""A pass that needed no fact."""


class ParameterKind(StrEnum):
    """How a parameter is written in a pack."""

    CODE = "code"
    CODES = "codes"
    NUMBER = "number"
    ABSENT = "pass or unknown"
    YES_NO = "yes or no"


Value = str | int | tuple[str, ...]


def _sound(_parameters: Mapping[str, Value]) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class PredicateKind:
    """How a pack writes a predicate, and how it compiles.

    `fault` says what is wrong with parameters that are each well written and do not go together.
    """

    name: str
    parameters: Mapping[str, ParameterKind]
    build: Callable[[Mapping[str, Value]], Callable[[Inquiry], Outcome]]
    fault: Callable[[Mapping[str, Value]], str | None] = _sound


def codes_of(value: Value) -> frozenset[str]:
    """The codes of a parameter that is one code or a list of them."""
    return frozenset(value) if isinstance(value, tuple) else frozenset({str(value)})


def number_of(value: Value) -> int:
    """The number of a parameter."""
    return int(str(value))
