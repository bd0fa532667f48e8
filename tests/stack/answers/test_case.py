"""All that is kept of a person or household, and the log of who looked."""

import getpass

import psycopg
import pytest

from events.envelope import Event
from events.identity import instruction_id_hex
from ledger.model.access import AccessReason
from ledger.store.schema.access import access_log
from pipeline.cli import case as case_command
from pipeline.cli.console import CommandError
from tests.births import declared, event, mother
from tests.stack.answers.conftest import Ask, Run
from tests.stack.answers.stories import certified, requested, settled
from tests.stack.decide.conftest import Desk

MOTHER = "0000000001"
WHY = ("--reason", "grievance")


def card(household: str, since: str, until: str, *sp_ids: str, **more: object) -> Event:
    """A household's card that names these persons, the first as its head."""
    members = [
        {"sp_id": sp_id, "member_no": at, "birth_date": "1990", "sex": "F", "head": at == 1, "traits": ["pregnant"]}
        for at, sp_id in enumerate(sp_ids, 1)
    ]
    data = {
        "household_id": household, "level": "poor_1", "commune": "120101", "area": "rural", "card_number": "C",
        "valid_from": since, "valid_until": until, "members": members, **more,
    }  # fmt: skip
    return event("idpoor", "household.identified", f"card-{household}-{since}", f"{since}T08:00:00+07:00", data)


def decided(desk: Desk, *events: Event) -> None:
    desk.publish(events)
    desk.decide()


def case(ask: Ask, name: str, *more: str) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = ask("case", name, *WHY, *more)["case"]
    return found


def test_all_that_is_known_asked_decided_and_paid(desk: Desk, run: Run, ask: Ask) -> None:
    decided(desk, *mother(1), declared("nssf", "NB", 1, 400_000))
    decided(desk, certified("N1"), settled("N1"))
    found = case(ask, MOTHER)
    assert {(fact["type"], fact["source"], fact["id"], fact["stands"]) for fact in found["facts"]} == {
        ("person.enrolled", "nssf", "enrolled-1", "counts"),
        ("condition.verified", "pmrs", "delivery-1", "counts"),
    }
    assert [(row["source"], row["request_id"], row["asked_for"]) for row in found["requests"]] == [
        ("nssf", "N1", "2018-02-04"),
        ("hef", "H1", "2018-02-04"),
    ]
    states = {str(row["request_id"]): row for row in found["decisions"]}
    assert (states["N1"]["state"], states["N1"]["amount"]) == ("settled", {"amount": "400000", "currency": "KHR"})
    assert states["H1"]["reasons"] == ["duplicate_entitlement"]
    assert states["H1"]["won_by"] == {
        "line_id": states["N1"]["line_id"], "source": "nssf", "request_id": "N1",
    }  # fmt: skip
    (paid,) = found["payments"]
    assert [(step["step"], step["bank"]) for step in paid["position"]] == [  # type: ignore[attr-defined]  # JSON
        ("recognise", ""), ("reserve", ""), ("instruct", "bank.wing"), ("pay", "bank.wing"), ("expense", ""),
        ("spend", ""),
    ]  # fmt: skip
    assert [row["type"] for row in paid["said"]] == ["line.certified", "payment.settled"]  # type: ignore[attr-defined]
    page = run("case", MOTHER, *WHY).stdout
    assert "nssf N1  settled   400,000 KHR" in page
    assert "token-1" not in page


def test_a_line_that_was_never_instructed_names_no_instruction(desk: Desk, ask: Ask) -> None:
    decided(desk, *mother(1)[:3], declared("nssf", "NB", 1, 400_000))
    assert [row["instruction_id"] for row in case(ask, MOTHER)["payments"]] == [None]
    decided(desk, certified("N1"))
    line = next(row["line_id"] for row in case(ask, MOTHER)["payments"])
    assert [row["instruction_id"] for row in case(ask, MOTHER)["payments"]] == [instruction_id_hex(str(line), 1)]


def test_what_was_retracted_or_replaced_is_marked(desk: Desk, run: Run, ask: Ask) -> None:
    retraction = {"event": {"source": "pmrs", "id": "delivery-1"}, "reason": "error"}
    corrected = {
        "sp_id": MOTHER, "scheme": "nssf.worker", "enrolment_id": "E1", "birth_date": "1990-01-01", "sex": "F",
        "valid_from": "2017-06-01", "valid_until": None,
    }  # fmt: skip
    decided(
        desk,
        *mother(1),
        event("pmrs", "event.retracted", "sorry", "2018-02-20T08:00:00+07:00", retraction),
        event("nssf", "person.enrolled", "enrolled-anew", "2018-03-01T08:00:00+07:00", corrected),
    )
    found = case(ask, MOTHER)
    assert {fact["id"]: fact["stands"] for fact in found["facts"]} == {
        "enrolled-1": "replaced",
        "enrolled-anew": "counts",
        "delivery-1": "retracted",
    }
    page = run("case", MOTHER, *WHY).stdout
    assert "RETRACTED 2018-02-20" in page
    assert "enrolled-1" not in page
    assert "1 facts were replaced by later ones" in page


