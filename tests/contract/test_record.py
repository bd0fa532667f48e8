"""Every rule of the contract's section on records, with the exact reason and field."""

import json

import pytest

from events.envelope import MAX_BYTES, ContractError, decode_head
from tests.contract.building import envelope, read, record, refusal, text_of, with_data

REQUEST = record().decode()


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"specversion":"1.0",}',
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        REQUEST.encode("utf-16"),
        REQUEST.encode() + b"x",
        b"[" * 60_000,
        b'{"a":' * 10_000,
        REQUEST.replace('"nssf.maternal.delivery"', "NaN").encode(),
        REQUEST.replace("REQ-2018", "REQ\n2018").encode(),
        REQUEST.replace("REQ-2018", "REQ\\x2018").encode(),
        REQUEST.encode().replace(b"REQ-2018", b"\xed\xa0\x80"),
    ],
)
def test_what_is_no_json(value: bytes) -> None:
    assert refusal(value) == ("not_json", "")


def test_a_record_without_value_is_no_json() -> None:
    with pytest.raises(ContractError, match="not_json"):
        decode_head(None)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (b"[]", ""),
        (b'"text"', ""),
        (b"null", ""),
        (b"{}", "specversion"),
        (record(specversion="0.3"), "specversion"),
        (record(specversion=1.0), "specversion"),
        (record(specversion=...), "specversion"),
        (record(id=...), "id"),
        (record(source=...), "source"),
        (record(type=...), "type"),
    ],
)
def test_json_that_is_no_cloudevent(value: bytes, field: str) -> None:
    assert refusal(value) == ("not_an_event", field)


@pytest.mark.parametrize(
    ("attributes", "field"),
    [
        ({"id": ""}, "id"),
        ({"id": "x" * 65}, "id"),
        ({"id": "a b"}, "id"),
        ({"id": "a\n"}, "id"),
        ({"id": "ក"}, "id"),
        ({"id": 7}, "id"),
        ({"id": None}, "id"),
        ({"source": "nssf"}, "source"),
        ({"source": "urn:sp:operator:"}, "source"),
        ({"source": "urn:sp:operator:NSSF"}, "source"),
        ({"source": "urn:sp:operator:nobody"}, "source"),
        ({"source": "urn:sp:operator:spp"}, "source"),
        ({"type": ""}, "type"),
        ({"type": 1}, "type"),
        ({"time": ...}, "time"),
        ({"time": None}, "time"),
        ({"time": 1520211600}, "time"),
        ({"time": "2018-03-05"}, "time"),
        ({"time": "2018-03-05T09:30:00"}, "time"),
        ({"time": "2018-03-05 09:30:00+07:00"}, "time"),
        ({"time": "2018-03-05T09:30+07:00"}, "time"),
        ({"time": "2018-03-05T09:30:00+0700"}, "time"),
        ({"time": "2018-02-30T09:30:00Z"}, "time"),
        ({"time": "2018-03-05T25:30:00Z"}, "time"),
        ({"time": "2018-03-05T09:30:60Z"}, "time"),
        ({"time": "1899-12-31T23:59:59Z"}, "time"),
        ({"time": "2200-01-01T00:00:00Z"}, "time"),
        ({"time": "0001-01-01T00:00:00+14:00"}, "time"),
        ({"time": "2018-03-05T09:30:00Z\n"}, "time"),
        ({"subject": ""}, "subject"),
        ({"subject": "a person"}, "subject"),
        ({"traceparent": "00-1-2-3"}, "traceparent"),
        ({"data": ...}, "data"),
        ({"data": None}, "data"),
        ({"data": []}, "data"),
        ({"data": "{}"}, "data"),
        ({"datacontenttype": "application/json"}, "datacontenttype"),
        ({"dataschema": "urn:x"}, "dataschema"),
        ({"Id": "x"}, "Id"),
    ],
)
def test_envelopes_against_the_schema(attributes: dict[str, object], field: str) -> None:
    assert refusal(record("payment.requested", attributes)) == ("schema", field)


@pytest.mark.parametrize(
    "time",
    [
        "2018-03-05T09:30:00Z",
        "2018-03-05t09:30:00z",
        "2018-03-05T09:30:00.123456789+07:00",
        "2018-03-05T09:30:00-00:00",
        "1900-01-01T00:00:00+07:00",
        "2199-12-31T23:59:59.999999Z",
    ],
)
def test_times_with_an_offset_are_read(time: str) -> None:
    assert refusal(record(time=time)) == ("", "")


