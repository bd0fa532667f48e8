"""The Faust app that records: one agent, one batch at a time, acknowledged only after COMMIT."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import faust
import mode
from faust.types import TP

from events.topics import INPUT_TOPICS, Topic
from pipeline.transport import Batch, LedgerTransport, Offsets

GROUP = "spp-record"


class Recorder(Protocol):
    """Records a batch durably."""

    def record(self, batch: Batch) -> int:
        """Commit the batch; returns the next offset of its partition."""
        ...


class BatchSchema(faust.Schema):  # type: ignore[misc]  # Faust publishes no usable types
    """Hands the batch to the agent as it is: decoding inside Faust acknowledges what it cannot read."""

    def compile(self, app: Any, **_callbacks: Any) -> Any:
        """Faust's decoder of this topic."""

        async def decode(message: Any, *, propagate: bool = False) -> Any:  # noqa: ARG001 - Faust's signature
            return app.create_event(None, message.value, None, message)

        return decode


class RecordingApp(faust.App):  # type: ignore[misc]  # Faust publishes no usable types
    """A Faust app without tables, so without directories: a container may have nowhere to write."""

    def _create_directories(self) -> None:
        """Faust would make `<app>-data` where the process was started."""


def build_app(
    bootstrap: str,
    recorder: Recorder,
    offsets: Offsets,
    on_fatal: Callable[[BaseException], None],
    on_progress: Callable[[], None],
    topics: tuple[Topic, ...] = tuple(INPUT_TOPICS),
    group: str = GROUP,
) -> Any:
    """The app of one recording process. `on_fatal` hears of the fault that ends it, before Faust winds down.

    `on_progress` is called at each assignment, and while there is nothing to record.
    """
    app = RecordingApp(
        group,
        broker=";".join(f"kafka://{address}" for address in bootstrap.split(",")),
        value_serializer="raw",
        key_serializer="raw",
        table_standby_replicas=0,
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        stream_wait_empty=False,  # nothing is acknowledged before COMMIT, so nothing has to be waited for
        stream_buffer_maxsize=40,  # batches; fewer than that let the fetcher sleep while there is work
        broker_commit_interval=2.0,
        broker_session_timeout=10.0,  # a killed worker's partitions go to the others after this
        broker_heartbeat_interval=3.0,
        broker_rebalance_timeout=60.0,
        broker_request_timeout=90.0,
        broker_max_poll_interval=1000.0,
        consumer_max_fetch_size=4 * 1024 * 1024,  # several full batches a partition
        consumer_auto_offset_reset="earliest",
        agent_supervisor=mode.CrashingSupervisor,
        worker_redirect_stdouts=False,
        producer_acks=-1,
    )
    app.transport = LedgerTransport(
        app.conf.broker_consumer, app, offsets=offsets, on_fatal=on_fatal, on_progress=on_progress
    )
    source = app.topic(*(topic.name for topic in topics), schema=BatchSchema())

    thread = ThreadPoolExecutor(1, "record")  # one thread for all batches: the verifier and the connection need it

    async def record(stream: Any) -> None:
        async for batch in stream.noack():
            event = faust.current_event()
            try:
                done = await asyncio.get_running_loop().run_in_executor(thread, recorder.record, batch)
            except Exception as error:
                on_fatal(error)
                raise
            app.consumer.recorded[TP(batch.topic, batch.partition)] = done
            event.ack()

    app.agent(source, name="record", supervisor_strategy=mode.CrashingSupervisor)(record)
    return app
