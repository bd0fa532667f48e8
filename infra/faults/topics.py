"""What is on the topics, read by a client that belongs to no group."""

from __future__ import annotations

from typing import Any, Final, Self

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

POLL_MS: Final = 500


class TopicReader:
    """Reads whole topics from their beginning. A context manager."""

    def __init__(self, bootstrap: str) -> None:
        self._client: Any = KafkaConsumer(
            bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    @classmethod
    def answers(cls, bootstrap: str) -> bool:
        """Whether the broker tells of its topics."""
        try:
            with cls(bootstrap) as reader:
                reader._client.topics()
        except (KafkaError, OSError):
            return False
        return True

    def read(self, topic: str) -> dict[int, list[Any]]:
        """Everything on a topic by now, by partition, each in its order."""
        places = [TopicPartition(topic, number) for number in self._client.partitions_for_topic(topic) or ()]
        self._client.assign(places)
        self._client.seek_to_beginning(*places)
        ends = self._client.end_offsets(places)
        found: dict[int, list[Any]] = {place.partition: [] for place in places}
        while any(self._client.position(place) < ends[place] for place in places):
            for place, records in self._client.poll(POLL_MS).items():
                found[place.partition] += records
        return found
