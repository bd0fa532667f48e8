"""A policy comes into force when a second person approved it, and only then."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import CheckViolation

from events.signing import Verifier
from ledger.reconciliation.run import reconcile
from ledger.statements.snapshot import snapshot
from ledger.store import connect, policies
from ledger.store.policies import Proposal
from pipeline.active_policy import FollowedCodes, adopt, foresee, settle
from pipeline.admission import Admission
from pipeline.decide import Decider
from pipeline.metrics import Metrics
from pipeline.policy_files import load
from pipeline.settings import Settings, SettingsError
from processors.policy.codes import codes
from processors.policy.loader import PolicyError
from tests.births import mother
from tests.stack.decide.conftest import Desk
from tests.stack.policy.conftest import BIRTH, Spp

Packs = Callable[..., Path]
RAISED = [(BIRTH, "value: 400_000", "value: 500_000")]


def _digest(place: Path) -> str:
    return load(place).digest.hex()


def _in_force(desk: Desk) -> list[tuple[object, ...]]:
    return desk.rows(
        "select activation_no, encode(digest, 'hex'), proposed_by, approved_by, first_block from policy_activation"
        " order by 1"
    )


def test_the_policy_of_the_release_is_the_first_one_without_anybody(desk: Desk, spp: Spp) -> None:
    (first,) = _in_force(desk)
    assert first[:2] == (1, load().digest.hex())
    assert first[4] == 1
    (told,) = spp.json("history")["policies"]
    assert told["digest"] == load().digest.hex()
    assert told["proposed_by"] == told["approved_by"]
    assert told["proposed_by"].startswith("release ")
    settle(desk.connection, None)
    assert len(_in_force(desk)) == 1


def test_a_policy_is_taken_up_once_another_person_approved_it(desk: Desk, spp: Spp, packs: Packs) -> None:
    desk.publish([told for number in range(1, 4) for told in mother(number)])
    desk.decide()
    place = packs(edits=RAISED)
    proposed = spp.json("propose", str(place), "--by", "Sokha", "--note", "the decree of today")
    assert proposed["digest"] == _digest(place)
    assert {(change["kind"], change["old"], change["new"]) for change in proposed["changes"]} == {
        ("figure", "400,000", "500,000")
    }
    assert not adopt(desk.connection), "nobody has approved it"
    assert "who proposed" in spp("approve", proposed["digest"][:8], "--by", " sokha ", code=1)
    assert not adopt(desk.connection)

    assert "amount, values, value" in spp("approve", proposed["digest"][:8], "--by", "Dara")
    desk.decide()
    assert desk.steps.policy.digest.hex() == proposed["digest"]
    assert [row[:4] for row in _in_force(desk)][1] == (2, proposed["digest"], "Sokha", "Dara")
    blocks = desk.rows("select block_no, encode(policy_digest, 'hex') from block order by 1")
    since = int(str(_in_force(desk)[1][4]))
    assert {digest for number, digest in blocks if number >= since} == {proposed["digest"]}
    assert {digest for number, digest in blocks if number < since} == {load().digest.hex()}
    assert not adopt(desk.connection), "once is enough"


def test_a_policy_compared_with_one_no_longer_in_force_is_proposed_again(desk: Desk, spp: Spp, packs: Packs) -> None:
    first, second = packs("first", RAISED), packs("second", [(BIRTH, "value: 400_000", "value: 600_000")])
    for place in (first, second):
        spp("propose", str(place), "--by", "Sokha")
    spp("approve", _digest(first), "--by", "Dara")
    assert "approved already" in spp("approve", _digest(first), "--by", "Dara", code=1)
    assert adopt(desk.connection)
    assert "propose it again" in spp("approve", _digest(second), "--by", "Dara", code=1)
    spp("propose", str(second), "--by", "Sokha")
    spp("approve", _digest(second), "--by", "Dara")
    assert adopt(desk.connection)
    assert [row[1] for row in _in_force(desk)] == [load().digest.hex(), _digest(first), _digest(second)]


def test_what_is_in_force_cannot_be_proposed_and_what_was_never_proposed_not_approved(
    desk: Desk, spp: Spp, packs: Packs
) -> None:
    assert len(_in_force(desk)) == 1
    assert "is the one in force" in spp("propose", str(packs()), "--by", "Sokha", code=1)
    assert "no such policy was proposed" in spp("approve", "0" * 12, "--by", "Dara", code=1)


def test_a_worker_of_another_directory_says_what_to_do(desk: Desk, packs: Packs) -> None:
    settings = Settings(ledger_url=desk.url, policy=packs(edits=RAISED))
    with pytest.raises(SettingsError, match=r"(?s)SPP_POLICY: .*spp policy propose .*--by NAME.*spp policy approve"):
        Decider(settings, Metrics()).policy_in_force(desk.connection)
    same = Settings(ledger_url=desk.url, policy=packs("same"))
    assert Decider(same, Metrics()).policy_in_force(desk.connection).digest == load().digest


def test_who_starts_workers_is_told_what_they_will_work_by(
    desk: Desk, packs: Packs, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert foresee(desk.connection, None) is None
    assert foresee(desk.connection, packs("same")) is None
    raised = packs("raised", RAISED)
    with pytest.raises(SettingsError, match="holds policy"):
        foresee(desk.connection, raised)
    (raised / BIRTH).write_text("unit: [")
    with pytest.raises(SettingsError, match=f"SPP_POLICY: {BIRTH}:1: this is no YAML"):
        foresee(desk.connection, raised)
    other = load(packs("other", RAISED))
    monkeypatch.setattr("pipeline.active_policy.load", lambda _directory=None: other)
    told = foresee(desk.connection, None)
    assert told is not None
    assert "spp policy propose packaged" in told


def test_a_worker_of_the_directory_that_is_approved_starts(desk: Desk, spp: Spp, packs: Packs) -> None:
    place = packs(edits=RAISED)
    spp("propose", str(place), "--by", "Sokha")
    spp("approve", _digest(place), "--by", "Dara")
    decider = Decider(Settings(ledger_url=desk.url, policy=place), Metrics())
    assert decider.policy_in_force(desk.connection).digest == load().digest
    desk.decide()
    assert decider.policy_in_force(desk.connection).digest.hex() == _digest(place)


def test_a_policy_lacking_a_benefit_that_is_asked_for_is_not_even_proposed(desk: Desk, spp: Spp, packs: Packs) -> None:
    desk.publish(mother(1))
    desk.decide()
    place = packs()
    (place / BIRTH).unlink()
    assert "nssf.maternal.delivery" in spp("propose", str(place), "--by", "Sokha", code=1)
    assert len(spp.json("history")["policies"]) == 1


def test_admission_follows_the_policy_in_force(desk: Desk, spp: Spp, packs: Packs) -> None:
    condition = "    pregnancy_ended:"
    place = packs(edits=[("common.yaml", condition, f"    home_visit: Visit at home\n{condition}")])
    active = settle(desk.connection, None)
    known: list[frozenset[str]] = []

    class Seen(Admission):
        def use(self, codes: object) -> None:
            known.append(codes.conditions)  # type: ignore[attr-defined]  # the code lists, whatever they are called

    follow = FollowedCodes(Seen(Verifier({}), codes(active.policy)), active)  # type: ignore[arg-type]  # no key is asked
    follow(desk.connection)
    spp("propose", str(place), "--by", "Sokha")
    spp("approve", _digest(place), "--by", "Dara")
    follow(desk.connection)
    assert known == [], "approved is not yet in force"
    assert adopt(desk.connection)
    follow(desk.connection)
    follow(desk.connection)
    assert [("home_visit" in seen) for seen in known] == [True]


def test_reconciliation_notices_a_block_of_another_policy(desk: Desk, packs: Packs) -> None:
    desk.publish(mother(1))
    desk.decide()
    with snapshot(desk.url) as books:
        (found,) = [identity for identity in reconcile(books) if identity.name == "policy"]
    assert found.left > 0
    assert found.difference == 0
    policy = load(packs(edits=RAISED))
    told = Proposal(policy.digest, load().digest, policy.files, "{}", "Sokha", "sokha", "")
    number = policies.propose(desk.connection, told)
    (entry, _) = policies.list_policies(desk.connection)
    policies.approve(desk.connection, entry, approved_by="Dara", os_user="dara", note="")
    with desk.connection.transaction():
        desk.connection.execute(
            "insert into policy_activation (activation_no, proposal_no, digest, proposed_by, approved_by, first_block)"
            " values (2, %s, %s, 'Sokha', 'Dara', 1)",
            (number, policy.digest),
        )
    with snapshot(desk.url) as books:
        (found,) = [identity for identity in reconcile(books) if identity.name == "policy"]
    assert found.difference == found.left


def test_the_database_refuses_what_the_commands_would_never_ask(desk: Desk, packs: Packs) -> None:
    policy = load(packs(edits=RAISED))
    base = load().digest
    number = policies.propose(desk.connection, Proposal(policy.digest, base, policy.files, "{}", "Sokha", "sokha", ""))
    approval = "insert into policy_approval (proposal_no, approved_by, os_user, note) values (%s, %s, 'x', '')"
    activation = (
        "insert into policy_activation (activation_no, proposal_no, digest, proposed_by, approved_by, first_block)"
        " values (%s, %s, %s, 'Sokha', %s, 1)"
    )
    refused = (
        (approval, (number, "SOKHA ")),
        (approval, (number + 1, "Dara")),
        (approval, (number, " ")),
        (activation, (2, number, policy.digest, "Dara")),
        (activation, (3, number, policy.digest, "Sokha")),
    )
    with psycopg.connect(desk.url) as owner:
        for role in ("origin", "replica"):
            owner.execute(f"set session_replication_role = {role}")
            for statement, values in refused:
                with pytest.raises(CheckViolation), owner.transaction():
                    owner.execute(statement, values)


def test_a_stored_policy_that_was_changed_is_not_used(desk: Desk) -> None:
    policy = load()
    told = Proposal(b"x" * 32, policy.digest, policy.files, "{}", "Sokha", "sokha", "")
    policies.propose(desk.connection, told)
    (entry, _) = policies.list_policies(desk.connection)
    policies.approve(desk.connection, entry, approved_by="Dara", os_user="dara", note="")
    with pytest.raises(PolicyError, match="they were changed"):
        adopt(desk.connection)
    with connect(desk.url, "reader") as reader:
        assert policies.read_waiting(reader) == entry.proposal_no
