"""Recording events straight into the inbox, and deciding them in steps, without Kafka."""

import sys
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import pytest

from events.catalogue import TYPES
from events.envelope import Event, encode
from ledger.model.inbox import inbox_position
from ledger.store import connect
from ledger.store.connection import LedgerConnection
from ledger.store.inbox import ensure_offsets, record_batch
from ledger.store.parked import retry_parked
from ledger.store.records import Admitted
from pipeline.decide import Decider
from pipeline.decide.observing import Observer
from pipeline.decide.steps import Steps
from pipeline.logging import configure_logging
from pipeline.metrics import Metrics
from pipeline.settings import Settings
from processors import entities


class Desk:
    """One ledger with its decider; `publish` records as RECORD does, one batch of one partition at a time."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection: LedgerConnection = connect(url, "writer")
        self.offsets = {topic: count() for topic in range(1, 7)}
        for topic_no in range(1, 7):
            ensure_offsets(self.connection, topic_no, 1)
        self.decider = Decider(Settings(ledger_url=url), Metrics())
        self.steps, self.leader = self._lead()

    def _lead(self) -> tuple[Steps, LedgerConnection]:
        leader = connect(self.url, "writer")
        return Steps(self.decider.policy_in_force, Observer(Metrics()), leader, self.url), leader

    def lead_anew(self) -> None:
        """As after a lost session: another connection, and nothing remembered."""
        with self.leader, self.steps:
            pass
        self.steps, self.leader = self._lead()

    def publish(self, events: Sequence[Event]) -> None:
        for event in events:
            topic_no = TYPES[event.type].topic.number
            offset = next(self.offsets[topic_no])
            admitted = Admitted(
                position=inbox_position(topic_no, 0, offset),
                source=event.source,
                event_id=event.id,
                type_no=TYPES[event.type].number,
                time_us=event.time_us,
                received_us=event.time_us,
                key_id="test",
                signature=b"",
                value=encode(event),
                entities=entities.homes(event),
            )
            record_batch(self.connection, topic_no, 0, offset, offset + 1, [admitted], [])

    def decide(self, at_once: int = 1_000) -> None:
        while self.steps.step(at_once):
            pass

    def close(self) -> None:
        with self.connection, self.leader, self.steps:
            pass

    def retry_parked(self) -> None:
        retry_parked(self.connection)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.connection.transaction():
            return self.connection.execute(query).fetchall()


@pytest.fixture(scope="session", autouse=True)
def json_logs() -> None:
    """As in a worker: without this a traceback is drawn with all its local variables, which takes minutes."""
    configure_logging(sys.__stderr__)


@pytest.fixture
def desk(ledger_url: str) -> Iterator[Desk]:
    made = Desk(ledger_url)
    yield made
    made.close()
