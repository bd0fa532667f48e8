"""What is mutated and by which tests a mutant must be noticed; what is not mutated, and why."""

from __future__ import annotations

from typing import NamedTuple


class Part(NamedTuple):
    """Modules that are mutated together in one copy, and the tests that are to notice it."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


_PLAYED = (
    "tests/cases",
    "tests/unit/processors",
    "tests/unit/policy/test_ages.py",
    "tests/unit/policy/test_any_of.py",
    "tests/unit/policy/test_contributions.py",
    "tests/unit/policy/test_leaves.py",
)

PARTS = {
    "core": Part(
        (
            "processors/adjudicate.py",
            "processors/eligibility.py",
            "processors/lifecycle.py",
            "processors/occasions/birth.py",
            "processors/occasions/episode.py",
            "processors/occasions/family.py",
            "processors/occasions/month.py",
            "processors/occasions/round.py",
            "processors/occasions/visit.py",
            "processors/overlap.py",
            "processors/ruling.py",
            "processors/succession.py",
        ),
        _PLAYED,
    ),
    "facts": Part(
        (
            "processors/batches.py",
            "processors/case.py",
            "processors/desk.py",
            "processors/entities.py",
            "processors/entries.py",
            "processors/facts.py",
            "processors/filing.py",
            "processors/inquiry.py",
            "processors/outcome.py",
            "processors/posting.py",
            "processors/suspense.py",
            "processors/view.py",
        ),
        _PLAYED,
    ),
    "lives": Part(
        (
            "processors/ages.py",
            "processors/amounts/*",
            "processors/calendar.py",
            "processors/contributions.py",
            "processors/day_count.py",
            "processors/episodes.py",
            "processors/households.py",
            "processors/occasions/leave.py",
            "processors/overlays.py",
            "processors/policy/predicates/*",
            "processors/spells.py",
        ),
        (*_PLAYED, "tests/unit/policy/test_codes.py"),
    ),
    "policy": Part(
        (
            "processors/policy/codes.py",
            "processors/policy/entitlement.py",
            "processors/policy/loader/*",
            "processors/policy/model.py",
            "processors/policy/overlay.py",
        ),
        ("tests/unit/policy",),
    ),
}

NOT_MUTATED = {
    "processors/memory.py": "the tests' own double of the store: what it does wrong, they do wrong with it",
    "processors/policy/terms.py": "a table of words; tests/unit/policy/test_words.py holds that none is missing",
    "processors/policy/words.py": "sentences; tests/unit/policy/test_words.py holds that every predicate has one",
}
"""Nor is anything outside of functions: mutmut leaves tables, catalogues and fields alone."""
