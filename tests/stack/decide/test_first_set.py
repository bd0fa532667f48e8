"""The first set of a new ledger, halved by a case that fails: its submission names a block that is there.

The half that completes a batch may hold no decision; the policy's own block stands before every set.
"""

from typing import Any

import pytest

from processors.adjudicate import adjudicate
from processors.case import Case
from processors.outcome import CaseOutcome
from tests.births import declared, mother
from tests.stack.decide.conftest import Desk

MOTHERS = 6


@pytest.mark.parametrize("failing", [1, 4])
def test_a_first_set_that_is_halved_names_no_block_that_is_not_there(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    member = f"P{failing:010d}".encode()

    def fail(case: Case, *rest: Any) -> CaseOutcome:
        if member in case.members:
            raise RuntimeError("made to fail")
        return adjudicate(case, *rest)

    monkeypatch.setattr("processors.desk.adjudicate", fail)
    events = [fact for number in range(1, MOTHERS + 1) for fact in mother(number)]
    desk.publish([declared("nssf", "NB", MOTHERS, MOTHERS * 400_000), *events])
    desk.decide()
    assert desk.rows("select count(*) from parked_mark")[0][0] > 0
    monkeypatch.undo()
    desk.retry_parked()
    desk.decide()
    assert desk.rows("select count(*) from submission") == [(1,)]
    unknown = "select submission_no from submission left join block using (block_no) where block.block_no is null"
    assert desk.rows(unknown) == []