def test_a_time_is_an_instant_whatever_its_offset() -> None:
    times = {read(record(time=text)).time_us for text in ("2018-03-05T09:30:00.5+07:00", "2018-03-05T02:30:00.500Z")}
    assert times == {1_520_217_000_500_000}


def test_subject_and_traceparent_are_optional() -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert read(record(subject="0100000017", traceparent=trace)) == read(record())


@pytest.mark.parametrize(
    "type_",
    [
        "kh.sp.payment.imagined.v1",
        "kh.sp.payment.requested.v2",
        "kh.sp.award.granted.v1",
        "kh.sp.hold.released.v1",
        "kh.sp.hold.placed.v1",
        "kh.sp.recovery.ordered.v1",
        "kh.sp.instruction.issued.v1",
        "kh.sp.payment.decided.v1",
        "payment.requested",
        "com.example.made",
    ],
)
def test_types_of_other_versions_and_of_nobody_are_unknown(type_: str) -> None:
    assert refusal(record(type=type_)) == ("unknown_type", "type")


def test_unknown_types_come_before_their_data() -> None:
    node = envelope("payment.requested") | {"type": "kh.sp.award.granted.v1", "data": {"share_percent": 1.5}}
    assert refusal(text_of(node).encode()) == ("unknown_type", "type")


def test_a_record_may_have_64_kib_and_not_a_byte_more() -> None:
    full = REQUEST.encode() + b" " * (MAX_BYTES - len(REQUEST.encode()))
    assert refusal(full) == ("", "")
    assert refusal(full + b" ") == ("too_large", "")
    assert refusal(b"x" * (MAX_BYTES + 1)) == ("too_large", "")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('"id":', '"id":"other","id":', "id"),
        ('"id":', '"id":"other","\\u0069d":', "id"),
        ('"data":', '"data":{},"data":', "data"),
        ('"data":', '"data":{"x":[1,{"y":"\\ud800"}]},"data":', "data.x[1].y"),
        ('"benefit":', '"benefit":"family.base","benefit":', "data.benefit"),
        ('"benefit":', '"benefit":"nssf.maternal.delivery","\\u0062enefit":', "data.benefit"),
        ('"role":', '"role":"self","role":', "data.payee.role"),
        ('"on":', '"o\\u006e":"2018-03-04","on":', "data.for.on"),
        ('"currency":', '"currency":"KHR","currency":', "data.amount.currency"),
        ('"for":', '"for":{"month":"2018-01"},"for":', "data.for"),
    ],
)
def test_a_repeated_key_is_refused_wherever_it_stands_and_however_it_is_spelt(old: str, new: str, field: str) -> None:
    assert REQUEST.count(old) == 1
    spoilt = REQUEST.replace(old, new)
    assert refusal(spoilt.encode()) == ("schema", field)
    spaced = text_of(envelope("payment.requested")).replace(old, new).replace(",", " ,\n ").replace(":{", " : {")
    assert refusal(spaced.encode()) == ("schema", field)


def test_a_repeated_key_in_a_list_is_named_with_its_place() -> None:
    spoilt = record("household.identified").decode().replace('"sp_id":null', '"sp_id":null,"sp_id":null')
    assert refusal(spoilt.encode()) == ("schema", "data.members[1].sp_id")


def test_escapes_and_white_space_alone_change_nothing() -> None:
    spelt = REQUEST.replace("REQ-2018", "\\u0052EQ-2018").replace('"for"', '"\\u0066or"')
    assert read(spelt.encode()) == read(record())
    assert read(json.dumps(envelope("payment.requested"), indent=3).encode()) == read(record())


@pytest.mark.parametrize("number", ["1.0", "1e2", "1E2", "1.5", "-0.0", "0e0", "1" * 30, "1e400"])
@pytest.mark.parametrize(
    ("name", "old", "field"),
    [
        ("payment.requested.round", '"round":1', "data.for.round"),
        ("batch.declared", '"count":1', "data.count"),
        ("condition.verified", '"babies":1', "data.measure.babies"),
        ("encounter.recorded", '"quantity":1', "data.items[0].quantity"),
    ],
)
def test_counts_are_integers_never_floats(name: str, old: str, field: str, number: str) -> None:
    spoilt = record(name).decode().replace(old, old[:-1] + number)
    assert refusal(spoilt.encode()) == ("schema", field)


