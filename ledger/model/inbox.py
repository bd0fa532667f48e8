"""The inbox position: where in the input topics an event was recorded, as one 63-bit number."""

from __future__ import annotations

TOPIC_LIMIT = 1 << 7
PARTITION_LIMIT = 1 << 16
OFFSET_LIMIT = 1 << 40

_TOPIC_SHIFT = 56
_PARTITION_SHIFT = 40


def inbox_position(topic_no: int, partition: int, offset: int) -> int:
    """The position of a record: `topic_no << 56 | partition << 40 | offset`.

    Positions of one partition rise with its offsets; between partitions the order means nothing.
    Raises ValueError when a part is negative or beyond its bits (7, 16 and 40).
    """
    if not (0 <= topic_no < TOPIC_LIMIT and 0 <= partition < PARTITION_LIMIT and 0 <= offset < OFFSET_LIMIT):
        raise ValueError(
            f"no inbox position for topic {topic_no}, partition {partition}, offset {offset}: "
            f"a topic is below {TOPIC_LIMIT}, a partition below {PARTITION_LIMIT}, an offset below {OFFSET_LIMIT}"
        )
    return topic_no << _TOPIC_SHIFT | partition << _PARTITION_SHIFT | offset


def split_position(position: int) -> tuple[int, int, int]:
    """The (topic_no, partition, offset) that `inbox_position` joined."""
    return (
        position >> _TOPIC_SHIFT,
        position >> _PARTITION_SHIFT & (PARTITION_LIMIT - 1),
        position & (OFFSET_LIMIT - 1),
    )
