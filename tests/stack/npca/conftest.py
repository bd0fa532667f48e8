"""A ledger with its decider, what it publishes as records, and an agency that follows them; no Kafka."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from events.catalogue import TYPES
from events.envelope import Event, encode
from events.keys import KeyRegistry
from events.local_keys import local_signer
from events.outgoing import signed_headers
from events.signing import Verifier
from ledger.model.kinds import OutboxKind
from ledger.store.outbox import delete, peek, read_block, read_submission
from pipeline.admission import Admission
from pipeline.logging import configure_logging
from pipeline.messages import Message, block_messages, submission_messages
from pipeline.npca.follower import FOLLOWED, Follower
from pipeline.npca.tables import NpcaConnection, connect, ensure_tables
from pipeline.policy_files import load
from tests.births import declared, mother
from tests.stack.decide.conftest import Desk

SOURCES = ("nssf", "hef", "pmrs", "registry", "bank.wing", "bank.aba")


@dataclass
class Told:
    """A record as the broker's client gives it."""

    offset: int
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()
    timestamp: int = 1_520_000_000_000
    timestamp_type: int = 1
    key: bytes | None = None


class Broker:
    """One partition a topic; keeps every record, so that a follower can be started anew."""

    def __init__(self, keys: Path) -> None:
        self.topics: dict[str, list[Told]] = {topic.name: [] for topic in FOLLOWED}
        self._signers = {source: local_signer(keys, source) for source in SOURCES}

    def publish(self, events: Sequence[Event]) -> None:
        for event in events:
            value, signer = encode(event), self._signers[event.source]
            headers = signed_headers(signer.key_id, signer.sign_one(value))
            self._append(TYPES[event.type].topic.name, value, headers, event.time_us // 1000)

    def relay(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self._append(message.topic.name, message.value, (), 1_600_000_000_000)

    def _append(self, topic: str, value: bytes, headers: Sequence[tuple[str, bytes | None]], timestamp: int) -> None:
        records = self.topics[topic]
        records.append(Told(len(records), value, headers, timestamp))


class Country:
    """Operators, the ledger and its decider; what they publish stands on `broker`."""

    def __init__(self, url: str, keys: Path) -> None:
        self.desk, self.broker = Desk(url), Broker(keys)

    def publish(self, events: Sequence[Event]) -> None:
        self.desk.publish(events)
        self.broker.publish(events)

    def decide(self) -> None:
        self.desk.decide()
        connection = self.desk.connection
        while items := peek(connection, 1_000):
            for item in items:
                if item.kind is OutboxKind.BLOCK:
                    self.broker.relay(list(block_messages(read_block(connection, item.ref))))
                elif item.kind is OutboxKind.SUBMISSION:
                    submission = read_submission(connection, item.ref)
                    recorded_us = read_block(connection, submission.block_no).header.recorded_us
                    self.broker.relay(list(submission_messages(submission, recorded_us)))
            delete(connection, [item.outbox_id for item in items])

    def births(self, count: int, batch: str = "NB") -> None:
        """Mothers whose birth cash was submitted in one batch."""
        self.publish([fact for number in range(1, count + 1) for fact in mother(number)])
        self.publish([declared("nssf", batch, count, count * 400_000)])
        self.decide()


@pytest.fixture(scope="session", autouse=True)
def json_logs() -> None:
    configure_logging(sys.__stderr__)


@pytest.fixture
def country(ledger_url: str, keys: Path) -> Iterator[Country]:
    made = Country(ledger_url, keys)
    yield made
    made.desk.close()


@pytest.fixture
def database(empty_database_url: str) -> Iterator[NpcaConnection]:
    """The agency's own database."""
    with connect(empty_database_url) as connection:
        ensure_tables(connection)
        yield connection


@pytest.fixture
def admission(keys: Path) -> Admission:
    return Admission(Verifier(KeyRegistry.read(keys)), load().commons.codes)


def follow(broker: Broker, connection: NpcaConnection, admission: Admission, at_once: int = 1_000) -> Follower:
    """Follow everything published so far, as a process that was started anew."""
    follower = Follower(connection, admission)
    follower.begin((topic.name, 0) for topic in FOLLOWED)
    for topic in reversed(FOLLOWED):
        while True:
            before = follower.places[topic.name, 0]
            records = [record for record in broker.topics[topic.name] if record.offset >= before][:at_once]
            if not records:
                break
            at_once = at_once if follower.take(topic.name, 0, records) > before else at_once * 2
    return follower
