"""The agency's process: follows the topics, compares with its witness, reviews what is whole. One at a time.

Faust is not used: one consumer, all partitions assigned, offsets kept beside the rows; the group's offsets at the
brokers are a copy that shows how far it is.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient

from events.keys import KeyRegistry
from events.signing import Verifier
from ledger.proof.witness_store import WitnessStore
from pipeline.admission import Admission
from pipeline.errors import PipelineError, classify, retry_transient
from pipeline.fetched import read_all_records
from pipeline.logging import get_logger
from pipeline.metrics.catalogue import FOUND
from pipeline.npca.desk import read_open
from pipeline.npca.follower import FOLLOWED, Follower
from pipeline.npca.log import RefusedHistoryError, record_refusal
from pipeline.npca.policies import held_policies
from pipeline.npca.reviewing import Desk
from pipeline.npca.sending import send
from pipeline.npca.tables import connect, ensure_tables
from pipeline.policy_files import load
from pipeline.witness import STORE_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from threading import Event

    from pipeline.metrics import Metrics
    from pipeline.npca.tables import NpcaConnection
    from pipeline.settings import Settings
    from pipeline.transport import Record

GROUP: Final = "npca"
ROLE: Final = "npca"
_SAMPLE_SECONDS: Final = 15.0
_LOCK: Final = 7_304_202
_AT_ONCE: Final = 2_000
_WAIT_MS: Final = 500
_REVIEW_AFTER: Final = 50
"""Batches after which lines are reviewed although more is coming."""

_log = get_logger("npca")


class GoneError(PipelineError):
    """Records that were not followed yet are gone from a topic."""


class Service:
    """Follows until told to stop. Faults that pass by themselves are repeated; any other ends it with its cause."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings, self._metrics = settings, metrics
        self._policy = load(settings.policy)
        registry = KeyRegistry.read(settings.npca_keys_directory)
        self._admission = Admission(Verifier(registry), self._policy.commons.codes)

    def run(self, stop: Event) -> None:
        """Run until `stop`. PipelineError for a refused history, a second process, or records that are gone."""
        read_all_records()
        retry_transient(lambda: asyncio.run(self._serve(stop)), stop, self._report)

    def _report(self, error: BaseException, attempt: int) -> None:
        self._metrics.retries.labels(role=ROLE, fault=classify(error).value).inc()
        _log.warning("npca_retry", attempt=attempt, fault=classify(error).value, exc_info=error)

    async def _serve(self, stop: Event) -> None:
        with connect(self._settings.npca) as connection:
            _alone(connection)
            ensure_tables(connection)
            follower = Follower(connection, self._admission)
            desk = Desk(connection, held_policies(connection, self._policy))
            consumer: Any = AIOKafkaConsumer(
                bootstrap_servers=self._settings.bootstrap, group_id=GROUP, client_id="spp-npca",
                enable_auto_commit=False, auto_offset_reset="none", max_partition_fetch_bytes=4 * 1024 * 1024,
            )  # fmt: skip
            await consumer.start()
            try:
                await _assign(self._settings.bootstrap, consumer, follower)
                _log.info("following", next_offset=sum(follower.places.values()))
                behind, sampled = _REVIEW_AFTER, -_SAMPLE_SECONDS
                while not stop.is_set():
                    found = await consumer.getmany(timeout_ms=_WAIT_MS, max_records=_AT_ONCE)
                    places = await asyncio.to_thread(self._take, connection, follower, found)
                    if places:
                        await consumer.commit(places)
                        behind += 1
                    if behind and (not places or behind > _REVIEW_AFTER):
                        await asyncio.to_thread(desk.review)
                        behind = 0
                    if monotonic() - sampled > _SAMPLE_SECONDS:
                        await asyncio.to_thread(self._sample, connection, follower)
                        sampled = monotonic()
                    await asyncio.to_thread(send, connection, self._settings)
            finally:
                await consumer.stop()

    def _take(
        self, connection: NpcaConnection, follower: Follower, found: Mapping[TopicPartition, Sequence[Record]]
    ) -> dict[TopicPartition, int]:
        """Take what was fetched in; facts before the batches that rest on them."""
        order = [topic.name for topic in reversed(FOLLOWED)]
        places = {
            place: follower.take(place.topic, place.partition, found[place])
            for place in sorted(found, key=lambda place: (order.index(place.topic), place.partition))
            if found[place]
        }
        self._compare(connection, follower)
        return places

    def _sample(self, connection: NpcaConnection, follower: Follower) -> None:
        told = read_open(connection)
        self._metrics.npca_followed.set(follower.log.size)
        self._metrics.npca_witnessed.set(told.witnessed)
        self._metrics.npca_refusals.set(told.refused)
        self._metrics.npca_not_certified_here.set(told.not_certified_here)
        for found in FOUND:
            self._metrics.npca_lines.labels(found=found).set(told.lines.get(found, 0))

    def _compare(self, connection: NpcaConnection, follower: Follower) -> None:
        """What this agency's witness countersigned, under the name the log gives itself, must be what was followed."""
        file = self._settings.witness_directory / STORE_FILE
        if not file.is_file():
            return
        store = WitnessStore(file)
        with connection.transaction():
            names = connection.execute("select origin from log_name").fetchall()
        for (origin,) in names:
            last = store.last(origin)
            if last is None:
                continue
            try:
                with connection.transaction(), connection.cursor() as cursor:
                    follower.log.witness(cursor, *last)
            except RefusedHistoryError as refused:
                record_refusal(connection, refused)
                raise


def _alone(connection: NpcaConnection) -> None:
    row = connection.execute("select pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()
    connection.commit()
    if row is None or not row[0]:
        raise PipelineError("another `spp npca serve` works with this database; stop it first")


def _partitions(bootstrap: str) -> list[TopicPartition]:
    """The partitions of every topic followed. GoneError when a topic is missing."""
    admin: Any = KafkaAdminClient(bootstrap_servers=bootstrap.split(","))
    try:
        known = set(admin.list_topics())
        if missing := [topic.name for topic in FOLLOWED if topic.name not in known]:
            raise GoneError(f"the brokers have no topic {', '.join(missing)}; `spp up` makes them")
        described = admin.describe_topics([topic.name for topic in FOLLOWED])
    finally:
        admin.close()
    return sorted(
        TopicPartition(topic["name"], part["partition_index"]) for topic in described for part in topic["partitions"]
    )


async def _assign(bootstrap: str, consumer: Any, follower: Follower) -> None:
    """Every partition, from the place kept in the database. GoneError when what follows that is gone."""
    partitions = await asyncio.to_thread(_partitions, bootstrap)
    follower.begin((place.topic, place.partition) for place in partitions)
    consumer.assign(partitions)
    first = await consumer.beginning_offsets(partitions)
    ends = await consumer.end_offsets(partitions)
    for place in partitions:
        kept = follower.places[place.topic, place.partition]
        if not first[place] <= kept <= ends[place]:
            raise GoneError(
                f"{place.topic}/{place.partition} goes from {first[place]} to {ends[place]}, {kept} is next here:"
                " records are gone, or the topic was made anew. Restore it, or begin with an empty database"
            )
        consumer.seek(place, kept)
