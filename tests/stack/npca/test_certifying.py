"""Certificates: distinct officers over exact lines, issued once, and every way to forge one refused by the auditor."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from events.certification import BatchCertified, LineCertified, LineRefused
from events.envelope import decode_recorded
from events.merkle import leaf_hash, root
from events.states import STATES_BY_NUMBER
from ledger.proof.checkpoint import Checkpoint
from ledger.proof.note import Algorithm, NoteSigner
from ledger.verify.certificate import canonical, check_certificate, read_officers
from ledger.verify.codes import Code, FailureError
from ledger.verify.notes import Trust, read_checkpoint, read_key
from pipeline.admission import Admission
from pipeline.npca import desk, officers
from pipeline.npca.certifying import prepare, sign
from pipeline.npca.officers import OfficeError
from pipeline.npca.reviewing import Desk
from pipeline.npca.tables import NpcaConnection
from processors.npca import certificate as rules
from processors.npca.officers import Band, Delegation, Role, Signed, Unfit
from tests.births import event
from tests.stack.npca.conftest import Country, follow
from tests.stack.npca.test_reviewing import POLICIES

LOG = NoteSigner("test/ledger", Ed25519PrivateKey.generate())
WITNESS = NoteSigner("test/witness", Ed25519PrivateKey.generate(), Algorithm.COSIGNATURE_ED25519)
KEYS = {name: NoteSigner(name, Ed25519PrivateKey.generate()) for name in ("dara", "sophea", "vanna", "bopha", "rith")}
ROLES = {"dara": "preparer", "sophea": "reviewer", "vanna": "approver", "bopha": "approver", "rith": "reviewer"}
NOW_US = 1_800_000_000_000_000
DAY_US = 86_400_000_000


class Agency:
    """The agency after its review: a witnessed log, officers on record."""

    def __init__(self, country: Country, database: NpcaConnection, admission: Admission) -> None:
        self.country, self.database, self.admission = country, database, admission
        self.now_us = NOW_US
        for name, signer in KEYS.items():
            officers.appoint(database, str(signer.key), frozenset({Role(ROLES[name])}), 0, "test")

    def review(self) -> None:
        log = follow(self.country.broker, self.database, self.admission).log
        Desk(self.database, POLICIES).review()
        with self.database.transaction(), self.database.cursor() as cursor:
            told = Checkpoint("test/ledger", log.size, log.tree.root(), "block 1 x")
            note = told.text() + "\n" + LOG.sign(told.text()) + WITNESS.cosign(told.text(), 1)
            log.witness(cursor, told, note)

    def prepare(self, supersedes: str | None = None) -> str:
        self.now_us += 1_000_000
        return prepare(self.database, "nssf", "NB", 0, by="test", now_us=self.now_us, supersedes=supersedes)

    def sign(self, certificate_id: str, name: str, role: str = "", behalf: str | None = None) -> bool:
        self.now_us += 1_000_000
        told = Signed(name, Role(role or ROLES[name]), behalf, self.now_us)
        return sign(self.database, certificate_id, told, KEYS[name])

    def issue(self) -> dict[str, Any]:
        certificate_id = self.prepare()
        assert [self.sign(certificate_id, name) for name in ("dara", "sophea", "vanna")] == [False, False, True]
        return self.issued(certificate_id)

    def issued(self, certificate_id: str) -> dict[str, Any]:
        row = self.database.execute(
            "select value from certificate where certificate_id = %s", (certificate_id,)
        ).fetchone()
        assert row is not None
        told: dict[str, Any] = json.loads(row[0])
        return told

    def known(self) -> str:
        return json.dumps(officers.told(officers.read_office(self.database)))


@pytest.fixture
def agency(country: Country, database: NpcaConnection, admission: Admission) -> Agency:
    return Agency(country, database, admission)


TRUST = Trust([read_key(str(LOG.key))], [read_key(str(WITNESS.key))], [])


def _verdict(told: dict[str, Any], known: str, trust: Trust = TRUST) -> Code:
    try:
        check_certificate(canonical(told).decode(), trust, read_officers(known))
    except FailureError as failure:
        return failure.code
    return Code.GOOD


def _digested(told: dict[str, Any]) -> dict[str, Any]:
    """As a forger would: everything that needs no key is made to agree again."""
    told["digest"] = rules.digest(told["body"]).hex()
    return told


def test_a_certificate_moves_its_lines_in_the_ledger_and_holds_offline(agency: Agency) -> None:
    agency.country.births(3)
    agency.review()
    first = desk.read_lines(agency.database, "nssf", "NB", 0)[0]
    desk.refuse(agency.database, bytes.fromhex(first.line_id), "paid_elsewhere", "test")
    told = agency.issue()
    assert _verdict(told, agency.known()) is Code.GOOD
    assert told["body"]["certified"] == {"count": 2, "totals": [{"amount": "800000", "currency": "KHR"}]}
    assert {one["status"] for one in told["body"]["figures"]}

    values = [
        bytes(row[0]) for row in agency.database.execute("select value from outbox order by outbox_no").fetchall()
    ]
    events = [decode_recorded(value) for value in values]
    assert [type(event.data) for event in events] == [LineRefused, LineCertified, LineCertified, BatchCertified]
    agency.country.desk.publish(events)
    agency.country.desk.decide()
    states = agency.country.desk.rows(
        "select distinct on (line_id) state from decision where source = 'nssf' order by line_id, version desc"
    )
    assert sorted(STATES_BY_NUMBER[state] for (state,) in states) == ["instructed", "instructed", "refused"]
    agency.country.decide()
    follow(agency.country.broker, agency.database, agency.admission)
    assert agency.database.execute("select count(*) from certified_leaf").fetchone() == (2,)
    assert desk.read_inbox(agency.database).not_certified_here == []
    with pytest.raises(OfficeError, match="no line is ready"):
        agency.prepare()
    assert agency.database.execute("select count(*) from holding").fetchone() == (2,)


def test_a_line_certified_with_the_agencys_key_and_without_a_certificate_is_noticed(agency: Agency) -> None:
    agency.country.births(2)
    agency.review()
    first = desk.read_lines(agency.database, "nssf", "NB", 0)[0].line_id
    amount = {"amount": "400000", "currency": "KHR"}
    told = {"line_id": first, "batch_id": "NB", "amount": amount, "certificate_id": "C1"}
    agency.country.desk.publish([event("npca", "line.certified", "forged", "2018-03-01T08:00:00+07:00", told)])
    agency.country.decide()
    agency.review()
    assert desk.read_inbox(agency.database).not_certified_here == [first]


def test_a_queried_line_stays_and_the_next_certificate_takes_it(agency: Agency) -> None:
    agency.country.births(2)
    agency.review()
    first = bytes.fromhex(desk.read_lines(agency.database, "nssf", "NB", 0)[0].line_id)
    desk.query(agency.database, first, "payee_unclear", "test")
    assert [row.reason for row in desk.read_queries(agency.database)] == ["payee_unclear"]
    told = agency.issue()
    assert (len(told["body"]["lines"]), len(told["body"]["open"])) == (1, 1)
    with pytest.raises(OfficeError, match="at most 400000"):
        desk.certify(agency.database, POLICIES, first, 400_001, "reply_received", "test")
    desk.certify(agency.database, POLICIES, first, 399_999, "reply_received", "test")
    again = agency.issue()
    assert again["body"]["lines"][0]["amount"] == {"amount": "399999", "currency": "KHR"}
    assert _verdict(again, agency.known()) is Code.GOOD


def test_a_certificate_is_superseded_never_edited(agency: Agency) -> None:
    agency.country.births(1)
    agency.review()
    first = agency.issue()["body"]["certificate_id"]
    second = agency.prepare(supersedes=first)
    for name in ("dara", "sophea", "vanna"):
        agency.sign(second, name)
    told = agency.issued(second)
    assert (told["body"]["supersedes"], _verdict(told, agency.known())) == (first, Code.GOOD)
    values = [decode_recorded(bytes(row[0])) for row in agency.database.execute("select value from outbox").fetchall()]
    assert [event.type for event in values].count("line.certified") == 1
    assert [event.type for event in values].count("certificate.superseded") == 1
    with pytest.raises(OfficeError, match="superseded already"):
        agency.prepare(supersedes=first)


def test_officers_are_distinct_appointed_and_in_order(agency: Agency) -> None:
    agency.country.births(1)
    agency.review()
    certificate_id = agency.prepare()

    def refused(why: Unfit, name: str, role: str = "", behalf: str | None = None) -> None:
        with pytest.raises(OfficeError, match=why.value):
            agency.sign(certificate_id, name, role, behalf)

    refused(Unfit.OUT_OF_ORDER, "vanna")
    refused(Unfit.NOT_OF_ROLE, "dara", "reviewer")
    refused(Unfit.NOT_DELEGATED, "dara", "reviewer", "sophea")
    agency.sign(certificate_id, "dara")
    refused(Unfit.TWO_ROLES, "dara")
    begins = agency.now_us
    told = Delegation("sophea", "dara", Role.REVIEWER, begins, begins + DAY_US)
    with pytest.raises(OfficeError, match="not that of sophea"):
        officers.delegate(agency.database, told, KEYS["dara"])
    officers.delegate(agency.database, told, KEYS["sophea"])
    refused(Unfit.TWO_ROLES, "dara", "reviewer", "sophea")
    officers.end(agency.database, "rith", begins, "left", "test")
    refused(Unfit.NOT_VALID, "rith")
    with pytest.raises(OfficeError, match="not that of sophea"):
        sign(agency.database, certificate_id, Signed("sophea", Role.REVIEWER, None, agency.now_us), KEYS["rith"])


def test_a_larger_sum_asks_for_more_approvers_also_when_the_band_came_late(agency: Agency) -> None:
    agency.country.births(2)
    agency.review()
    certificate_id = agency.prepare()
    agency.sign(certificate_id, "dara")
    agency.sign(certificate_id, "sophea")
    officers.set_band(agency.database, Band("KHR", 800_000, 2), "test")
    assert not agency.sign(certificate_id, "vanna")
    assert agency.sign(certificate_id, "bopha")
    told = agency.issued(certificate_id)
    assert _verdict(told, agency.known()) is Code.GOOD
    assert _verdict({**told, "signatures": told["signatures"][:-1]}, agency.known()) is Code.OFFICER


def test_a_delegate_signs_for_another_and_the_delegation_travels_along(agency: Agency) -> None:
    agency.country.births(1)
    agency.review()
    certificate_id = agency.prepare()
    agency.sign(certificate_id, "dara")
    told = Delegation("sophea", "rith", Role.REVIEWER, agency.now_us, agency.now_us + DAY_US)
    officers.delegate(agency.database, told, KEYS["sophea"])
    agency.sign(certificate_id, "rith", "reviewer", "sophea")
    assert agency.sign(certificate_id, "vanna")
    issued = agency.issued(certificate_id)
    assert _verdict(issued, agency.known()) is Code.GOOD
    longer = copy.deepcopy(issued)
    longer["signatures"][1]["delegation"]["until"] = "2030-01-01T00:00:00Z"
    assert _verdict(longer, agency.known()) is Code.OFFICER_SIGNATURE


def test_a_line_found_otherwise_since_makes_a_draft_worthless(agency: Agency) -> None:
    agency.country.births(1)
    agency.review()
    certificate_id = agency.prepare()
    agency.sign(certificate_id, "dara")
    line_id = bytes.fromhex(desk.read_lines(agency.database, "nssf", "NB", 0)[0].line_id)
    desk.refuse(agency.database, line_id, "paid_elsewhere", "test")
    with pytest.raises(OfficeError, match="found otherwise"):
        agency.sign(certificate_id, "sophea")


def test_a_request_taken_back_before_the_last_signature_is_not_certified(agency: Agency) -> None:
    agency.country.births(2)
    agency.review()
    certificate_id = agency.prepare()
    agency.sign(certificate_id, "dara")
    back = event(
        "nssf", "payment.withdrawn", "back-1", "2018-03-01T08:00:00+07:00", {"request_id": "N1", "reason": "error"}
    )
    agency.country.publish([back])
    agency.review()
    with pytest.raises(OfficeError, match="found otherwise"):
        agency.sign(certificate_id, "sophea")
    told = agency.issue()
    assert (told["body"]["certified"]["count"], told["body"]["refused"]["count"]) == (1, 1)
    assert _verdict(told, agency.known()) is Code.GOOD


def test_nothing_is_certified_on_a_history_that_was_refused(agency: Agency) -> None:
    agency.country.births(1)
    agency.review()
    certificate_id = agency.prepare()
    with agency.database.transaction():
        agency.database.execute("insert into refusal (kind, size, detail) values ('fork', 1, 'test')")
    for attempt in (agency.prepare, lambda: agency.sign(certificate_id, "dara")):
        with pytest.raises(OfficeError, match="history was refused"):
            attempt()


def _less(told: dict[str, Any]) -> None:
    told["body"]["lines"][0]["amount"]["amount"] = "399999"


def _more(told: dict[str, Any]) -> None:
    line = told["body"]["lines"][0]
    line["amount"]["amount"] = line["submitted"]["amount"] = "400001"
    for name in ("certified", "submitted"):
        told["body"][name]["totals"][0]["amount"] = "800001"
    told["body"]["lines_root"] = root([leaf_hash(canonical(one)) for one in told["body"]["lines"]]).hex()


def _missing(told: dict[str, Any]) -> None:
    del told["body"]["lines"][0]


def _twice(told: dict[str, Any]) -> None:
    told["body"]["lines"][0] = told["body"]["lines"][1]


def _other_role(told: dict[str, Any]) -> None:
    told["signatures"][1]["role"] = "approver"


def _other_day(told: dict[str, Any]) -> None:
    told["signatures"][0]["signed_at"] = "2026-01-01T00:00:00Z"


def _two_roles(told: dict[str, Any]) -> None:
    told["signatures"][1] = {**told["signatures"][0]}


def _too_few(told: dict[str, Any]) -> None:
    del told["signatures"][2]


def _reason(told: dict[str, Any]) -> None:
    told["body"]["cycle"] = "2018-03"


def _leaf(told: dict[str, Any]) -> None:
    line, other = told["body"]["lines"]
    line["leaf"] = other["leaf"]
    told["body"]["lines_root"] = root([leaf_hash(canonical(one)) for one in told["body"]["lines"]]).hex()


FORGED: list[tuple[Callable[[dict[str, Any]], None], Code, Code]] = [
    (_less, Code.CERTIFICATE, Code.CERTIFICATE),
    (_more, Code.CERTIFICATE, Code.CERTIFICATE),
    (_missing, Code.LINE_MISSING, Code.LINE_MISSING),
    (_twice, Code.LINE_MISSING, Code.LINE_MISSING),
    (_other_role, Code.OFFICER, Code.OFFICER),
    (_other_day, Code.OFFICER_SIGNATURE, Code.OFFICER_SIGNATURE),
    (_two_roles, Code.OFFICER, Code.OFFICER),
    (_too_few, Code.OFFICER, Code.OFFICER),
    (_reason, Code.CERTIFICATE, Code.OFFICER_SIGNATURE),
    (_leaf, Code.INCLUSION, Code.INCLUSION),
]
"""How it is forged; what the auditor says, and what when the forger makes the digest agree."""


def test_every_forgery_is_refused_with_a_code_of_its_own(agency: Agency) -> None:
    agency.country.births(2)
    agency.review()
    told, known = agency.issue(), agency.known()
    assert _verdict(told, known) is Code.GOOD
    for forge, code, digested in FORGED:
        forged = copy.deepcopy(told)
        forge(forged)
        assert (forge.__name__, _verdict(forged, known)) == (forge.__name__, code)
        assert (forge.__name__, _verdict(_digested(forged), known)) == (forge.__name__, digested)

    second = agency.prepare(supersedes=told["body"]["certificate_id"])
    for name in ("dara", "sophea", "vanna"):
        agency.sign(second, name)
    reused = agency.issued(second)
    reused["signatures"][1] = told["signatures"][1]
    assert _verdict(reused, known) is Code.OFFICER_SIGNATURE

    note = told["body"]["checkpoint"]
    seen = read_checkpoint(note.rpartition("\n\n")[0] + "\n")
    assert _verdict(told, known, TRUST._replace(seen=[seen])) is Code.GOOD
    assert _verdict(told, known, TRUST._replace(seen=[seen._replace(root=bytes(32))])) is Code.FORK
    another = NoteSigner("test/ledger", Ed25519PrivateKey.generate())
    assert _verdict(told, known, TRUST._replace(log=[read_key(str(another.key))])) is Code.UNKNOWN_KEY
    without = {**told, "body": {**told["body"], "checkpoint": "".join(note.splitlines(keepends=True)[:-1])}}
    assert _verdict(without, known) is Code.NOT_WITNESSED
    assert _verdict(told, json.dumps({"officers": [], "bands": []})) is Code.OFFICER

    with pytest.raises(FailureError) as spaced:
        check_certificate(json.dumps(told), TRUST, read_officers(known))
    assert spaced.value.code is Code.MALFORMED
