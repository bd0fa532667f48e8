"""Several ways to qualify: each a list of predicates that hold together, of which one list is enough.

The way that tells the verdict is the closest: of the ways that pass the first written; else of those that may still
pass, else of all, the one with the fewest predicates that do not pass, then with the most that do, then the first
written. Its answers are those of the rule: a request waits or is refused for what is wrong with the way that fits best.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from processors.policy.predicates.kind import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from processors.inquiry import Inquiry
    from processors.policy.predicates import Predicate

ANY_OF = "any_of"
"""How a pack writes it, and what the rule itself is called."""

Ways = tuple[tuple["Predicate", ...], ...]


class Chosen(NamedTuple):
    """The way that tells the verdict, counted from 1, with what each of its predicates found."""

    number: int
    verdict: Verdict
    found: tuple[tuple[Predicate, Outcome], ...]


def choose(ways: Ways, inquiry: Inquiry) -> Chosen:
    """Ask every way and take the closest; one that fails cannot be the closest while another may still pass."""
    asked = [
        (way, tuple((predicate, predicate.ask(inquiry)) for predicate in predicates))
        for way, predicates in enumerate(ways, start=1)
    ]
    told = [Chosen(way, max(outcome.verdict for _, outcome in found), found) for way, found in asked]
    return min(told, key=lambda chosen: (chosen.verdict, *(() if chosen.verdict is Verdict.PASS else _apart(chosen))))


def _apart(chosen: Chosen) -> tuple[int, int]:
    passed = sum(1 for _, outcome in chosen.found if outcome.verdict is Verdict.PASS)
    return len(chosen.found) - passed, -passed


def ask_any(ways: Ways) -> Callable[[Inquiry], Outcome]:
    """The verdict of the closest way, with the first reason that made it and all it rests on."""

    def ask(inquiry: Inquiry) -> Outcome:
        chosen = choose(ways, inquiry)
        worst = next(outcome for _, outcome in chosen.found if outcome.verdict is chosen.verdict)
        return Outcome(chosen.verdict, worst.reason, tuple(event for _, it in chosen.found for event in it.evidence))

    return ask
