"""What RECORD hands to the store, and what it gets back: values shared by the inbox and the quarantine."""

from __future__ import annotations

from dataclasses import dataclass

from events.reasons import Reason


@dataclass(slots=True)
class Admitted:
    """A record that passed admission. `entities` is what it marks.

    `key` and `headers` (msgpack) go into quarantine should another event have taken its identity.
    """

    position: int
    source: str
    event_id: str
    type_no: int
    time_us: int
    received_us: int
    key_id: str
    signature: bytes
    value: bytes
    entities: tuple[bytes, ...]
    key: bytes | None = None
    headers: bytes = b""


@dataclass(slots=True)
class Refused:
    """A record that did not. `source` is set only when the signature proved it, so that poison can be counted.

    `field` is the field at fault or ""; `headers` is msgpack of the record's headers; `value` None is a tombstone.
    """

    topic_no: int
    partition: int
    offset: int
    received_us: int
    source: str | None
    event_id: str | None
    reason: Reason
    field: str
    detail: str
    key: bytes | None
    value: bytes | None
    headers: bytes


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a batch: accepted + replayed + quarantined is what was handed over; conflicts were quarantined."""

    accepted: int
    replayed: int
    quarantined: int
    conflicts: int


class Fenced(Exception):  # noqa: N818 - the name of what happened
    """Another worker recorded this range of the partition: this one is no longer its owner and must stop."""

    def __init__(self, topic_no: int, partition: int, start: int) -> None:
        super().__init__(
            f"topic {topic_no}, partition {partition}: the store does not stand at offset {start}; another worker owns "
            "the partition or the stored offsets were not loaded on assignment. Nothing was recorded; stop and reload."
        )


class TopicReplaced(Exception):  # noqa: N818 - the name of what happened
    """A topic was deleted and made again: its offsets name other records than the stored ones."""
