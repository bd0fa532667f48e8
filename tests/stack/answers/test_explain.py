"""Why a request was decided as it was, in sentences a grievance officer can read out."""

import re

import pytest

from events.envelope import Event
from events.reasons import REASONS
from ledger.store import policies
from ledger.store.policies import Proposal
from pipeline.active_policy import adopt
from pipeline.cli.console import CommandError
from pipeline.policy_files import load
from processors.policy.loader import parse
from tests.births import closed, declared, event, mother
from tests.stack.answers.conftest import Ask, Run
from tests.stack.answers.stories import certified, line_of, requested, settled
from tests.stack.decide.conftest import Desk


def decided(desk: Desk, *events: Event) -> None:
    desk.publish(events)
    desk.decide()


def test_the_one_who_asked_earlier_has_it(desk: Desk, run: Run, ask: Ask) -> None:
    decided(desk, *mother(1))
    told = ask("explain", "H1")
    assert told["result"] == "REJECTED: nothing is paid."
    assert [(item["reason"], item["sentence"]) for item in told["why"]] == [
        ("duplicate_entitlement", REASONS_ENGLISH["duplicate_entitlement"])
    ]
    assert (told["winner"]["line_id"], told["winner"]["because"]) == (line_of("nssf", "N1"), "time")
    assert told["winner"]["sentence"] == (
        "Request N1 of NSSF has it: it was asked for earlier, 2018-02-10 08:00 (this one 2018-02-11 08:00)."
    )
    assert told["winner"]["sentence"] in run("explain", "H1").stdout


def test_of_two_asked_for_at_one_instant_the_smaller_id_has_it(desk: Desk, ask: Ask) -> None:
    decided(desk, *mother(1)[:2], requested("B", "0000000001"), requested("A", "0000000001"))
    told = ask("explain", "B")
    assert told["winner"]["because"] == "id"
    assert "(nssf/asked-A before nssf/asked-B)" in told["winner"]["sentence"]


def test_what_was_handed_over_is_not_taken_back_by_an_earlier_request(desk: Desk, ask: Ask) -> None:
    decided(desk, *mother(1)[:3], declared("nssf", "NB", 1, 400_000))
    decided(desk, requested("EARLY", "0000000001", batch_id="NC", time="2018-02-05T08:00:00+07:00"))
    told = ask("explain", "EARLY")
    assert told["winner"]["request_id"] == "N1"
    assert told["winner"]["because"] == "held"


def test_it_says_who_has_to_tell_what_is_missing_and_until_when(desk: Desk, ask: Ask) -> None:
    decided(desk, mother(1)[0], mother(1)[2])
    assert ask("explain", "N1")["next_steps"] == [
        "Ask the health facility to confirm: delivery, 2018-02-04.",
        "There is time until NSSF closes the payment cycle 2018-02; it is still open.",
    ]
    decided(desk, closed("nssf"))
    told = ask("explain", "N1")
    assert told["state"] == "expired"
    assert told["next_steps"][1].startswith("The payment cycle 2018-02 was closed on 2018-02-20 08:00.")


def test_each_rule_has_its_sentence_its_facts_and_what_it_stands_on(desk: Desk, ask: Ask) -> None:
    decided(desk, *mother(1, babies=2))
    told = ask("explain", "N1")
    rules = {rule["name"]: rule for rule in told["predicates"]}
    evidence = rules["evidence_met"]
    assert evidence["sentence"] == "It must be confirmed: delivery."
    assert evidence["evidence"] == [{"source": "pmrs", "id": "delivery-1"}]
    assert evidence["basis"]["status"] == "confirmed"
    assert evidence["basis"]["references"][0]["href"].startswith("http")
    fact = next(fact for fact in told["facts"] if fact["id"] == "delivery-1")
    assert (fact["source"], fact["type"], fact["on"]) == ("pmrs", "condition.verified", "2018-02-04")
    assert (
        "delivery (number of babies 2, weeks of pregnancy 39) 2018-02-04, told by the health facility"
        in fact["sentence"]
    )
    (figure,) = told["figures"]
    assert figure["sentence"] == "2 × 400,000 KHR for each baby, confirmed"
    assert figure["note"].startswith("One child 400,000")
    limits = {limit["name"]: limit for limit in told["limits"]}
    assert limits["maximum"]["value"] == 1
    assert limits["birth_window_days"]["basis"]["status"] == "assumption"


