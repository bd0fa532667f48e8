"""The commands on the ledger, as a person and as a program meet them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer
from typer.testing import CliRunner, Result

from events.envelope import Event, encode
from events.local_keys import local_signer
from events.reasons import Reason
from events.states import LineState
from events.topics import HEADER_KEY_ID, HEADER_SIGNATURE, VERIFICATION
from events.verification import ConditionVerified
from ledger.model.account import Dimensions
from ledger.store import LedgerConnection
from ledger.store.inbox import ensure_offsets, record_batch
from ledger.store.records import Refused
from pipeline.cli import quarantine, report
from pipeline.cli.console import CommandError, ExitCode
from pipeline.settings import get_settings
from tests.stack.ledger.conftest import Query
from tests.stack.ledger.samples import RECEIVED_US, TOPIC_NO, Bookkeeper, admitted, refused

Run = Callable[..., Result]

OF = Dimensions("nssf.maternal.delivery", "nssf", "nssf", "fund", "", "10.4", "27.1", "KHR")


@pytest.fixture
def run(ledger_url: str, keys: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `spp ARGUMENTS` in this process on the test's ledger."""
    monkeypatch.setenv("SPP_LEDGER_URL", ledger_url)
    monkeypatch.setenv("SPP_KEYS", str(keys))
    get_settings.cache_clear()
    app = typer.Typer(pretty_exceptions_enable=False)
    app.add_typer(report.app, name="report")
    app.add_typer(quarantine.app, name="quarantine")
    app.command("reconcile")(report.reconcile)

    def spp(*arguments: object, code: int = 0) -> Result:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result

    return spp


def from_json(result: Result) -> Any:
    return json.loads(result.stdout)


@pytest.fixture
def books(writer: LedgerConnection) -> Bookkeeper:
    """One line approved, one pended, one without a decision."""
    keeper = Bookkeeper(writer)
    for number, amount in ((1, 400_000), (2, 0), (3, 0)):
        keeper.line(bytes([number]) * 16, OF.benefit, "KHR", amount)
    keeper.decide(b"\1" * 16, LineState.APPROVED, 400_000, OF)
    keeper.decide(b"\2" * 16, LineState.PENDED, None, OF)
    keeper.post()
    return keeper


@pytest.mark.usefixtures("books")
def test_totals_have_the_shape_programs_rely_on(run: Run) -> None:
    assert from_json(run("report", "totals", "--json")) == {
        "totals": [
            {"benefit": OF.benefit, "state": "approved", "currency": "KHR", "count": 1, "amount": "400000"},
            {"benefit": OF.benefit, "state": "pended", "currency": "KHR", "count": 1, "amount": "0"},
        ],
        "undecided": 1,
    }
    told = run("report", "totals").stdout
    assert "400,000" in told
    assert "Lines that wait for their first decision: 1." in told


@pytest.mark.usefixtures("books")
def test_the_trial_balance_names_the_block_it_is_of(run: Run) -> None:
    found = from_json(run("report", "trial-balance", "--json"))
    assert (found["block"]["block_no"], found["block"]["leaf_count"]) == (1, 3)
    assert found["totals"] == [{"currency": "KHR", "debits": "400000", "credits": "400000"}]
    assert [(row["account"], row["balance"]) for row in found["accounts"]] == [
        ("commitment/nssf.maternal.delivery/nssf/KHR", "400000"),
        ("payable/nssf.maternal.delivery/nssf/KHR", "-400000"),
    ]
    told = run("report", "trial-balance").stdout
    assert found["block"]["hash"] in told
    assert "-400,000" in told


def test_reconcile_succeeds_only_when_every_difference_is_zero(run: Run, writer: LedgerConnection) -> None:
    assert from_json(run("reconcile", "--full", "--json"))["agrees"] is True
    assert "figures agree" in run("reconcile").stdout
    record_batch(writer, TOPIC_NO, 0, 0, 2, [admitted(0, "a")], [refused(1)])
    found = from_json(run("reconcile", "--json", code=1))
    wrong = {row["name"]: row["difference"] for row in found["identities"] if row["hint"]}
    assert found["agrees"] is False
    assert wrong == {"requests": "1", "dirty marks": "2", "unrelayed": "1"}
    assert found["quarantined"] == {"schema": 1}
    told = run("reconcile", code=1).stdout
    assert "dirty marks: entities waiting to be decided = 0 does not hold." in told
    assert "Quarantined: schema 1." in told


