"""What a citizen or operator can keep of a decision: it fits its schema and stands in the published ledger."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from jsonschema import Draft202012Validator

from events.merkle import leaf_hash
from events.outcomes import BlockPosted, decode_outcome
from events.receipt import Receipt, canonical
from events.schemas.__main__ import DIRECTORY
from ledger.store.outbox import read_block
from pipeline.cli.console import CommandError
from pipeline.messages import block_messages
from tests.births import declared, event, mother
from tests.stack.answers.conftest import Run
from tests.stack.answers.stories import line_of
from tests.stack.decide.conftest import Desk

SCHEMA = json.loads((Path(DIRECTORY) / "receipt.json").read_bytes())


def receipt(run: Run, *arguments: str) -> Any:
    """The one receipt printed, after its form was held against the schema and the canonical form."""
    printed = run("receipt", *arguments, "--json").stdout
    told = json.loads(printed)
    jsonschema.validate(told, SCHEMA, cls=Draft202012Validator)
    assert printed == json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
    return told


def test_a_receipt_tells_what_was_decided_and_on_what(desk: Desk, run: Run) -> None:
    desk.publish([*mother(1, babies=2)[:3], declared("nssf", "NB", 1, 800_000)])
    desk.decide()
    told = receipt(run, "N1")
    assert (told["line_id"], told["state"], told["amount"]) == (
        line_of("nssf", "N1"),
        "submitted",
        {"amount": "800000", "currency": "KHR"},
    )
    assert told["reasons"] == []
    (figure,) = told["figures"]
    assert (figure["value"], figure["times"], figure["status"]) == (400_000, 2, "confirmed")
    assert told["evidence"] == [
        {"source": "urn:sp:operator:nssf", "id": "enrolled-1"},
        {"source": "urn:sp:operator:pmrs", "id": "delivery-1"},
    ]
    assert receipt(run, line_of("nssf", "N1")) == told


def test_a_receipt_can_be_held_against_the_published_block(desk: Desk, run: Run) -> None:
    desk.publish(mother(1))
    desk.decide()
    told = receipt(run, "H1")
    posted = [
        decoded.data
        for message in block_messages(read_block(desk.connection, told["block_no"]))
        if isinstance((decoded := decode_outcome(message.value)).data, BlockPosted)
    ]
    (block,) = posted
    assert isinstance(block, BlockPosted)
    assert block.hash == told["block_hash"]
    bodies = {leaf.leaf_no: leaf.body for leaf in block.leaves}
    assert leaf_hash(bodies[told["leaf_no"]]).hex() == told["leaf_hash"]


def test_no_receipt_names_a_person(desk: Desk, run: Run) -> None:
    desk.publish(mother(1))
    desk.decide()
    for printed in (run("receipt", "N1", "--json").stdout, run("receipt", "N1").stdout):
        assert "0000000001" not in printed
        assert "token-1" not in printed


def test_the_page_in_both_languages(desk: Desk, run: Run) -> None:
    desk.publish(mother(1))
    desk.decide()
    page = run("receipt", "H1", "--text").stdout
    assert "Decision          REJECTED: nothing is paid.\n" in page
    assert f"Line that has it  {line_of('nssf', 'N1')}\n" in page
    assert len(page.splitlines()) <= 60
    assert all(len(line) <= 100 for line in page.splitlines())
    assert "បានបដិសេធ៖ មិនមានការទូទាត់ទេ។" in run("receipt", "H1", "--lang", "km").stdout


def test_a_recovery_and_a_reused_id_have_receipts_of_their_own(desk: Desk, run: Run) -> None:
    again = event(
        "nssf", "payment.requested", "asked-again", "2018-02-11T08:00:00+07:00",
        {
            "request_id": "N1", "batch_id": "NC", "benefit": "nssf.maternal.delivery", "sp_id": "0000000002",
            "for": {"on": "2018-02-04"}, "payee": {"channel": "wallet", "provider": "wing", "account_ref": "t",
            "role": "self"},
        },
    )  # fmt: skip
    died = {"sp_id": "0000000001", "died_on": "2018-02-01"}
    desk.publish([*mother(1)[:3], again, declared("nssf", "NB", 1, 400_000)])
    desk.decide()
    desk.publish([event("registry", "person.died", "died", "2018-04-01T08:00:00+07:00", died)])
    desk.decide()
    printed = [json.loads(line) for line in run("receipt", "N1", "--json").stdout.splitlines()]
    for told in printed:
        jsonschema.validate(told, SCHEMA, cls=Draft202012Validator)
    assert [(told["kind"], told["state"], "line_id" in told) for told in printed] == [
        ("decided", "submitted", True),
        ("recovery_proposed", "rejected", True),
        ("decided", "rejected", False),
    ]


def test_the_same_decision_always_gives_the_same_bytes(desk: Desk, run: Run) -> None:
    desk.publish(mother(1))
    desk.decide()
    printed = run("receipt", "N1", "--json").stdout.encode()
    assert canonical(msgspec.json.decode(printed, type=Receipt)) + b"\n" == printed


def test_wrong_use_is_told(desk: Desk, run: Run) -> None:
    desk.publish(mother(1))
    desk.decide()
    with pytest.raises(CommandError, match="exclude each other"):
        run("receipt", "N1", "--json", "--text")
    with pytest.raises(CommandError, match="no decision on 'nothing'"):
        run("receipt", "nothing")
