"""Desk review against a real ledger: what is certified, refused or asked about, and that no line holds another."""

import datetime as dt
from dataclasses import replace
from typing import Any

import msgspec
import psycopg
import pytest

from events.catalogue import TYPES
from events.envelope import decode_recorded
from events.identity import instruction_id
from events.outcomes import BatchSubmitted, decode_outcome, encode_outcome
from events.topics import DECISION, PAYMENT, VERIFICATION
from pipeline.admission import Admission
from pipeline.npca.desk import query
from pipeline.npca.holding import Claims, release
from pipeline.npca.intake import decode_line
from pipeline.npca.officers import OfficeError
from pipeline.npca.reviewing import Desk
from pipeline.npca.tables import NpcaConnection
from pipeline.policy_files import load
from processors.npca.finding import judge
from processors.npca.holding import decode_bid, encode_bid, holders
from processors.npca.readjudicate import readjudicate
from processors.npca.submitted import Line
from processors.outcome import Claim, ClaimKind
from processors.overlap import Bid
from processors.policy.model import Policy
from tests.births import declared, event, mother
from tests.stack.npca.conftest import Country, follow

POLICY = load()
POLICIES = {pack.digest: POLICY for pack in POLICY.packs.values()}


def _review(
    country: Country, database: NpcaConnection, admission: Admission, policies: dict[bytes, Policy] | None = None
) -> dict[str, tuple[str, str | None]]:
    follow(country.broker, database, admission)
    Desk(database, POLICIES if policies is None else policies).review()
    rows = database.execute("select told, outcome, reason from finding join line using (line_id)").fetchall()
    return {msgspec.msgpack.decode(bytes(told))["request_id"]: (outcome, reason) for told, outcome, reason in rows}


def test_what_the_ledger_froze_by_the_rules_is_certified(
    country: Country, database: NpcaConnection, admission: Admission
) -> None:
    country.births(3)
    assert _review(country, database, admission) == {f"N{number}": ("certified", None) for number in (1, 2, 3)}
    assert database.execute("select sum(amount_minor)::bigint from finding").fetchone() == (1_200_000,)
    assert database.execute("select count(*) from claim_window").fetchone() == (3,)
    assert Desk(database, POLICIES).review() == 0


def test_a_line_without_its_evidence_waits_and_holds_no_other(
    country: Country, database: NpcaConnection, admission: Admission
) -> None:
    country.births(2)
    told = country.broker.topics[VERIFICATION.name]
    late = told.pop(next(at for at, record in enumerate(told) if b'"delivery-1"' in (record.value or b"")))
    assert _review(country, database, admission) == {"N2": ("certified", None)}
    told.append(replace(late, offset=99))
    assert _review(country, database, admission)["N1"] == ("certified", None)


def _submit_otherwise(country: Country, **changes: object) -> None:
    """The ledger publishes its first line otherwise than it froze it."""
    records = country.broker.topics[DECISION.name]
    at = next(at for at, record in enumerate(records) if b"batch.submitted" in (record.value or b""))
    told = decode_outcome(records[at].value or b"")
    assert isinstance(told.data, BatchSubmitted)
    line = msgspec.structs.replace(told.data.lines[0], **changes)
    data = msgspec.structs.replace(told.data, lines=(line, *told.data.lines[1:]))
    records[at] = replace(records[at], value=encode_outcome(told.id, 0, data))


@pytest.mark.parametrize("changes", [{"version": 7}, {"event_id": "asked-2"}, {"inputs_digest": "00" * 32}])
def test_a_line_that_is_not_in_the_log_like_this_is_queried(
    country: Country, database: NpcaConnection, admission: Admission, changes: dict[str, object]
) -> None:
    country.births(2)
    _submit_otherwise(country, **changes)
    assert _review(country, database, admission) == {
        "N1": ("queried", "not_in_ledger"), "N2": ("certified", None),
    }  # fmt: skip
    ((value,),) = database.execute("select value from outbox").fetchall()
    asked = decode_recorded(bytes(value))
    assert (asked.source, asked.type) == ("npca", "line.queried")
    assert TYPES["line.queried"].topic.name == "sp.certification.v1"


