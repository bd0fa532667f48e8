"""Whatever an answer may have to tell has words in both languages; what is missing is named."""

import re
from collections.abc import Mapping
from typing import get_args

import pytest

from events.catalogue import TYPES
from events.payment import ForShapeName
from events.reasons import REASONS, Kind
from events.states import LineState
from pipeline.answers import advice, limits, telling
from pipeline.answers.explaining import STATE_WORDS
from pipeline.policy_files import load
from processors.policy.model import Status, Times
from processors.policy.terms import TERMS, Words

# Their own data say what they are: a condition by its name, a treatment by its service.
BY_DATA = {"condition.verified", "encounter.recorded"}
# Told to the system about itself or about funds, never about a request.
NEVER_SHOWN = {
    "batch.certified",
    "budget.allotted",
    "certificate.superseded",
    "fund.received",
    "statement.booked",
    "statement.closed",
}
WITH_REASONS = {LineState.PENDED, LineState.REJECTED, LineState.EXPIRED}


@pytest.mark.parametrize(
    ("catalogue", "wanted"),
    [
        (advice.BY_REASON, {each for each, info in REASONS.items() if info.kind is not Kind.QUARANTINED}),
        (advice.BY_STATE, set(LineState) - WITH_REASONS),
        (STATE_WORDS, set(LineState)),
        (limits.WINDOW_WORDS, set(load().commons.figures)),
        (telling.TIMES_WORDS, set(Times)),
        (telling.PART_WORDS, {name for pack in load().packs.values() for name, _, _ in pack.amount.figures}),
        (telling.EVENT_WORDS, set(TYPES) - BY_DATA - NEVER_SHOWN),
        (telling.FOR_WORDS, set(get_args(ForShapeName))),
        (TERMS["status"], set(Status)),
    ],
    ids=[
        "advice by reason",
        "advice by state",
        "states",
        "windows",
        "units",
        "parts",
        "events",
        "what for",
        "statuses",
    ],
)
def test_nothing_lacks_words(catalogue: Mapping[str, Words], wanted: set[str]) -> None:
    assert sorted(wanted - catalogue.keys()) == [], "write words in English and Khmer for these"
    for name, words in catalogue.items():
        if words == Words("", ""):
            continue  # the amount itself needs no name
        assert words.english, name
        assert any("\u1780" <= letter < "\u1800" for letter in words.khmer), name
        assert set(re.findall(r"\{\w+\}", words.english)) == set(re.findall(r"\{\w+\}", words.khmer)), name
