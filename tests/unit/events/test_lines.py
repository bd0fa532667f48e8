import json
from typing import Any

import pytest

from events.envelope import decode_data, decode_head
from events.errors import ContractError
from events.lines import read_lines, read_raw, wrap
from events.schemas.samples import example_events, examples

REQUEST: dict[str, Any] = {
    "type": "payment.requested",
    "id": "e-1",
    "time": "2018-03-05T09:30:00+07:00",
    "data": json.loads(examples()["payment.requested"])["data"],
}


def line(**changes: object) -> bytes:
    return json.dumps({key: value for key, value in {**REQUEST, **changes}.items() if value is not ...}).encode()


def test_a_line_becomes_an_event_of_the_source() -> None:
    event = decode_data(decode_head(wrap(line(), "nssf")))
    assert (event.source, event.id, event.type) == ("nssf", "e-1", "payment.requested")
    assert event.data == example_events()["payment.requested"].data


def test_the_type_may_be_given_in_full_and_the_bytes_do_not_depend_on_it_or_on_white_space() -> None:
    full = wrap(line(type="kh.sp.payment.requested.v1"), "nssf")
    assert full == wrap(line(), "nssf") == wrap(json.dumps(REQUEST, separators=(",", ":")).encode(), "nssf")


def test_subject_and_traceparent_go_into_the_envelope() -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    node = json.loads(wrap(line(subject="0100000017", traceparent=trace), "nssf"))
    assert (node["subject"], node["traceparent"]) == ("0100000017", trace)


def test_good_lines_go_to_the_topic_of_their_type_with_their_key() -> None:
    good, bad = read_lines([line(), b"", b"  \r", line(id="e-2") + b"\r"], "nssf")
    assert bad == []
    assert [(record.topic, record.key) for record in good] == [("sp.payment.v1", b"0100000017")] * 2
    assert good[1].value.endswith(b"}")


@pytest.mark.parametrize(
    ("content", "reason", "field"),
    [
        (b"nonsense", "not_json", ""),
        (b"[1]", "not_an_event", ""),
        (b'"x"', "not_an_event", ""),
        (line(time=...), "schema", "time"),
        (line(data=...), "schema", "data"),
        (line(data=[1]), "schema", "data"),
        (line(source="urn:sp:operator:nssf"), "schema", "source"),
        (line(time="2018-03-05T09:30:00"), "schema", "time"),
        (line(id="a b"), "schema", "id"),
        (line(id=7), "schema", "id"),
        (line(type="payment.imagined"), "unknown_type", "type"),
        (line(type="kh.sp.hold.placed.v1"), "unknown_type", "type"),
        (line(data={**REQUEST["data"], "sp_id": "17"}), "schema", "data.sp_id"),
        (line(data={**REQUEST["data"], "name": "x"}), "schema", "data.name"),
        (line().replace(b'"id": "e-1"', b'"id": "e-1", "id": "e-1"'), "schema", "id"),
        (line().replace(b'"benefit"', b'"benefit": "x", "benefit"'), "schema", "data.benefit"),
        (line().replace(b"REQ-", b"\\ud800"), "schema", "data.request_id"),
        (b"[" * 50_000, "not_json", ""),
        (line(data={**REQUEST["data"], "request_id": "x" * 70_000}), "too_large", ""),
    ],
)
def test_a_bad_line_is_named_with_its_number_and_field(content: bytes, reason: str, field: str) -> None:
    good, bad = read_lines([line(), b"", content, line(id="e-2")], "nssf")
    assert len(good) == 2
    assert [(one.number, str(one.reason), one.field) for one in bad] == [(3, reason, field)]
    assert str(bad[0]).startswith(f"line 3, {field}: " if field else "line 3: ")


def test_another_ones_event_cannot_be_retracted() -> None:
    data = {"event": {"source": "urn:sp:operator:pmrs", "id": "x"}, "reason": "error"}
    _, bad = read_lines([line(type="event.retracted", data=data)], "nssf")
    assert [(str(one.reason), one.field) for one in bad] == [("not_authorised", "data.event.source")]


@pytest.mark.parametrize("is_first", [True, False])
def test_a_retraction_follows_its_original_to_its_topic(is_first: bool) -> None:  # noqa: FBT001
    verified = json.loads(examples()["condition.verified"])["data"]
    original = line(type="condition.verified", id="v-1", data=verified)
    data = {"event": {"source": "urn:sp:operator:nssf", "id": "v-1"}, "reason": "error"}
    retraction = line(type="event.retracted", id="r-1", data=data)
    good, _ = read_lines([retraction, original] if is_first else [original, retraction], "nssf")
    assert {record.topic for record in good} == {"sp.verification.v1"}
    alone, _ = read_lines([retraction], "nssf")
    assert alone[0].topic == "sp.enrolment.v1"


def test_raw_lines_stay_as_they_are() -> None:
    value = examples()["batch.declared"]
    records = read_raw([value, b"nonsense", b'{"type":"kh.sp.line.refused.v1"}'], None)
    assert [record.value for record in records] == [value, b"nonsense", b'{"type":"kh.sp.line.refused.v1"}']
    assert [record.topic for record in records] == ["sp.payment.v1"] * 3
    assert [record.key for record in records] == [b"B-2018-03", None, None]
    assert {record.topic for record in read_raw([value, b"x"], "sp.ledger.v1")} == {"sp.ledger.v1"}
    spoilt = examples()["line.refused"].replace(b'"reason"', b'"cause"')
    assert read_raw([spoilt], None)[0].topic == "sp.certification.v1"


def test_wrapping_refuses_what_is_no_line() -> None:
    with pytest.raises(ContractError, match="not_json"):
        wrap(b"{", "nssf")