def test_evidence_left_out_of_the_frozen_inputs_is_noticed(
    country: Country, database: NpcaConnection, admission: Admission
) -> None:
    country.births(1)
    _submit_otherwise(country, inputs={"evidence": [], "figures": []})
    assert _review(country, database, admission) == {"N1": ("queried", "inputs_differ")}


def test_an_unknown_policy_is_asked_about(country: Country, database: NpcaConnection, admission: Admission) -> None:
    country.births(1)
    other = POLICY.packs["nssf.maternal.anc"]
    policies = {POLICY.packs["nssf.maternal.delivery"].digest: replace(POLICY, packs={other.benefit: other})}
    assert _review(country, database, admission, policies) == {"N1": ("queried", "policy_unknown")}


def test_our_own_fault_is_met_by_one_line_and_holds_no_other(
    country: Country, database: NpcaConnection, admission: Admission, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(line: Line, *rest: Any) -> Any:
        if line.request_id == "N1":
            raise ZeroDivisionError
        return judge(line, *rest)

    monkeypatch.setattr("pipeline.npca.reviewing.judge", failing)
    country.births(2)
    assert _review(country, database, admission) == {
        "N1": ("queried", "review_failed"), "N2": ("certified", None),
    }  # fmt: skip


def test_a_rule_that_the_agency_holds_otherwise_is_not_reproduced(
    country: Country, database: NpcaConnection, admission: Admission
) -> None:
    country.births(1)
    pack = POLICY.packs["nssf.maternal.delivery"]
    visit = POLICY.packs["nssf.maternal.anc"]
    named = replace(visit, benefit=pack.benefit, digest=pack.digest, certifier=pack.certifier)
    other = replace(POLICY, packs={**POLICY.packs, pack.benefit: named})
    assert _review(country, database, admission, {pack.digest: other}) == {"N1": ("queried", "not_reproduced")}


def test_what_another_certifies_by_the_pack_is_left_to_it_and_holds_its_claim(
    country: Country, database: NpcaConnection, admission: Admission
) -> None:
    country.births(1)
    pack = POLICY.packs["nssf.maternal.delivery"]
    another = replace(pack, certifier=POLICY.packs["nssf.opd"].certifier)  # nssf itself before 2023
    policies = {pack.digest: replace(POLICY, packs={**POLICY.packs, pack.benefit: another})}
    assert _review(country, database, admission, policies) == {"N1": ("left", "another_certifies")}
    assert database.execute("select count(*) from holding").fetchone() == (1,)
    with pytest.raises(OfficeError, match="another certifies it"):
        query(database, _any_line(database).line_id, "unclear", "test")


def test_control_totals_are_the_operators_own(country: Country, database: NpcaConnection, admission: Admission) -> None:
    country.births(2)
    records = country.broker.topics[PAYMENT.name]
    at = next(at for at, record in enumerate(records) if b"batch.declared" in (record.value or b""))
    del records[at]
    assert _review(country, database, admission) == {}
    country.broker.publish([declared("nssf", "NB", 2, 800_001)])
    records[-1].offset = 99
    assert _review(country, database, admission) == {
        "N1": ("queried", "control_totals"), "N2": ("queried", "control_totals"),
    }  # fmt: skip


def test_a_request_that_came_after_the_batch_was_complete_is_for_the_next_one(
    country: Country, database: NpcaConnection, admission: Admission
) -> None:
    country.births(2)
    country.publish(mother(3))
    assert _review(country, database, admission) == {"N1": ("certified", None), "N2": ("certified", None)}


def test_what_was_taken_back_or_came_to_light_after_submission(
    country: Country, database: NpcaConnection, admission: Admission
) -> None:
    country.births(4)
    country.publish(
        [
            event(
                "nssf",
                "payment.withdrawn",
                "back-1",
                "2018-03-01T08:00:00+07:00",
                {"request_id": "N1", "reason": "error"},
            ),
            event(
                "pmrs",
                "event.retracted",
                "back-2",
                "2018-03-01T08:00:00+07:00",
                {"event": {"source": "urn:sp:operator:pmrs", "id": "delivery-2"}, "reason": "error"},
            ),
            event(
                "registry",
                "person.died",
                "died-3",
                "2018-03-01T08:00:00+07:00",
                {"sp_id": "0000000003", "died_on": "2018-01-20"},
            ),
        ]
    )
    assert _review(country, database, admission) == {
        "N1": ("refused", "withdrawn"), "N2": ("queried", "evidence_retracted"), "N3": ("queried", "later_facts"),
        "N4": ("certified", None),
    }  # fmt: skip


def test_a_second_line_of_one_birth_is_a_duplicate_whoever_asks_and_whenever(
    country: Country, database: NpcaConnection, admission: Admission
) -> None:
    """As if a ledger whose own guard failed had frozen the other operator's line in a later month."""
    country.births(2)
    assert _review(country, database, admission)["N1"] == ("certified", None)
    facts = {fact.id: fact for number in (1, 2, 3) for fact in mother(number)}
    with database.transaction(), database.cursor(binary=True) as cursor:
        for number, expected in ((1, ("refused", "duplicate")), (3, ("certified", None))):
            request = facts[f"hef-asked-{number}"]
            evidence = [facts[f"enrolled-{number}"], facts[f"delivery-{number}"]]
            bid = readjudicate(request, evidence, None, None, POLICY).bid
            other = msgspec.structs.replace(_any_line(database), source="hef", line_id=bid.line_id)
            finding = Claims(cursor, holders(bid)).take(other, bid)
            assert (finding.outcome.value, finding.reason) == expected
        window = cursor.execute("select window_no, since, until, line_id from claim_window limit 1").fetchone()
        with pytest.raises(psycopg.errors.ExclusionViolation), database.transaction():
            cursor.execute("insert into claim_window values (%s, %s, %s, %s)", window)
        release(cursor, bid.line_id)
        assert cursor.execute("select count(*) from claim_window").fetchone() == (2,)


@pytest.mark.parametrize(
    ("bank", "reason", "held"),
    [("bank.wing", "unclaimed", False), ("bank.wing", "AC04", True), ("bank.aba", "unclaimed", True)],
)
def test_what_came_back_for_good_from_its_bank_is_held_no_more(
    country: Country, database: NpcaConnection, admission: Admission, bank: str, reason: str, *, held: bool
) -> None:
    country.births(1)
    assert _review(country, database, admission) == {"N1": ("certified", None)}
    facts = {fact.id: fact for fact in mother(1)}
    evidence = [facts["enrolled-1"], facts["delivery-1"]]
    bid = readjudicate(facts["hef-asked-1"], evidence, None, None, POLICY).bid
    line = _any_line(database)
    moved = {
        "instruction_id": instruction_id(line.line_id.hex(), 1).hex(), "message_id": "m", "bank_ref": "r",
        "amount": {"amount": "400000", "currency": "KHR"}, "value_date": "2018-03-02",
    }  # fmt: skip
    settled = event(bank, "payment.settled", "out", "2018-03-02T08:00:00+07:00", moved)
    back = event(bank, "payment.returned", "back", "2018-04-02T08:00:00+07:00", {**moved, "reason": reason})
    country.broker.publish([settled, back])
    follow(country.broker, database, admission)
    with database.transaction(), database.cursor(binary=True) as cursor:
        other = msgspec.structs.replace(line, source="hef", line_id=bid.line_id)
        finding = Claims(cursor, holders(bid)).take(other, bid)
    assert finding.outcome.value == ("refused" if held else "certified")


def _any_line(database: NpcaConnection) -> Line:
    row = database.execute("select told from line limit 1").fetchone()
    assert row is not None
    return decode_line(bytes(row[0]))


@pytest.mark.parametrize("benefit", sorted(POLICY.packs))
def test_a_bid_is_read_back_as_it_was_kept(benefit: str) -> None:
    day = dt.date(2020, 2, 29)
    maxima = POLICY.packs[benefit].entitlement.maximum
    claim = Claim(ClaimKind.WINDOW, b"P1", "birth:anc", "2020-02-29", since=day, until=dt.date(2020, 3, 1))
    told = Bid(
        b"line",
        benefit,
        (claim,),
        b"P1",
        "anchor",
        "anc",
        maxima.at(day) if maxima else None,
        (day, day),
        frozenset({"x"}),
    )
    again = decode_bid(encode_bid(told))
    assert again._replace(maximum=None) == told._replace(maximum=None)
    assert told.maximum is None or again.maximum is not None
    if told.maximum is not None and again.maximum is not None:
        kept = (again.maximum.steps, again.maximum.count, again.maximum.months)
        assert kept == (told.maximum.steps, told.maximum.count, told.maximum.months)
