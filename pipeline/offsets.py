"""The stored offsets of the input topics, and proof that the topics are still those they were stored for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Event
from typing import TYPE_CHECKING, Any
from uuid import UUID

from kafka.admin import KafkaAdminClient

from events.topics import TOPICS
from ledger.store.inbox import ensure_offsets, load_offsets
from ledger.store.records import TopicReplaced
from pipeline.errors import TopicChangedError, retry_transient
from pipeline.transport import Place

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection

_NO_ID = UUID(int=0)
_DESCRIBE_TIMEOUT_MS = 30_000


class StoredOffsets:
    """Loads offsets on a connection of its own, opened for each assignment."""

    def __init__(
        self,
        connect: Callable[[], LedgerConnection],
        bootstrap: str,
        stop: Event,
        before_retry: Callable[[BaseException, int], None],
        loaded: Callable[[], None] = lambda: None,
    ) -> None:
        self._connect = connect
        self._bootstrap = bootstrap
        self._stop = stop
        self._before_retry = before_retry
        self._loaded = loaded

    def load(self, places: Sequence[Place]) -> dict[Place, int]:
        """The next offset of each place, 0 where nothing was recorded yet.

        Raises TopicChangedError when a topic was deleted and made again since.
        """
        stored = retry_transient(lambda: self._load(places), self._stop, self._before_retry)
        self._loaded()
        return stored

    def _load(self, places: Sequence[Place]) -> dict[Place, int]:
        names = sorted({topic for topic, _ in places})
        ids = topic_ids(self._bootstrap, names)
        with self._connect() as connection:
            for name in names:
                partitions = 1 + max(partition for topic, partition in places if topic == name)
                try:
                    ensure_offsets(connection, TOPICS[name].number, partitions, ids.get(name))
                except TopicReplaced as error:
                    raise TopicChangedError(f"{name}: {error}") from error
            stored = load_offsets(connection, [TOPICS[name].number for name in names])
        return {(topic, partition): stored[TOPICS[topic].number, partition] for topic, partition in places}


def topic_ids(bootstrap: str, names: Sequence[str]) -> Mapping[str, str]:
    """The brokers' id of each topic; a topic made anew under its old name has another one."""
    if not names:
        return {}
    admin: Any = KafkaAdminClient(bootstrap_servers=bootstrap.split(","), bootstrap_timeout_ms=_DESCRIBE_TIMEOUT_MS)
    try:
        described = admin.describe_topics(list(names))
    finally:
        admin.close()
    found: dict[str, str] = {}
    for topic in described:
        identity = topic.get("topic_id")
        if identity and str(identity) != str(_NO_ID):
            found[topic["name"]] = str(identity)
    return found
