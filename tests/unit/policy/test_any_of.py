"""Several ways to qualify: which of them tells the verdict."""

from collections.abc import Callable
from typing import cast

import pytest

from events.reasons import Reason
from processors.inquiry import Inquiry
from processors.policy.predicates import Outcome, Predicate, Verdict, compile_any_of
from processors.policy.predicates.any_of import choose

NOBODY = cast("Inquiry", None)
P = Outcome(Verdict.PASS)
MISSING = Outcome(Verdict.UNKNOWN, Reason.HOUSEHOLD_MISSING)
UNTOLD = Outcome(Verdict.UNKNOWN, Reason.ENROLMENT_MISSING)
LEVEL = Outcome(Verdict.FAIL, Reason.LEVEL_NOT_COVERED)
TYPE = Outcome(Verdict.FAIL, Reason.PAYMENT_TYPE_MISMATCH)


def saying(told: Outcome) -> Callable[[Inquiry], Outcome]:
    """An answer that looks at nothing."""
    return lambda _: told


def way(*found: Outcome) -> tuple[Predicate, ...]:
    """Predicates that find this, whoever is asked about."""
    return tuple(Predicate(f"predicate_{at}", (), saying(told)) for at, told in enumerate(found))


@pytest.mark.parametrize(
    ("ways", "number", "verdict"),
    [
        ([way(P), way(P, P)], 1, Verdict.PASS),
        ([way(P, LEVEL), way(P, P)], 2, Verdict.PASS),
        ([way(MISSING), way(P, P)], 2, Verdict.PASS),
        ([way(P, P, LEVEL), way(MISSING, UNTOLD)], 2, Verdict.UNKNOWN),
        ([way(MISSING, UNTOLD), way(P, UNTOLD)], 2, Verdict.UNKNOWN),
        ([way(LEVEL, TYPE), way(P, TYPE)], 2, Verdict.FAIL),
        ([way(LEVEL, P), way(P, TYPE)], 1, Verdict.FAIL),
        ([way(UNTOLD, P), way(P, P, MISSING)], 2, Verdict.UNKNOWN),
        ([way(LEVEL, TYPE), way(MISSING, TYPE)], 1, Verdict.FAIL),
    ],
    ids=[
        "the first that passes",
        "one that passes before one that fails",
        "one that passes before one that may",
        "one that may pass before one that fails by less",
        "of those that may pass the one that lacks least",
        "of those that fail the one that lacks least",
        "the first written on a tie",
        "where as much is lacking the one of which more is met",
        "what is missing counts as much as what is contrary",
    ],
)
def test_the_closest_way_tells(ways: list[tuple[Predicate, ...]], number: int, verdict: Verdict) -> None:
    chosen = choose(tuple(ways), NOBODY)
    assert (chosen.number, chosen.verdict) == (number, verdict)
    assert [predicate for predicate, _ in chosen.found] == list(ways[number - 1])


def test_asked_as_one_predicate_it_gives_the_reason_that_made_the_verdict() -> None:
    rule = compile_any_of((way(P, LEVEL), way(UNTOLD, TYPE)))
    assert rule.ask(NOBODY) == LEVEL
    assert rule.name == "any_of"
    assert len(rule.told) == 4
    assert compile_any_of((way(UNTOLD, TYPE), way(LEVEL, LEVEL, TYPE))).ask(NOBODY) == TYPE


def test_a_predicate_that_is_no_choice_tells_itself() -> None:
    (only,) = way(P)
    assert only.told == (only,)
