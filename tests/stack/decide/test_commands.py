"""What people ask about decisions: why, how far a batch is, what was set aside."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from events.identity import line_id
from pipeline.cli import batch, explain, parked
from pipeline.cli.console import CommandError
from pipeline.decide import observing
from pipeline.settings import get_settings
from processors.adjudicate import adjudicate
from processors.case import Case
from processors.outcome import CaseOutcome
from tests.births import declared, event, mother
from tests.stack.decide.conftest import Desk

Run = Callable[..., str]

LINE = line_id("urn:sp:operator:nssf", "N1").hex()
CERTIFIED = {"line_id": LINE, "batch_id": "NB", "certificate_id": "C1"}


@pytest.fixture
def run(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The output of `spp ARGUMENTS` on the test's ledger, as a file would receive it."""
    monkeypatch.setenv("SPP_LEDGER_URL", desk.url)
    get_settings.cache_clear()
    app = typer.Typer(pretty_exceptions_enable=False)
    app.add_typer(batch.app, name="batch")
    app.add_typer(parked.app, name="parked")
    app.command("explain")(explain.explain)

    def spp(*arguments: str) -> str:
        result = CliRunner().invoke(app, arguments, env={"COLUMNS": "40"}, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    return spp


def from_json(told: str) -> Any:
    return json.loads(told)


def _certified(amount: str) -> Any:
    money = {"amount": amount, "currency": "KHR"}
    return event("npca", "line.certified", "n1", "2018-03-01T08:00:00+07:00", {**CERTIFIED, "amount": money})


def test_a_certified_line_is_still_explained_by_what_it_was_approved_on(desk: Desk, run: Run) -> None:
    desk.publish([*mother(1), declared("nssf", "NB", 1, 400_000)])
    desk.decide()
    desk.publish([_certified("400000")])
    desk.decide()
    told = from_json(run("explain", "N1", "--json"))
    assert (told["state"], told["line_id"], told["evidence"]) == (
        "instructed",
        LINE,
        ["n1", "enrolled-1", "delivery-1"],
    )
    assert told["asked_in_version"] < told["version"]
    assert {item["name"]: item["outcome"] for item in told["predicates"]} == {
        "alive": "pass",
        "enrolled_in": "pass",
        "evidence_met": "pass",
        "measure_at_least": "pass",
        "measure_is_zero_or_unset": "pass",
        "amount": "pass",
    }
    evidence = {item["name"]: item["evidence"] for item in told["predicates"]}
    assert evidence["evidence_met"] == [{"source": "pmrs", "id": "delivery-1"}]
    assert [(figure["value"], figure["status"]) for figure in told["figures"]] == [(400_000, "confirmed")]
    assert from_json(run("explain", LINE, "--json")) == told
    assert "ON ITS WAY: the bank is told to pay 400,000 KHR." in run("explain", "N1")


def test_of_one_request_id_the_line_is_told_before_those_that_reused_it(desk: Desk, run: Run) -> None:
    asked = mother(1)[2]
    again = event(
        "nssf", "payment.requested", "asked-again", "2018-02-11T08:00:00+07:00",
        {
            "request_id": "N1", "batch_id": "NB", "benefit": "nssf.maternal.delivery", "sp_id": "0000000002",
            "for": {"on": "2018-02-04"}, "payee": {"channel": "wallet", "provider": "wing", "account_ref": "t",
            "role": "self"},
        },
    )  # fmt: skip
    desk.publish([asked, again])
    desk.decide()
    told = from_json(run("explain", "N1", "--json"))
    assert [(item["event_id"], item["state"], item["reasons"]) for item in told] == [
        ("asked-1", "pended", ["enrolment_missing", "verification_missing"]),
        ("asked-again", "rejected", ["request_id_reused"]),
    ]
    assert "line_id" not in told[1]


def test_a_batch_is_told_in_words_and_in_the_contracts_money(desk: Desk, run: Run) -> None:
    desk.publish([*mother(1), declared("nssf", "NB", 2, 800_000)])
    desk.decide()
    told = run("batch", "status", "NB")
    assert "Batch NB of nssf: batch_mismatch." in told
    assert "Known: 1 requests, 400,000 KHR; declared: 2 requests, 800,000 KHR." in told
    assert from_json(run("batch", "status", "NB", "--json"))["declared"] == {
        "count": 2,
        "totals": [{"amount": "800000", "currency": "KHR"}],
    }


def test_a_batch_whose_requests_have_not_come_yet_is_known_by_its_declaration(desk: Desk, run: Run) -> None:
    desk.publish([declared("nssf", "NB", 2, 800_000)])
    desk.decide()
    assert "Known: 0 requests, no amounts; declared: 2 requests, 800,000 KHR." in run("batch", "status", "NB")
    with pytest.raises(CommandError, match="no request or declaration names it"):
        run("batch", "status", "NC")


def test_what_was_set_aside_is_listed_and_given_back(desk: Desk, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(case: Case, *rest: Any) -> CaseOutcome:
        if b"P0000000001" in case.members:
            raise RuntimeError("made to fail")
        return adjudicate(case, *rest)

    monkeypatch.setattr("processors.desk.adjudicate", failing)
    desk.publish([*mother(1), *mother(2)])
    desk.decide()
    found = {row["entity"]: row for row in from_json(run("parked", "list", "--json"))["parked"]}
    assert (found["person"]["id"], found["person"]["marks"]) == ("0000000001", 4)
    assert {row["id"] for row in found.values() if row["entity"] == "line"} <= {
        line_id(f"urn:sp:operator:{source}", f"{letter}1").hex() for source, letter in (("nssf", "N"), ("hef", "H"))
    }
    assert "made to fail" not in run("parked", "list")
    monkeypatch.undo()
    marks = sum(row["marks"] for row in from_json(run("parked", "list", "--json"))["parked"])
    assert from_json(run("parked", "retry", "--json")) == {"retried": marks}
    desk.decide()
    assert from_json(run("parked", "list", "--json")) == {"parked": []}
    assert from_json(run("explain", "N1", "--json"))["state"] == "approved"


def test_lines_that_go_to_a_file_are_not_folded(desk: Desk, run: Run) -> None:
    desk.publish(mother(1))
    desk.decide()
    assert (
        "      fact: delivery (number of babies 1, weeks of pregnancy 39) 2018-02-04, told by the health facility, "
        "recorded 2018-02-05 08:00 (event delivery-1)\n"
    ) in run("explain", "N1")


def test_an_alarm_names_the_line(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, object]] = []
    monkeypatch.setattr(observing._log, "warning", lambda event, **fields: told.append({"event": event, **fields}))
    desk.publish([*mother(1), _certified("400000")])
    desk.decide()
    assert {"event": "decide_alarm", "reason": "certified_not_frozen", "line_id": LINE} in told
