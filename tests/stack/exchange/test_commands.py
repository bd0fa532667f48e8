"""The exchange's commands on real Kafka and PostgreSQL: from certified lines to settlement events the ledger admits."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from typer.testing import CliRunner

from events.certification import LineCertified
from events.envelope import Event, decode_data, decode_head
from events.identity import instruction_id_hex, line_id_hex
from events.keys import KeyRegistry
from events.local_keys import local_signer
from events.money import Money
from events.outcomes import PaymentDecided, encode_outcome
from events.payment import For, Payee, PayeeChanged, PaymentRequested
from events.publisher import Publisher
from events.settlement import PaymentReturned, PaymentSettled
from events.signing import Verifier
from events.sources import to_urn
from events.states import LineState
from events.topics import HEADER_KEY_ID, HEADER_SIGNATURE, SETTLEMENT
from pipeline.cli.exchange import app
from pipeline.exchange.database import connect
from pipeline.settings import get_settings

TIME_US = 1_767_600_000_000_000
MONEY = Money(amount="120000", currency="KHR")
RUNNER = CliRunner()


def line(number: int) -> str:
    return line_id_hex(to_urn("nsaf"), f"r{number}")


def payee(account: str) -> Payee:
    return Payee("wallet", "wing", account, "household_head")


@dataclass
class Ministry:
    """What the others publish."""

    kafka: str
    keys: Path

    def requests(self, numbers: range) -> None:
        """Signed requests, the certifier's word on each, and the ledger's decision that they are instructed."""
        asked, ruled, decided = [], [], []
        for number in numbers:
            data = PaymentRequested(
                f"r{number}", "B1", "family.base", For(month="2026-01"), payee(f"secret-{number}"), household_id="H1"
            )
            asked.append(Event("nsaf", f"e{number}", "payment.requested", TIME_US, data))
            certified = LineCertified(line(number), "B1", MONEY, "C1")
            ruled.append(Event("npca", f"c{number}", "line.certified", TIME_US, certified))
            decided.append(decision(number, 4, LineState.INSTRUCTED))
        self.publish("nsaf", asked)
        self.publish("npca", ruled)
        self.decide(decided)

    def publish(self, source: str, events: list[Event]) -> None:
        """Sign and send."""
        with Publisher(self.kafka, source, local_signer(self.keys, source)) as publisher:
            publisher.publish(events)

    def decide(self, values: list[bytes]) -> None:
        """Send decisions, and one record that is none."""
        producer = KafkaProducer(bootstrap_servers=self.kafka)
        for value in (*values, b"no event"):
            producer.send("sp.decision.v1", value=value)
        producer.flush()
        producer.close()


def decision(number: int, version: int, state: LineState) -> bytes:
    data = PaymentDecided(
        event_id=f"e{number}", source=to_urn("nsaf"), request_id=f"r{number}", batch_id="B1", version=version,
        state=state, reasons=(), policy_digest="0" * 64, inputs_digest="0" * 64, evidence=(), line_id=line(number),
        amount=MONEY,
    )  # fmt: skip
    return encode_outcome(f"{line(number)}.{version}", TIME_US, data)


@pytest.fixture
def ministry(
    environment: dict[str, str], empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ministry]:
    environment["SPP_EXCHANGE_URL"] = empty_database_url
    environment["SPP_EXCHANGE"] = str(tmp_path / "exchange")
    for name, value in environment.items():
        if name.startswith("SPP_"):
            monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    yield Ministry(environment["SPP_KAFKA_BOOTSTRAP"], Path(environment["SPP_KEYS"]))
    get_settings.cache_clear()


def spp(*words: str, code: int = 0) -> str:
    """One command; its output."""
    result = RUNNER.invoke(app, list(words), catch_exceptions=True)
    assert result.exit_code == code, (words, result.output, result.exception)
    return result.stdout


def follow(environment: dict[str, str]) -> str:
    """`spp exchange follow --once` as a process of its own; its log."""
    words = [sys.executable, "-m", "pipeline.cli.main", "exchange", "follow", "--once"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=240, check=True)
    return done.stdout + done.stderr


def pay_run(run: int) -> None:
    for officer in ("sok", "dara"):
        spp("release", str(run), "--key", f"officer-{officer}")
    spp("write", str(run))


def settlements(kafka: str, keys: Path) -> list[Event]:
    """What was published on the settlement topic, each with a signature the ledger takes."""
    verifier = Verifier(KeyRegistry.read(keys))
    consumer = KafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    places = [TopicPartition(SETTLEMENT.name, part) for part in consumer.partitions_for_topic(SETTLEMENT.name) or ()]
    consumer.assign(places)
    consumer.seek_to_beginning()
    ends = consumer.end_offsets(places)
    found = []
    while any(consumer.position(place) < ends[place] for place in places):
        for records in consumer.poll(timeout_ms=200).values():
            for record in records:
                head = decode_head(record.value)
                headers = dict(record.headers)
                signature, key_id = headers[HEADER_SIGNATURE], headers[HEADER_KEY_ID].decode()
                verifier.verify(head.source, head.type, head.value, signature, key_id, record.timestamp * 1000)
                found.append(decode_data(head))
    consumer.close()
    return found


def test_from_certified_lines_to_settlement_events(
    ministry: Ministry, environment: dict[str, str], empty_database_url: str
) -> None:
    ministry.requests(range(1, 4))
    log = follow(environment)
    for officer in ("sok", "dara"):
        spp("officer", officer)
    (run,) = json.loads(spp("runs", "--propose", "--json"))["runs"]
    assert (run["bank"], run["lines"], run["total"]) == ("bank.wing", 3, "360000 KHR")
    pay_run(1)
    spp("simulate", "--bank", "bank.wing", "--fates", "returned=100", "--days", "2")
    spp("read", "--bank", "bank.wing")
    assert [row["state"] for row in json.loads(spp("status", "--json"))["states"]] == ["returned"]
    assert json.loads(spp("runs", "--propose", "--json"))["held"] == {"payee_not_changed": 3}
    # The ledger has the returns; the operator names another account for one payee.
    log += follow(environment)
    ministry.decide([decision(number, 5, LineState.RETURNED) for number in range(1, 4)])
    change = PayeeChanged("r2", payee("secret-other"), "account_closed")
    ministry.publish("nsaf", [Event("nsaf", "p2", "payee.changed", TIME_US + 1, change)])
    log += follow(environment)
    told = json.loads(spp("runs", "--propose", "--json"))
    assert told["held"] == {"payee_not_changed": 2}
    pay_run(2)
    spp("simulate", "--bank", "bank.wing", "--fates", "paid=100")
    spp("read", "--bank", "bank.wing")
    log += follow(environment)
    events = settlements(ministry.kafka, ministry.keys)
    settled = sorted(event.data.instruction_id for event in events if isinstance(event.data, PaymentSettled))
    returned = sorted(event.data.instruction_id for event in events if isinstance(event.data, PaymentReturned))
    assert returned == sorted(instruction_id_hex(line(number), 1) for number in range(1, 4))
    assert settled == sorted([*returned, instruction_id_hex(line(2), 2)])
    assert {event.source for event in events} == {"bank.wing"}
    with connect(empty_database_url) as exchange:
        assert exchange.execute("select count(*) from outbox").fetchone() == (0,)
    assert "secret" not in log
    assert "secret" not in "".join(spp(name) for name in ("runs", "status"))


def test_a_request_that_nobody_signed_and_a_line_that_nobody_certified_pay_nobody(
    ministry: Ministry, environment: dict[str, str]
) -> None:
    ministry.decide([decision(number, 4, LineState.INSTRUCTED) for number in (1, 2)])
    certified = LineCertified(line(1), "B1", MONEY, "C1")
    ministry.publish("npca", [Event("npca", "c1", "line.certified", TIME_US, certified)])
    forged = LineCertified(line(2), "B1", MONEY, "C1")
    ministry.publish("nsaf", [Event("nsaf", "c2", "line.certified", TIME_US, forged)])
    follow(environment)
    told = json.loads(spp("runs", "--propose", "--json"))
    assert (told["runs"], told["held"]) == ([], {"not_certified": 1, "payee_unknown": 1})


def test_what_a_command_says_of_what_cannot_be_done(ministry: Ministry, tmp_path: Path) -> None:
    bad = tmp_path / "bad.xml"
    bad.write_text("<Document")
    assert "unreadable" in spp("read", "--bank", "bank.wing", str(bad), code=3)
    for words in (("release", "7", "--key", "x"), ("write", "7"), ("read", "--bank", "../etc"), ("withdraw", "7")):
        spp(*words, code=1)
    assert "No bank is silent" in spp("ask")
    assert ministry.keys.is_dir()
