"""What is generated from the contract: no drift, and the schemas say what the decoder does."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator

from events.catalogue import TYPES
from events.envelope import decode_data, decode_head, decode_recorded, encode
from events.outcomes import OUTCOMES, decode_outcome
from events.schemas.__main__ import DIRECTORY, stale, write
from events.topics import TOPICS
from tests.contract.building import envelope, record, refusal, with_data

EXAMPLES = sorted((DIRECTORY / "examples").glob("*.json"))
SCHEMAS = {path.name.removesuffix(".json"): json.loads(path.read_bytes()) for path in (DIRECTORY / "json").glob("*")}
ASYNCAPI = Path(__file__).parent / "asyncapi" / "3.0.0.json"
ASYNCAPI_SHA256 = "d4571a420e6ffb7fcc7066c95a6db1202f299a3c51daa103d0706bf30f95e626"


def _short(path: Path) -> str:
    return ".".join(path.name.split(".")[:2])


def _accepts(value: bytes) -> bool:
    event = json.loads(value)
    found: bool = Draft202012Validator(SCHEMAS[event["type"]]).is_valid(event)
    return found


def test_nothing_is_stale() -> None:
    assert stale() == []


def test_drift_is_found_and_mended(tmp_path: Path) -> None:
    assert "asyncapi.yaml" in stale(tmp_path)
    write(tmp_path)
    assert stale(tmp_path) == []
    (tmp_path / "json" / "old.json").write_text("{}")
    (tmp_path / "asyncapi.yaml").write_text("changed")
    assert stale(tmp_path) == ["asyncapi.yaml", "json/old.json"]
    assert write(tmp_path) == ["asyncapi.yaml", "json/old.json"]
    assert stale(tmp_path) == []


def test_every_type_has_a_schema_and_an_example() -> None:
    names = {*TYPES, *OUTCOMES}
    assert set(SCHEMAS) == {f"kh.sp.{name}.v1" for name in names}
    assert {_short(path) for path in EXAMPLES} == names


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_schemas_are_valid_and_self_contained(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "\\Z" not in json.dumps(SCHEMAS[name])
    for reference in _references(SCHEMAS[name]):
        assert reference.removeprefix("#/$defs/") in SCHEMAS[name]["$defs"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_fit_their_schema_and_are_decoded(path: Path) -> None:
    value = path.read_bytes()
    jsonschema.validate(json.loads(value), SCHEMAS[f"kh.sp.{_short(path)}.v1"], cls=Draft202012Validator)
    if _short(path) in OUTCOMES:
        assert decode_outcome(value).type == _short(path)
        return
    event = decode_data(decode_head(value))
    assert event.type == _short(path)
    assert decode_recorded(value) == event
    assert decode_data(decode_head(encode(event))) == event


SPOILT = [
    with_data("payment.requested", "sp_id", ...),
    with_data("payment.requested", "household_id", "H-1"),
    with_data("payment.requested", "amount.amount", "1.00"),
    with_data("payment.requested", "amount.amount", "1" * 16),
    with_data("payment.requested.award", "amount.amount", "1"),
    with_data("payment.requested.award", "amount.amount", "1" * 14 + ".00"),
    with_data("payment.requested", "amount.currency", "EUR"),
    with_data("payment.requested", "for", {}),
    with_data("payment.requested", "for", {"month": "2018-01", "round": 1}),
    with_data("payment.requested", "for", {"month": "2018-01", "number": 1}),
    with_data("payment.requested", "for", {"from": "2018-01-01"}),
    with_data("payment.requested", "for.on", "1899-12-31"),
    with_data("payment.requested", "payee.role", "boss"),
    with_data("payment.requested", "payee.name", "x"),
    with_data("payment.requested", "sp_id", "1"),
    with_data("condition.verified", "month", "2018-03"),
    with_data("condition.verified", "on", ...),
    with_data("batch.declared", "count", -1),
    with_data("batch.declared", "count", "1"),
    with_data("household.identified", "members.0.head", 1),
    with_data("household.identified", "valid_until", None),
    record(time="2018-03-05T09:30:00"),
    record(source="urn:sp:operator:nobody"),
    record(id="a b"),
    record(data=...),
    record(datacontenttype="application/json"),
]


@pytest.mark.parametrize("value", SPOILT)
def test_what_the_decoder_refuses_the_schema_refuses(value: bytes) -> None:
    assert refusal(value)[0] == "schema"
    assert not _accepts(value)


def test_what_only_the_decoder_knows_is_stricter_never_laxer() -> None:
    for name in TYPES:
        assert _accepts(record(name))
        node = envelope(name)["data"]
        for field in node:
            if not _accepts(with_data(name, field, ...)):
                assert refusal(with_data(name, field, ...)) == ("schema", f"data.{field}")


def test_a_longer_version_of_what_we_publish_fits_and_is_read() -> None:
    node = json.loads((DIRECTORY / "examples" / "payment.decided.json").read_bytes())
    node["data"]["since"] = "later"
    node["extension"] = "later"
    value = json.dumps(node).encode()
    assert _accepts(value)
    assert decode_outcome(value).id == node["id"]


def _asyncapi() -> Any:
    return yaml.safe_load((DIRECTORY / "asyncapi.yaml").read_bytes())


def _official() -> Draft7Validator:
    content = ASYNCAPI.read_bytes()
    assert hashlib.sha256(content).hexdigest() == ASYNCAPI_SHA256
    return Draft7Validator(json.loads(content))


def test_the_asyncapi_document_fits_the_official_schema() -> None:
    problems = [f"{error.json_path}: {error.message}" for error in _official().iter_errors(_asyncapi())]
    assert problems == []


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("asyncapi", "2.6.0"),
        ("operations.receive_payment.action", "listen"),
        ("channels.payment.bindings.kafka.partitions", "four"),
        ("channels.payment.colour", "blue"),
        ("components.messages", {"payment.requested": {"payload": {"type": "thing"}}}),
        ("components.schemas.Money.type", "currency"),
    ],
)
def test_the_official_schema_would_notice(path: str, wrong: object) -> None:
    document = place = _asyncapi()
    *parents, last = path.split(".")
    for step in parents:
        place = place[step]
    place[last] = wrong
    assert not _official().is_valid(document)


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = _asyncapi()
    for reference in _references(document):
        place = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
    assert {channel["address"] for channel in document["channels"].values()} == set(TOPICS)
    sent = {name for channel in document["channels"].values() for name in channel["messages"]}
    assert sent == {*TYPES, *OUTCOMES} == set(document["components"]["messages"])


def _references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key, below in node.items():
            if key == "$ref":
                yield below
            else:
                yield from _references(below)
    elif isinstance(node, list):
        for below in node:
            yield from _references(below)
