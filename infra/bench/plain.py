"""A plain Faust agent that records: the same admission and the same store, one event a transaction.

No more is left out than batches: Faust's own consumer hands over one message at a time and acknowledges it after the
transaction. The database is asked from the event loop itself, which for one event is faster than a thread.
"""

from __future__ import annotations

import sys
from typing import Any

import faust

from events.topics import INPUT_TOPICS, TOPICS
from infra.bench.recording import admission_of
from ledger.store import connect
from ledger.store.inbox import ensure_offsets, record_batch
from ledger.store.records import Admitted
from pipeline.settings import Settings, load_settings


def build(settings: Settings, group: str) -> Any:
    """The app."""
    admission = admission_of(settings)
    conn = connect(settings.ledger, "writer")
    for topic in INPUT_TOPICS:
        ensure_offsets(conn, topic.number, topic.partitions)
    app = faust.App(
        group,
        broker=f"kafka://{settings.bootstrap}",
        key_serializer="raw",
        value_serializer="raw",
        datadir=str(settings.home / "plain"),
        table_standby_replicas=0,
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        stream_wait_empty=False,
        broker_commit_interval=2.0,
        consumer_auto_offset_reset="earliest",
    )

    async def record(stream: Any) -> None:
        async for event in stream.events():
            message = event.message
            topic, start = TOPICS[message.topic], message.offset
            received_us = int(message.timestamp * 1e6)
            headers = list(message.headers.items() if isinstance(message.headers, dict) else message.headers or ())
            outcome = admission.admit(topic, message.partition, start, received_us, message.key, message.value, headers)
            good, bad = ([outcome], []) if isinstance(outcome, Admitted) else ([], [outcome])
            record_batch(conn, topic.number, message.partition, start, start + 1, good, bad)

    app.agent(app.topic(*(topic.name for topic in INPUT_TOPICS)), name="record")(record)
    return app


def main() -> None:
    """Argument: the consumer group."""
    app = build(load_settings(), sys.argv[1])
    faust.Worker(app, loglevel="WARNING").execute_from_commandline()


if __name__ == "__main__":
    main()
