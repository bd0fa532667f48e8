"""Predicates a pack may name. Each compiles once to a closure that says pass, fail or unknown, with its evidence.

Missing evidence is unknown and pends; contrary evidence fails and rejects (invariant 5). A predicate reads the
inquiry and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from processors.policy.predicates import care, contributions, enrolment, evidence, facility, household, leave, person
from processors.policy.predicates.any_of import ANY_OF, Ways, ask_any
from processors.policy.predicates.kind import PASSED, Outcome, ParameterKind, PredicateKind, Value, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processors.inquiry import Inquiry
    from processors.policy.model import Basis

__all__ = [
    "PASSED",
    "PREDICATES",
    "Outcome",
    "ParameterKind",
    "Predicate",
    "PredicateKind",
    "Value",
    "Verdict",
    "compile_any_of",
    "compile_predicate",
]


@dataclass(frozen=True, slots=True)
class Predicate:
    """A named predicate with its parameters, ready to ask.

    One of `any_of` has `ways` instead of parameters and a basis: each way's predicates have their own.
    """

    name: str
    parameters: tuple[tuple[str, Value], ...]
    ask: Callable[[Inquiry], Outcome]
    basis: Basis | None = None
    ways: Ways = ()

    @property
    def told(self) -> tuple[Predicate, ...]:
        """The predicates that stand in the pack with a basis of their own: this one, or those of all its ways."""
        return tuple(predicate for way in self.ways for predicate in way) if self.ways else (self,)


PREDICATES: dict[str, PredicateKind] = {
    kind.name: kind
    for kind in (
        *enrolment.KINDS,
        *household.KINDS,
        *person.KINDS,
        *evidence.KINDS,
        *care.KINDS,
        *facility.KINDS,
        *contributions.KINDS,
        *leave.KINDS,
    )
}
"""The one catalogue of predicates; the loader refuses a pack that names another."""


def compile_predicate(name: str, parameters: Mapping[str, Value]) -> Predicate:
    """A predicate of the catalogue with its parameters; raises KeyError for a name or parameter it lacks."""
    return Predicate(name, tuple(sorted(parameters.items())), PREDICATES[name].build(parameters))


def compile_any_of(ways: Ways) -> Predicate:
    """A predicate that holds when all predicates of one of these ways do."""
    return Predicate(ANY_OF, (), ask_any(ways), ways=ways)
