"""The CloudEvents SDK, which knows nothing of us, reads what we publish."""

import datetime as dt
import json
from pathlib import Path

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_structured_event
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from events.outgoing import outgoing, signed_headers
from events.schemas.__main__ import DIRECTORY
from events.schemas.samples import OUTPUTS, example_events, examples
from events.signing import Signer
from events.sources import to_urn


@pytest.mark.parametrize("name", sorted(example_events()))
def test_the_sdk_reads_a_published_record(name: str) -> None:
    event = example_events()[name]
    record = outgoing(event, examples()[name], {})
    signer = Signer("key", Ed25519PrivateKey.generate())
    headers = dict(signed_headers(signer.key_id, signer.sign_one(record.value)))
    read = from_structured_event(KafkaMessage(headers=headers, key=record.key, value=record.value))
    assert (read.get_id(), read.get_source(), read.get_specversion()) == (event.id, to_urn(event.source), "1.0")
    assert read.get_type() == f"kh.sp.{event.type}.v1"
    assert read.get_time() == dt.datetime(2018, 3, 5, 2, 30, tzinfo=dt.UTC)
    assert read.get_data() == json.loads(record.value)["data"]


@pytest.mark.parametrize("name", [name for name, _, _ in OUTPUTS])
def test_the_sdk_reads_what_the_system_answers(name: str) -> None:
    value = Path(DIRECTORY / "examples" / f"{name}.json").read_bytes()
    headers = {"content-type": b"application/cloudevents+json; charset=UTF-8"}
    read = from_structured_event(KafkaMessage(headers=headers, key=None, value=value))
    assert read.get_source() == "urn:sp:operator:spp"
    assert read.get_data() == json.loads(value)["data"]
