"""The fields of each type: closed lists, optional fields, and the rules that tie fields together."""

import pytest

from events.schemas.samples import INPUTS
from tests.contract.building import envelope, read, refusal, text_of, with_data

REQUIRED = {
    "household.identified": "household_id level commune area card_number valid_from valid_until members",
    "household.revoked": "household_id revoked_on reason",
    "person.enrolled": "sp_id scheme enrolment_id birth_date sex valid_from valid_until",
    "person.withdrawn": "sp_id scheme enrolment_id withdrawn_on reason",
    "person.registered": "sp_id birth_date sex aliases",
    "person.died": "sp_id died_on",
    "person.merged": "sp_id into merged_on",
    "facility.registered": "facility_id level commune schemes valid_from valid_until",
    "event.retracted": "event reason",
    "condition.verified": "sp_id condition on outcome",
    "contribution.recorded": "sp_id scheme month contributory_wage paid_on",
    "encounter.recorded": "encounter_id sp_id facility_id service payment_type started_on ended_on",
    "payment.requested": "request_id batch_id benefit for payee sp_id",
    "payment.withdrawn": "request_id reason",
    "payee.changed": "request_id payee reason",
    "batch.declared": "batch_id benefit cycle count totals",
    "cycle.closed": "benefit cycle",
    "line.certified": "line_id batch_id amount certificate_id",
    "line.refused": "line_id batch_id reason",
    "line.queried": "line_id batch_id query_id reason",
    "finding.recorded": "line_id sample_id finding disallowed",
    "batch.certified": "batch_id certificate_id count totals checkpoint",
    "certificate.superseded": "certificate_id by",
    "instruction.accepted": "instruction_id message_id",
    "instruction.rejected": "instruction_id message_id reason",
    "payment.settled": "instruction_id message_id amount bank_ref value_date",
    "payment.returned": "instruction_id message_id amount bank_ref reason value_date",
    "statement.booked": "account entry_ref direction amount value_date",
    "statement.closed": "account date opening closing",
    "budget.allotted": "fund programme fiscal_year stage amount",
    "fund.received": "fund amount bank_ref value_date",
}


@pytest.mark.parametrize("name", [name for name, _, _ in INPUTS])
def test_exactly_the_required_fields_may_not_be_left_out(name: str) -> None:
    kind = ".".join(name.split(".")[:2])
    if name != kind:
        return
    required = set()
    for field in envelope(name)["data"]:
        outcome = refusal(with_data(name, field, ...))
        if outcome != ("", ""):
            assert outcome == ("schema", f"data.{field}")
            required.add(field)
    assert required == set(REQUIRED[name].split())


def test_every_type_is_in_the_table() -> None:
    assert set(REQUIRED) == {".".join(name.split(".")[:2]) for name, _, _ in INPUTS}


@pytest.mark.parametrize("name", [name for name, _, _ in INPUTS])
def test_a_field_of_the_wrong_kind_is_named(name: str) -> None:
    for field in envelope(name)["data"]:
        for wrong in ([[1]], {"x": 1}, 1.5, "\x00"):
            reason, found = refusal(with_data(name, field, wrong))
            assert reason == "schema"
            assert found.startswith(f"data.{field}")


CLOSED = [
    ("household.identified", "level", "poor_1 poor_2 at_risk priority"),
    ("household.identified", "area", "phnom_penh other_urban rural"),
    ("household.identified", "members.0.sex", "F M"),
    ("household.revoked", "reason", "fraud moved improved duplicate error"),
    ("person.enrolled.pupil", "grade", "primary lower_secondary upper_secondary"),
    ("facility.registered", "level", "hc cpa1 cpa2 cpa3 national private"),
    ("event.retracted", "reason", "error duplicate wrong_person"),
    ("condition.verified", "outcome", "met not_met"),
    ("contribution.recorded", "branch", "health_care occupational_risk pension"),
    ("contribution.recorded", "status", "paid credited"),
    ("payment.requested", "payee.channel", "bank wallet facility treasury cash"),
    (
        "payment.requested",
        "payee.role",
        "self guardian household_head representative caretaker survivor facility school",
    ),
    ("statement.booked", "direction", "debit credit"),
]