def test_a_person_is_one_under_all_merged_ids(desk: Desk, ask: Ask) -> None:
    merged = {"sp_id": "0000000009", "into": MOTHER, "merged_on": "2018-02-28"}
    decided(
        desk, *mother(1), mother(9)[1], event("registry", "person.merged", "merge", "2018-03-01T08:00:00+07:00", merged)
    )
    for name in (MOTHER, "0000000009"):
        found = case(ask, name)
        assert found["ids"] == [MOTHER, "0000000009"]  # type: ignore[comparison-overlap]  # a list of texts
        # Both ids told the same delivery: once the ids are one person's, the later fact stands for both.
        assert sorted((str(fact["id"]), fact["stands"]) for fact in found["facts"]) == [
            ("delivery-1", "replaced"),
            ("delivery-9", "counts"),
            ("enrolled-1", "counts"),
            ("merge", "counts"),
        ]


def test_households_are_told_by_date(desk: Desk, run: Run, ask: Ask) -> None:
    revoked = {"household_id": "HH-2", "revoked_on": "2019-01-01", "reason": "moved"}
    decided(
        desk,
        card("HH-1", "2016-05-01", "2019-04-30", MOTHER, "0000000004"),
        card("HH-2", "2018-01-15", "2021-01-14", MOTHER, replaces=["HH-1"]),
        event("idpoor", "household.revoked", "revoked", "2019-01-02T08:00:00+07:00", revoked),
    )
    stays = [
        (row["household_id"], row["since"], row["until"], row["card_valid"]) for row in case(ask, MOTHER)["households"]
    ]
    assert stays == [
        ("HH-1", "2016-05-01", "2018-01-14", True),
        ("HH-2", "2018-01-15", "2018-12-31", True),
        ("HH-2", "2019-01-01", None, False),
    ]
    found = case(ask, "HH-1")
    assert [(row["household_id"], row["sp_id"], row["traits"]) for row in found["members"]] == [
        ("HH-1", MOTHER, ["pregnant"]),
        ("HH-1", "0000000004", ["pregnant"]),
        ("HH-2", MOTHER, ["pregnant"]),
    ]
    assert "Household HH-1, in one case with HH-2" in run("case", "HH-1", *WHY).stdout


def test_a_caregiver_is_shown_what_she_asked_for_a_child(desk: Desk, ask: Ask) -> None:
    decided(desk, requested("X", MOTHER, in_respect_of="0000000002"))
    assert [(row["request_id"], row["in_respect_of"]) for row in case(ask, MOTHER)["requests"]] == [("X", "0000000002")]
    assert [(row["request_id"], row["recipient"]) for row in case(ask, "0000000002")["requests"]] == [("X", MOTHER)]


def test_what_waits_to_be_decided_is_said(desk: Desk, run: Run) -> None:
    decided(desk, *mother(1))
    desk.publish([card("HH-1", "2016-05-01", "2019-04-30", MOTHER)])
    assert "1 facts are recorded and not decided yet" in run("case", MOTHER, *WHY).stdout


def test_every_look_is_kept_before_anything_is_shown(desk: Desk, run: Run, ask: Ask) -> None:
    decided(desk, *mother(1), card("HH-1", "2016-05-01", "2019-04-30", MOTHER, "0000000004"))
    run("case", MOTHER, "--reason", "court", "--as", "Sokha")
    run("case", "HH-1", "--reason", "audit")
    with pytest.raises(CommandError, match="nothing is known of person 0000000077"):
        run("case", "0000000077", "--reason", "support")
    login = getpass.getuser()
    kept = [
        (row["actor"], row["os_user"], row["reason"], row["looked_at"], row["shown"])
        for row in ask("accesses")["accesses"]
    ]
    assert kept == [
        (login, login, "support", "0000000077", ["0000000077"]),
        (login, login, "audit", "HH-1", [MOTHER, "0000000004", "HH-1"]),
        ("Sokha", login, "court", MOTHER, [MOTHER, "HH-1"]),
    ]
    assert [row["access_no"] for row in ask("accesses", "--of", "0000000004")["accesses"]] == [2]
    assert [row["access_no"] for row in ask("accesses", "--by", "Sokha")["accesses"]] == [1]


@pytest.mark.usefixtures("run")
def test_nothing_is_shown_when_the_look_cannot_be_kept(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    decided(desk, *mother(1))
    case_command.case(MOTHER, AccessReason.GRIEVANCE, household=False)
    assert "nssf N1" in capsys.readouterr().out
    with psycopg.connect(desk.url) as owner:
        owner.execute("revoke insert on access_log from spp_writer")
    for json in (False, True):
        with pytest.raises(CommandError, match="so nothing is shown: permission denied for table access_log"):
            case_command.case(MOTHER, AccessReason.GRIEVANCE, household=False, json=json)
        assert capsys.readouterr().out == ""


def test_a_look_needs_a_reason_of_the_closed_list(run: Run) -> None:
    assert "--reason" in run("case", MOTHER, code=2).output
    assert "'curiosity' is not one of 'grievance'" in run("case", MOTHER, "--reason", "curiosity", code=2).output


def test_the_database_knows_the_same_reasons() -> None:
    constraint = next(item for item in access_log.constraints if item.name == "access_log_reason_check")
    assert str(getattr(constraint, "sqltext", "")) == f"reason in {tuple(reason.value for reason in AccessReason)}"
