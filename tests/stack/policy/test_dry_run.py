"""What a new policy would change in the open requests is real adjudication, and leaves no trace."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from events.envelope import Event
from events.identity import line_id
from ledger.store.schema import metadata
from pipeline.policies import trial
from processors.adjudicate import adjudicate
from processors.case import Case
from processors.outcome import CaseOutcome
from tests.births import closed, declared, event, mother
from tests.stack.decide.conftest import Desk
from tests.stack.policy.conftest import BIRTH, Spp

Packs = Callable[..., Path]
RAISED = [(BIRTH, "value: 400_000", "value: 500_000")]


def _without_amount(number: int) -> list[Event]:
    """A mother for whom NSSF asks without a figure of its own."""
    *facts, asked, _ = mother(number)
    data = {
        "request_id": f"N{number}", "batch_id": "NB", "benefit": "nssf.maternal.delivery",
        "sp_id": f"{number:010d}", "for": {"on": "2018-02-04"}, "cycle": "2018-02",
        "payee": {"channel": "wallet", "provider": "wing", "account_ref": f"token-{number}", "role": "self"},
    }  # fmt: skip
    return [*facts, event("nssf", "payment.requested", asked.id, "2018-02-10T08:00:00+07:00", data)]


def _content(desk: Desk) -> dict[str, list[tuple[object, ...]]]:
    return {name: desk.rows(f"select * from {name}") for name in sorted(metadata.tables)}


@pytest.mark.parametrize("at_once", [1, 1_000])
def test_a_raised_birth_cash_shows_the_money_it_would_move(
    desk: Desk, spp: Spp, packs: Packs, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(trial, "CASES_AT_ONCE", at_once)
    desk.publish([told for number in range(1, 8) for told in _without_amount(number)])
    desk.decide()
    before = _content(desk)
    told = spp.json("dry-run", str(packs(edits=RAISED)))
    assert (told["lines"], told["changed"], told["failed"], told["waiting"]) == (7, 7, 0, 0)
    assert told["if_followed"] == {}
    (moved,) = told["moved"]
    assert (moved["benefit"], moved["change"], moved["lines"]) == ("nssf.maternal.delivery", "amount up", 7)
    assert (moved["before_minor"], moved["after_minor"]) == (7 * 400_000, 7 * 500_000)
    assert all(example["after"] == 500_000 for example in moved["examples"])
    assert _content(desk) == before


def test_an_own_figure_of_the_operator_that_no_longer_agrees_is_told(desk: Desk, spp: Spp, packs: Packs) -> None:
    desk.publish(mother(1)[:3])
    desk.decide()
    told = spp.json("dry-run", str(packs(edits=RAISED)))
    assert told["if_followed"] == {"KHR": 100_000}
    (moved,) = told["moved"]
    assert (moved["change"], moved["reasons"]) == ("approved → rejected", ["amount_mismatch"])
    assert (moved["before_minor"], moved["after_minor"]) == (400_000, 0)
    assert moved["examples"] == [
        {"line_id": line_id("urn:sp:operator:nssf", "N1").hex(), "before": 400_000, "after": None}
    ]


def test_submitted_lines_keep_what_they_have(desk: Desk, spp: Spp, packs: Packs) -> None:
    desk.publish([*_without_amount(1), declared("nssf", "NB", 1, 0), closed("nssf")])
    desk.decide()
    told = spp.json("dry-run", str(packs(edits=RAISED)))
    assert (told["lines"], told["changed"]) == (0, 0)


def test_only_the_doing_of_the_policy_is_told(desk: Desk, spp: Spp, packs: Packs) -> None:
    """Facts that are recorded and wait to be decided change nothing here, and are counted."""
    enrolled, delivery, asked = _without_amount(1)
    desk.publish([enrolled, asked])
    desk.decide()
    desk.publish([delivery])
    told = spp.json("dry-run", str(packs(edits=RAISED)))
    assert told["changed"] == 0
    assert told["waiting"] > 0


def test_a_case_that_fails_under_a_policy_is_counted_and_the_others_are_tried(
    desk: Desk, spp: Spp, packs: Packs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(case: Case, *rest: Any) -> CaseOutcome:
        if b"P0000000003" in case.members:
            raise RuntimeError("made to fail")
        return adjudicate(case, *rest)

    desk.publish([told for number in range(1, 6) for told in _without_amount(number)])
    desk.decide()
    monkeypatch.setattr("processors.desk.adjudicate", failing)
    told = spp.json("dry-run", str(packs(edits=RAISED)), code=3)
    assert (told["lines"], told["changed"], told["failed"]) == (5, 4, 1)


def test_the_words_tell_the_money_and_an_example(desk: Desk, spp: Spp, packs: Packs) -> None:
    desk.publish(_without_amount(1))
    desk.decide()
    told = spp("dry-run", str(packs(edits=RAISED)))
    assert "1 of 1 open lines would change" in told
    assert line_id("urn:sp:operator:nssf", "N1").hex() in told
    assert "In all 100,000 KHR." in told
    assert "If operators named" not in told


def test_the_words_tell_what_would_move_if_operators_followed(desk: Desk, spp: Spp, packs: Packs) -> None:
    desk.publish([*mother(1)[:3], *_without_amount(2)])
    desk.decide()
    told = spp("dry-run", str(packs(edits=RAISED)))
    assert "In all -300,000 KHR." in told
    assert "If operators named the amounts of the new policy: 200,000 KHR." in told