@pytest.mark.parametrize(("name", "path", "words"), CLOSED)
def test_closed_lists(name: str, path: str, words: str) -> None:
    field = "data." + path.replace(".0", "[0]")
    for word in words.split():
        assert refusal(with_data(name, path, word)) == ("", "")
    for wrong in ("", "other", words.split(maxsplit=1)[0].swapcase(), 1):
        assert refusal(with_data(name, path, wrong)) == ("schema", field)


# Checked against the policy pack at admission, so that a new code needs no new schema.
CODES = [
    ("person.enrolled", "scheme"),
    ("person.enrolled", "category"),
    ("household.identified", "members.0.traits.0"),
    ("facility.registered", "schemes.0"),
    ("condition.verified", "condition"),
    ("encounter.recorded", "service"),
    ("payment.requested", "benefit"),
    ("payment.withdrawn", "reason"),
    ("payee.changed", "reason"),
    ("line.refused", "reason"),
    ("finding.recorded", "finding"),
    ("person.registered", "aliases.0.system"),
]


@pytest.mark.parametrize(("name", "path"), CODES)
def test_codes_of_the_pack_are_open_and_short(name: str, path: str) -> None:
    node = envelope(name)
    *parents, last = path.split(".")
    for good, value in ((True, "made.up_1"), (False, "Upper"), (False, "a-b"), (False, "x" * 41), (False, "")):
        place = node["data"]
        for step in parents:
            place = place[int(step)] if step.isdigit() else place[step]
        if last.isdigit():
            place[int(last)] = value
        else:
            place[last] = value
        assert (refusal(text_of(node).encode())[0] == "") is good


@pytest.mark.parametrize(
    ("name", "path", "good", "bad"),
    [
        ("payment.requested", "sp_id", ["0000000001"], ["1", "00000000011", "000000000A", "០០០០០០០០០១", 1]),
        ("payment.requested", "request_id", ["a", "A.b_c:d/e-9", "x" * 40], ["", "x" * 41, "a b", "é", "a\n"]),
        ("payment.requested", "cycle", ["1900-01", "2199-12"], ["2018", "2018-13", "2018-00", "1899-12", "2018-1"]),
        ("household.identified", "commune", ["000000"], ["12040", "1204055", 120405]),
        ("household.identified", "members.0.member_no", [1, 0, "01", "2A"], [-1, "", "a b", 1.5, True]),
        (
            "person.enrolled",
            "birth_date",
            ["1992", "1992-07", "1992-07-19", "2000-02-29"],
            ["92", "1992-7", "1992-13", "1992-02-30", "1900-02-29", "1899", "2200", "1992-07-19\n", "1992-07-", 1992],
        ),
        ("household.identified", "members.1.birth_date", ["1988"], ["1988-00", "1989-02-29"]),
        ("person.registered", "birth_date", ["1988-01-31"], ["1988-01-32", "1988-04-31"]),
        ("line.certified", "line_id", ["0" * 32], ["0" * 31, "A" * 32, "g" * 32]),
        ("payment.returned", "reason", ["AC01", "unclaimed"], ["", "ac-1", "Unclaimed"]),
        ("instruction.rejected", "reason", ["AM04"], ["AM 4"]),
        ("batch.certified", "checkpoint", ["a" * 64, "9/rZ+k="], ["", "x" * 201, "two words"]),
        ("condition.verified", "measure.attendance_percent", [0, 100], [101, -1, "92"]),
        ("condition.verified", "measure.babies", [0, 3, 20], [-1, 21, 1.0, True, "1"]),
        ("condition.verified", "number", [1, 10], [0, -1, "1"]),
        ("encounter.recorded", "items.0.quantity", [1], [0, -1]),
        ("payment.requested.round", "for.round", [1, 3], [0, "1"]),
    ],
)
def test_shapes(name: str, path: str, good: list[object], bad: list[object]) -> None:
    field = "data." + path.replace(".0", "[0]").replace(".1.", "[1].")
    for value in good:
        assert refusal(with_data(name, path, value)) == ("", "")
    for value in bad:
        assert refusal(with_data(name, path, value)) == ("schema", field)