def test_the_same_in_khmer(desk: Desk, run: Run, ask: Ask) -> None:
    decided(desk, mother(1)[0], mother(1)[2])
    told = ask("explain", "N1", "--lang", "km")
    assert told["title"].startswith("ប្រាក់ឧបត្ថម្ភសម្រាលកូន")
    assert told["next_steps"][0] == "សូមស្នើមូលដ្ឋានសុខាភិបាលឱ្យបញ្ជាក់៖ ការសម្រាលកូន 2018-02-04។"
    sentences = [rule["sentence"] for rule in told["predicates"]] + [limit["sentence"] for limit in told["limits"]]
    assert not [text for text in (*sentences, *told["next_steps"], told["result"]) if re.search("[a-z]{3}", text)]
    assert "អ្វីដែលត្រូវធ្វើបន្ទាប់" in run("explain", "N1", "--lang", "km").stdout


def test_the_notes_of_the_packs_are_told_in_khmer_too_and_said_to_be_english(desk: Desk, run: Run, ask: Ask) -> None:
    decided(desk, *mother(1, babies=2))
    limits = {limit["name"]: limit for limit in ask("explain", "N1")["limits"]}
    notes = (ask("explain", "N1")["figures"][0]["note"], limits["birth_window_days"]["basis"]["note"])
    english, khmer = run("explain", "N1").stdout, run("explain", "N1", "--lang", "km").stdout
    for text in notes:
        assert f"\n      {text}\n" in english
        assert f"\n      កំណត់ចំណាំ (ជាភាសាអង់គ្លេស)៖ {text}\n" in khmer


def test_a_recovery_is_explained_beside_its_line(desk: Desk, ask: Ask) -> None:
    decided(desk, *mother(1)[:3], declared("nssf", "NB", 1, 400_000))
    died = {"sp_id": "0000000001", "died_on": "2018-02-01"}
    decided(desk, event("registry", "person.died", "died", "2018-04-01T08:00:00+07:00", died))
    line, recovery = ask("explain", "N1")
    assert line["state"] == "submitted"
    assert recovery["result"] == "RECOVERY PROPOSED: 400,000 KHR should not have been paid."
    assert [item["reason"] for item in recovery["why"]] == ["deceased"]


def test_a_paid_line_says_whom_to_ask(desk: Desk, ask: Ask) -> None:
    decided(desk, *mother(1)[:3], declared("nssf", "NB", 1, 400_000), certified("N1"), settled("N1"))
    told = ask("explain", line_of("nssf", "N1"))
    assert told["result"] == "PAID: 400,000 KHR."
    assert "ask bank.wing" in told["next_steps"][0]


def test_one_id_of_two_operators_is_two_answers_unless_one_is_named(desk: Desk, ask: Ask) -> None:
    decided(desk, *mother(1)[:2], requested("X", "0000000001"), requested("X", "0000000001", source="hef"))
    assert {item["source"] for item in ask("explain", "X")} == {"urn:sp:operator:nssf", "urn:sp:operator:hef"}
    assert ask("explain", "X", "--source", "hef")["source"] == "urn:sp:operator:hef"


def test_a_line_is_explained_by_the_pack_it_was_decided_by(desk: Desk, ask: Ask) -> None:
    decided(desk, *mother(1)[:3], declared("nssf", "NB", 1, 400_000))
    begun_with, title = load(), "NSSF paid out $5M to working mothers"
    pack = "nssf.maternal.delivery.yaml"
    changed = parse({**begun_with.files, pack: begun_with.files[pack].replace(title, "another page")})
    told = Proposal(changed.digest, begun_with.digest, changed.files, "{}", "Sokha", "sokha", "")
    policies.propose(desk.connection, told)
    policies.approve(
        desk.connection, policies.list_policies(desk.connection)[0], approved_by="Dara", os_user="d", note=""
    )
    assert adopt(desk.connection)
    explained = ask("explain", "N1")
    enrolled = next(rule for rule in explained["predicates"] if rule["name"] == "enrolled_in")
    assert title in enrolled["basis"]["text"]
    assert explained["pack_changed"] is False


def test_an_unknown_name_says_where_to_look(run: Run) -> None:
    with pytest.raises(CommandError, match="no decision on 'nothing'"):
        run("explain", "nothing")


REASONS_ENGLISH = {reason.value: info.english for reason, info in REASONS.items()}