@pytest.fixture
def held(writer: LedgerConnection, keys: Path) -> bytes:
    """Two records in quarantine: a good one that a pack lacked a code for, and one that never was an event."""
    ensure_offsets(writer, VERIFICATION.number, 1)
    signer = local_signer(keys, "nssf")
    data = ConditionVerified("0000000001", "delivery", "met", month="2018-03")
    value = encode(Event("nssf", "e1", "condition.verified", RECEIVED_US, data))
    headers = [(HEADER_SIGNATURE, signer.sign_one(value)), (HEADER_KEY_ID, signer.key_id.encode())]
    good = Refused(
        VERIFICATION.number, 0, 0, RECEIVED_US, "nssf", "e1", Reason.UNKNOWN_CODE, "data.condition", "not in the pack",
        b"0000000001", value, msgspec.msgpack.encode(headers),
    )  # fmt: skip
    bad = Refused(
        VERIFICATION.number, 0, 1, RECEIVED_US, None, None, Reason.NOT_JSON, "", "no JSON", None, b"\xff\x00", b""
    )
    record_batch(writer, VERIFICATION.number, 0, 0, 2, [], [good, bad])
    return value


def test_refused_records_are_listed_and_shown_as_they_came(run: Run, held: bytes) -> None:
    listed = from_json(run("quarantine", "list", "--json"))["records"]
    assert [(row["offset"], row["reason"], row["state"]) for row in listed] == [
        (1, "not_json", "open"),
        (0, "unknown_code", "open"),
    ]
    assert len(from_json(run("quarantine", "list", "--reason", "not_json", "--json"))["records"]) == 1
    number = listed[1]["number"]
    shown = from_json(run("quarantine", "show", number, "--json"))
    assert shown["value"].encode() == held
    assert [header["name"] for header in shown["headers"]] == [HEADER_SIGNATURE, HEADER_KEY_ID]
    assert shown["audit"] == []
    told = run("quarantine", "show", number).stdout
    assert "data.condition" in told
    assert "sp.verification.v1/0/0" in told
    assert from_json(run("quarantine", "show", listed[0]["number"], "--json"))["value_base64"] == "/wA="
    assert "unknown_code" in run("quarantine", "list").stdout
    with pytest.raises(CommandError, match="--reason too_late: expected one of not_json, ") as refused_reason:
        run("quarantine", "list", "--reason", "too_late")
    assert refused_reason.value.code == ExitCode.USAGE


def test_a_replay_admits_what_is_good_now_and_says_what_is_not(run: Run, held: bytes, query: Query) -> None:
    numbers = [number for (number,) in query("select quarantine_no from quarantine order by record_offset")]
    found = from_json(run("quarantine", "replay", *numbers, "--actor", "sok", "--json", code=3))["records"]
    assert [(row["number"], row["action"]) for row in found] == list(zip(numbers, ("replayed", "refused"), strict=True))
    assert found[1]["why"].startswith("not_json")
    assert query("select event_id, received_us, value from inbox") == [("e1", RECEIVED_US, held)]
    assert query("select count(*) from mark") == [(1,)]
    assert query("select action, actor from quarantine_audit order by audit_no") == [
        ("replayed", "sok"),
        ("refused", "sok"),
    ]
    again = from_json(run("quarantine", "replay", numbers[0], "--json", code=1))["records"]
    assert "was replayed by sok" in again[0]["why"]


@pytest.mark.usefixtures("held")
def test_records_are_chosen_for_replay_by_reason_or_source(run: Run) -> None:
    assert "replayed" in run("quarantine", "replay", "--source", "nssf").stdout
    run("quarantine", "replay", "--reason", "not_json", code=1)
    with pytest.raises(CommandError, match="name the records' numbers"):
        run("quarantine", "replay")


@pytest.mark.usefixtures("held")
def test_discarding_takes_two_persons(run: Run, query: Query) -> None:
    ((number,),) = query("select quarantine_no from quarantine where record_offset = 1")
    proposed = run("quarantine", "discard", number, "--note", "line noise", "--actor", "sok", "--json")
    assert from_json(proposed) == {"number": number, "action": "discard_proposed"}
    with pytest.raises(CommandError, match="another person has to agree"):
        run("quarantine", "discard", number, "--note", "line noise", "--actor", "sok")
    assert "is discarded" in run("quarantine", "discard", number, "--note", "agreed", "--actor", "dara").stdout
    audit = from_json(run("quarantine", "show", number, "--json"))["audit"]
    assert [(step["action"], step["actor"], step["note"]) for step in audit] == [
        ("discard_proposed", "sok", "line noise"),
        ("discarded", "dara", "agreed"),
    ]


def test_a_ledger_that_does_not_answer_is_said_so(run: Run, monkeypatch: pytest.MonkeyPatch, ledger_url: str) -> None:
    monkeypatch.setenv("SPP_LEDGER_URL", ledger_url + "_gone")
    get_settings.cache_clear()
    with pytest.raises(CommandError, match=r"the ledger does not answer.*`spp up` starts it"):
        run("report", "totals")


def test_a_ledger_without_tables_is_said_so(run: Run, monkeypatch: pytest.MonkeyPatch, empty_database_url: str) -> None:
    monkeypatch.setenv("SPP_LEDGER_URL", empty_database_url)
    get_settings.cache_clear()
    with pytest.raises(CommandError, match="the ledger has no tables"):
        run("report", "totals")
