"""Limits are told with what they stand on."""

from datetime import date

import pytest

from events.reasons import REASONS, Reason
from pipeline.answers import limits
from pipeline.policy_files import load
from processors.policy.terms import Language


@pytest.mark.parametrize("benefit", ["inflation.cash", "flood.cash"])
def test_who_excludes_whom_by_law_cites_it(benefit: str) -> None:
    policy = load()
    reasons = {REASONS[Reason.EXCLUSIVE_BENEFIT].number}
    found = limits.of(policy, policy.packs[benefit], date(2022, 12, 10), reasons, Language.ENGLISH)
    excluded = next(limit for limit in found if limit.name == "exclusivity")
    assert excluded.basis is not None
    assert excluded.basis.text.startswith("by law: Agence Kampuchea Presse, directive on cash for at-risk households")
    assert [reference["title"] for reference in excluded.basis.references] == [
        "Agence Kampuchea Presse, directive on cash for at-risk households against inflation, 3 December 2022"
    ]