@pytest.mark.parametrize("value", [True, False, "1", -1, None, [1], 10**12])
def test_counts_are_strictly_whole_numbers_from_zero(value: object) -> None:
    assert refusal(with_data("batch.declared", "count", value)) == ("schema", "data.count")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("REQ-2018", "REQ\\u0000", "data.request_id"),
        ("REQ-2018", "REQ\\ud800", "data.request_id"),
        ("REQ-2018", "REQ\\udc00\\ud800", "data.request_id"),
        ('"wing"', '"\\ud83d"', "data.payee.provider"),
        ("payment.requested-0001", "x\\u0000", "id"),
        ('"specversion":', '"x\\u0000":1,"specversion":', "x?"),
        ('"role":', '"\\ud800":1,"role":', "data.payee.?"),
    ],
)
def test_nul_and_half_surrogates_are_refused(old: str, new: str, field: str) -> None:
    assert refusal(REQUEST.replace(old, new).encode()) == ("schema", field)


@pytest.mark.parametrize(
    "amount",
    ["1.5", "15.00", "+1", "-1", "01", "", " 1", "1 ", "1e3", "1,000", "1" * 16, "១", "1\n", 1, 1.0, None, True],
)
def test_riel_are_decimal_strings_of_at_most_15_digits_without_decimals(amount: object) -> None:
    assert refusal(with_data("payment.requested", "amount.amount", amount)) == ("schema", "data.amount.amount")


@pytest.mark.parametrize(
    "amount", ["1", "1.5", "1.500", ".50", "01.00", "1" * 14 + ".00", "1" * 15 + ".00", "1.", "-1.00", 1.5]
)
def test_dollars_have_two_decimals_and_at_most_15_digits(amount: object) -> None:
    assert refusal(with_data("payment.requested.award", "amount.amount", amount)) == ("schema", "data.amount.amount")


@pytest.mark.parametrize("currency", ["EUR", "khr", "", None, 1])
def test_there_are_two_currencies(currency: object) -> None:
    assert refusal(with_data("payment.requested", "amount.currency", currency)) == ("schema", "data.amount.currency")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("free_text", "data.free_text"),
        ("payee.name", "data.payee.name"),
        ("for.step", "data.for.step"),
        ("amount.unit", "data.amount.unit"),
        ("for_", "data.for_"),
    ],
)
def test_unknown_fields_are_refused_at_any_depth(path: str, field: str) -> None:
    assert refusal(with_data("payment.requested", path, "x")) == ("schema", field)


@pytest.mark.parametrize(
    "day", ["2018-02-30", "2018-13-01", "1899-12-31", "2200-01-01", "0000-01-01", "2018-3-4", "20180304", "", 20180304]
)
def test_dates_exist_and_lie_between_1900_and_2199(day: object) -> None:
    assert refusal(with_data("payment.requested", "for.on", day)) == ("schema", "data.for.on")
    assert refusal(with_data("person.died", "died_on", day)) == ("schema", "data.died_on")


def test_no_message_repeats_a_protected_value() -> None:
    secret = "0777777777"
    spoilt = [
        with_data("payment.requested", "sp_id", secret + "\n"),
        with_data("payment.requested", "payee.role", secret),
        with_data("payment.requested", "amount.amount", "0" + secret),
        with_data("payment.requested", "for.on", secret),
        with_data("payment.requested", "for.number", secret),
        with_data("person.enrolled", "birth_date", secret),
        record(time=secret),
        record().replace(b'"REQ-2018-000017"', b'"' + secret.encode() + b'\\ud800"'),
        record()[:-40] + secret.encode(),
    ]
    for value in spoilt:
        with pytest.raises(ContractError) as caught:
            read(value)
        assert secret not in str(caught.value)


def test_an_error_tells_what_the_envelope_claims_to_be() -> None:
    for value in (record(time="noon"), with_data("payment.requested", "sp_id", 1), record(type="kh.sp.x.y.v1")):
        with pytest.raises(ContractError) as caught:
            read(value)
        assert (caught.value.source, caught.value.event_id) == ("nssf", "payment.requested-0001")
