from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline.scenarios import files
from pipeline.scenarios.comparison import compare
from pipeline.scenarios.obtained import Counters, Obtained

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.scenarios.expectation import Expected

BEFORE = Counters(50, 60, 70, 80)


def _as_expected(expected: Expected) -> Obtained:
    return Obtained(
        dict(expected.accepted_by_type),
        {(row.benefit, row.state, row.reasons): row.count for row in expected.decisions},
        {(row.benefit, row.currency): (row.lines, int(row.amount)) for row in expected.posted},
    )


@pytest.fixture
def expected(written: Path) -> Expected:
    return files.read_expected(written)


def test_a_first_run_agrees(expected: Expected) -> None:
    records = expected.records
    after = Counters(50 + records.accepted, 60 + records.replayed, 70 + records.quarantined, 99)
    figures = compare(expected, _as_expected(expected), BEFORE, after, expected.quarantined)
    assert all(figure.agrees for figure in figures)


def test_the_same_run_again_is_all_replays_and_agrees(expected: Expected) -> None:
    records = expected.records
    after = Counters(50, 60 + records.accepted + records.replayed, 70 + records.quarantined, 99)
    figures = compare(expected, _as_expected(expected), BEFORE, after, expected.quarantined)
    assert all(figure.agrees for figure in figures)


def test_one_riel_too_much_is_told(expected: Expected) -> None:
    records = expected.records
    after = Counters(50 + records.accepted, 60 + records.replayed, 70 + records.quarantined, 99)
    obtained = _as_expected(expected)
    key = next(iter(obtained.posted))
    lines, amount = obtained.posted[key]
    obtained.posted[key] = (lines, amount + 1)
    wrong = [figure for figure in compare(expected, obtained, BEFORE, after, expected.quarantined) if not figure.agrees]
    assert [(figure.group, figure.name, figure.obtained - figure.expected) for figure in wrong] == [
        ("posted", key[0], 1)
    ]


def test_what_nobody_expected_is_told(expected: Expected) -> None:
    records = expected.records
    after = Counters(50 + records.accepted, 60 + records.replayed, 70 + records.quarantined, 99)
    obtained = _as_expected(expected)
    obtained.decisions[("family.base", "approved", ())] = 1
    obtained.posted[("family.base", "KHR")] = (1, 5)
    figures = compare(expected, obtained, BEFORE, after, {**expected.quarantined, "not_json": 99})
    names = {figure.name for figure in figures if not figure.agrees}
    assert names == {"family.base approved", "family.base", "family.base lines", "not_json"}