@pytest.mark.parametrize(
    ("shape", "field"),
    [
        ({}, "data.for"),
        ({"month": "2018-01", "round": 1}, "data.for.round"),
        ({"month": "2018-01", "on": "2018-01-02"}, "data.for.on"),
        ({"month": "2018-01", "number": 1}, "data.for.number"),
        ({"round": 1, "birth_on": "2018-01-01"}, "data.for.birth_on"),
        ({"encounter_id": "E", "due_on": "2018-01-01"}, "data.for.due_on"),
        ({"number": 1}, "data.for"),
        ({"from": "2018-01-01"}, "data.for.until"),
        ({"until": "2018-01-01"}, "data.for.from"),
        ({"from": "2018-01-02", "until": "2018-01-01"}, "data.for.until"),
        ({"award_id": "A"}, "data.for.month"),
        ({"award_id": "A", "encounter_id": "E"}, "data.for.award_id"),
        ({"on": "2018-01-02", "until": "2018-01-03"}, "data.for.until"),
        ({"on": "2018-01-02", "birth_on": "1800-01-03"}, "data.for.birth_on"),
        ({"from": "1800-01-02", "until": "2018-01-03"}, "data.for.from"),
    ],
)
def test_a_request_is_for_exactly_one_thing(shape: dict[str, object], field: str) -> None:
    assert refusal(with_data("payment.requested", "for", shape)) == ("schema", field)


def test_a_request_is_for_a_person_or_for_a_household() -> None:
    assert refusal(with_data("payment.requested", "sp_id", ...)) == ("schema", "data.sp_id")
    assert refusal(with_data("payment.requested", "sp_id", None)) == ("schema", "data.sp_id")
    assert refusal(with_data("payment.requested", "household_id", "H-1")) == ("schema", "data.household_id")


@pytest.mark.parametrize(
    ("when", "field"),
    [
        ({}, "data.on"),
        ({"on": "2018-03-04", "month": "2018-03"}, "data.month"),
        ({"on": "2018-03-04", "from": "2018-03-04"}, "data.from"),
        ({"on": "2018-03-04", "until": "2018-03-04"}, "data.until"),
        ({"month": "2018-03", "from": "2018-03-01", "until": "2018-03-04"}, "data.from"),
        ({"month": "2018-03", "until": "2018-03-04"}, "data.until"),
        ({"from": "2018-03-01"}, "data.until"),
        ({"until": "2018-03-01"}, "data.from"),
        ({"from": "2018-03-02", "until": "2018-03-01"}, "data.until"),
        ({"on": "1800-03-04"}, "data.on"),
    ],
)
def test_evidence_has_exactly_one_time(when: dict[str, object], field: str) -> None:
    node = envelope("condition.verified")
    del node["data"]["on"]
    node["data"] |= when
    assert refusal(text_of(node).encode()) == ("schema", field)


def test_control_totals_name_a_currency_once() -> None:
    riel, dollars = {"amount": "1", "currency": "KHR"}, {"amount": "1.00", "currency": "USD"}
    assert refusal(with_data("batch.declared", "totals", [riel, dollars])) == ("", "")
    assert refusal(with_data("batch.declared", "totals", [])) == ("", "")
    assert refusal(with_data("batch.declared", "totals", [riel, riel])) == ("schema", "data.totals")
    assert refusal(with_data("batch.certified", "totals", [riel, riel])) == ("schema", "data.totals")


def test_an_optional_field_that_is_null_is_absent() -> None:
    plain = read(with_data("payment.requested", "amount", ...))
    assert read(with_data("payment.requested", "amount", None)) == plain


def test_an_event_is_retracted_by_its_own_source_named_either_way() -> None:
    by_code = read(with_data("event.retracted", "event.source", "pmrs"))
    assert by_code == read(with_data("event.retracted", "event.source", "urn:sp:operator:pmrs"))
    foreign = with_data("event.retracted", "event.source", "urn:sp:operator:nssf")
    assert refusal(foreign) == ("not_authorised", "data.event.source")
    assert refusal(with_data("event.retracted", "event.source", "urn:other")) == ("schema", "data.event.source")
