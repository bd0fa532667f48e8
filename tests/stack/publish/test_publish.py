"""Publishing on a real broker: what arrives is what was signed, and every record is confirmed or reported."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from kafka import KafkaConsumer, TopicPartition

from events.envelope import Event, decode_data, decode_head
from events.keys import KeyRegistry
from events.local_keys import local_signer
from events.outgoing import Outgoing
from events.publisher import Publisher, PublishError
from events.schemas.samples import example_events, examples
from events.signing import Verifier
from events.topics import CONTENT_TYPE, INPUT_TOPICS

Record = tuple[str, bytes | None, bytes, dict[str, bytes], int]


def received(bootstrap: str) -> list[Record]:
    """Everything on the input topics: topic, key, value, headers, the broker's time in milliseconds."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False)
    places = [TopicPartition(topic.name, number) for topic in INPUT_TOPICS for number in range(topic.partitions)]
    consumer.assign(places)
    expected = sum(consumer.end_offsets(places).values())
    found: list[Record] = []
    while len(found) < expected:
        for place, records in consumer.poll(timeout_ms=1000).items():
            found += [(place.topic, r.key, r.value, dict(r.headers), r.timestamp) for r in records]
    consumer.close()
    return found


def many(count: int) -> list[Event]:
    sample = example_events()["payment.requested"]
    return [Event("nssf", f"e-{at}", sample.type, sample.time_us + at, sample.data) for at in range(count)]


def spp(environment: dict[str, str], *arguments: str, text: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "pipeline.cli.main", "publish", *arguments]
    return subprocess.run(command, env=environment, input=text, capture_output=True, check=False)


def test_every_record_arrives_once_signed_in_batches_and_stamped_by_the_broker(kafka: str, keys: Path) -> None:
    events, confirmed = many(1_203), list[int]()
    with Publisher(kafka, "nssf", local_signer(keys, "nssf"), confirmed.append) as publisher:
        assert publisher.publish(events) == 1_203
        assert publisher.publish([]) == 0
    assert confirmed == sorted(confirmed)
    assert confirmed[-1] == publisher.by_topic["sp.payment.v1"] == 1_203
    verifier, records = Verifier(KeyRegistry.read(keys)), received(kafka)
    for topic, key, value, headers, time_ms in records:
        assert (topic, key) == ("sp.payment.v1", b"0100000017")
        assert headers["content-type"].decode() == CONTENT_TYPE
        key_id = headers["sp-key-id"].decode()
        verifier.verify("nssf", "payment.requested", value, headers["sp-signature"], key_id, time_ms * 1000)
        assert headers["sp-signature"][0] == 2
    read = {decode_data(decode_head(value)).id: value for _, _, value, _, _ in records}
    assert len(records) == len(read) == 1_203


def test_each_type_goes_to_its_topic(kafka: str, keys: Path) -> None:
    mine = [event for event in example_events().values() if event.source == "pmrs"]
    with Publisher(kafka, "pmrs", local_signer(keys, "pmrs")) as publisher:
        publisher.publish(mine, retracted={"condition.verified-0001": "sp.verification.v1"})
    found = {decode_head(value).type: topic for topic, _, value, _, _ in received(kafka)}
    assert found == {
        "facility.registered": "sp.enrolment.v1",
        "event.retracted": "sp.verification.v1",
        "condition.verified": "sp.verification.v1",
        "encounter.recorded": "sp.verification.v1",
    }


def test_a_publisher_speaks_for_one_source(kafka: str, keys: Path) -> None:
    with (
        Publisher(kafka, "nsaf", local_signer(keys, "nsaf")) as publisher,
        pytest.raises(PublishError, match="is of nssf"),
    ):
        publisher.publish(many(1))


def test_a_record_the_broker_refuses_is_reported(kafka: str, keys: Path) -> None:
    with Publisher(kafka, "nssf", local_signer(keys, "nssf")) as publisher:
        with pytest.raises(PublishError, match="confirmed 0 records, then failed"):
            publisher.send([Outgoing("sp.payment.v1", None, b"x" * 2_000_000)])
        assert publisher.confirmed == 0


def test_the_same_file_twice_has_the_same_bytes(environment: dict[str, str], tmp_path: Path) -> None:
    data = json.loads(examples()["payment.requested"])["data"]
    lines = [
        {"type": "payment.requested", "id": f"e-{at}", "time": "2018-03-05T09:30:00Z", "data": data} for at in (1, 2)
    ]
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines))
    first = spp(environment, "--as", "nssf", str(file), "--json")
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["topics"] == {"sp.payment.v1": 2}
    again = spp(environment, "--as", "nssf", "-", text=b"\n".join(reversed(file.read_bytes().split(b"\n"))))
    assert again.stdout == b"Published 2 records: 2 on sp.payment.v1.\n"
    values = [value for _, _, value, _, _ in received(environment["SPP_KAFKA_BOOTSTRAP"])]
    assert (len(values), len(set(values))) == (4, 2)


def test_skipping_bad_lines_is_partly_done(environment: dict[str, str]) -> None:
    data = json.loads(examples()["batch.declared"])["data"]
    good = json.dumps({"type": "batch.declared", "id": "b", "time": "2018-03-05T09:30:00Z", "data": data}).encode()
    refused = spp(environment, "--as", "nssf", "-", text=good + b"\nnonsense")
    assert refused.returncode == 1
    assert b"line 2" in refused.stderr
    assert received(environment["SPP_KAFKA_BOOTSTRAP"]) == []
    partly = spp(environment, "--as", "nssf", "--skip-bad", "-", text=good + b"\nnonsense")
    assert (partly.returncode, len(received(environment["SPP_KAFKA_BOOTSTRAP"]))) == (3, 1)


def test_raw_lines_arrive_as_they_are(environment: dict[str, str]) -> None:
    assert spp(environment, "--as", "nssf", "--raw", "-", text=b'nonsense \xff\n{"a":1}').returncode == 0
    signed = received(environment["SPP_KAFKA_BOOTSTRAP"])
    assert {value for _, _, value, _, _ in signed} == {b"nonsense \xff", b'{"a":1}'}
    assert all(set(headers) == {"content-type", "sp-key-id", "sp-signature"} for *_, headers, _ in signed)
    arguments = ("--as", "nssf", "--raw", "--unsigned", "--topic", "enrolment", "-")
    assert spp(environment, *arguments, text=b"unsigned").returncode == 0
    unsigned = [record for record in received(environment["SPP_KAFKA_BOOTSTRAP"]) if record[2] == b"unsigned"]
    assert [(topic, headers) for topic, _, _, headers, _ in unsigned] == [("sp.enrolment.v1", {})]
