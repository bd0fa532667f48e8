"""The topic catalogue: names, record keys, partitions. Every topic stamps records with the broker's time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

# Keys that nothing decides on only spread the load; four partitions let four workers record.
INPUT_PARTITIONS: Final = 4
# Receipt time judges keys and late clocks, so it must be the broker's, never the publisher's.
TOPIC_CONFIG: Final[dict[str, str]] = {"message.timestamp.type": "LogAppendTime"}

HEADER_SIGNATURE: Final = "sp-signature"
HEADER_KEY_ID: Final = "sp-key-id"
HEADER_CONTENT_TYPE: Final = "content-type"
CONTENT_TYPE: Final = "application/cloudevents+json; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `number` is stable for ever: it is part of each inbox position. `key` says what a record's key is."""

    name: str
    number: int
    key: str
    partitions: int
    direction: Literal["in", "out"]


ENROLMENT: Final = Topic("sp.enrolment.v1", 1, "the first of KEY_FIELDS in data", INPUT_PARTITIONS, "in")
VERIFICATION: Final = Topic("sp.verification.v1", 2, "the first of KEY_FIELDS in data", INPUT_PARTITIONS, "in")
PAYMENT: Final = Topic("sp.payment.v1", 3, "the first of KEY_FIELDS in data", INPUT_PARTITIONS, "in")
CERTIFICATION: Final = Topic("sp.certification.v1", 4, "the first of KEY_FIELDS in data", INPUT_PARTITIONS, "in")
SETTLEMENT: Final = Topic("sp.settlement.v1", 5, "the first of KEY_FIELDS in data", INPUT_PARTITIONS, "in")
FINANCE: Final = Topic("sp.finance.v1", 6, "the first of KEY_FIELDS in data", INPUT_PARTITIONS, "in")
DECISION: Final = Topic("sp.decision.v1", 11, "line_id, or event_id; a submission's batch_id", INPUT_PARTITIONS, "out")
LEDGER: Final = Topic("sp.ledger.v1", 12, "block_no", 1, "out")
QUARANTINE: Final = Topic("sp.quarantine.v1", 13, "topic/partition/offset of the record", INPUT_PARTITIONS, "out")

INPUT_TOPICS: Final = (ENROLMENT, VERIFICATION, PAYMENT, CERTIFICATION, SETTLEMENT, FINANCE)
OUTPUT_TOPICS: Final = (DECISION, LEDGER, QUARANTINE)
TOPICS: Final[dict[str, Topic]] = {topic.name: topic for topic in (*INPUT_TOPICS, *OUTPUT_TOPICS)}
TOPICS_BY_NUMBER: Final[dict[int, Topic]] = {topic.number: topic for topic in TOPICS.values()}

KEY_FIELDS: Final = (
    "sp_id",
    "household_id",
    "request_id",
    "line_id",
    "batch_id",
    "instruction_id",
    "facility_id",
    "benefit",
    "fund",
)


def record_key(data: Mapping[str, object], event_id: str) -> str:
    """The Kafka key: the first of `KEY_FIELDS` that `data` has as text, else the event's id."""
    for name in KEY_FIELDS:
        value = data.get(name)
        if isinstance(value, str) and value:
            return value
    return event_id
