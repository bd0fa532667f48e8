"""The AsyncAPI 3 document: every topic as a channel, every type as a message, seen from the system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from events.catalogue import TYPES
from events.outcomes import OUTCOMES, OutcomeType
from events.schemas.jsonschema import components, envelope
from events.topics import CONTENT_TYPE, HEADER_KEY_ID, HEADER_SIGNATURE, KEY_FIELDS, TOPIC_CONFIG, TOPICS

if TYPE_CHECKING:
    from events.catalogue import EventType
    from events.topics import Topic

Node = dict[str, Any]

_BINDING: Final = "0.5.0"
_DESCRIPTION: Final = (
    "Operators of Cambodia's social-protection system publish enrolment, verification, payment, certification and "
    "settlement events; the system answers with decisions, submitted batches, ledger blocks and quarantined records. "
    "Each record's value is one CloudEvents 1.0 event in structured JSON mode; its bytes are what is signed."
)


def document() -> Node:
    """The whole document, in the order a reader wants it."""
    kinds: list[EventType | OutcomeType] = [*TYPES.values(), *OUTCOMES.values()]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Social-protection payments: event contract",
            "version": "1.0.0",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {_short(topic): _channel(topic, kinds) for topic in TOPICS.values()},
        "operations": {_operation_name(topic): _operation(topic) for topic in TOPICS.values()},
        "components": {
            "messages": {kind.name: _message(kind) for kind in kinds},
            "schemas": components("#/components/schemas/{name}") | {"SignedHeaders": _headers()},
        },
    }


def _short(topic: Topic) -> str:
    return topic.name.split(".")[1]


def _topics_of(kind: EventType | OutcomeType) -> tuple[str, ...]:
    return (kind.topic,) if isinstance(kind, OutcomeType) else kind.topics


def _channel(topic: Topic, kinds: list[EventType | OutcomeType]) -> Node:
    names = [kind.name for kind in kinds if topic.name in _topics_of(kind)]
    log_append = TOPIC_CONFIG["message.timestamp.type"]
    return {
        "address": topic.name,
        "description": f"Key: {_key(topic)}. Timestamps are the broker's ({log_append}).",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"kafka": {"topic": topic.name, "partitions": topic.partitions, "bindingVersion": _BINDING}},
    }


def _key(topic: Topic) -> str:
    return (
        f"the first present in data of {', '.join(KEY_FIELDS)}, else the id" if topic.direction == "in" else topic.key
    )


def _operation_name(topic: Topic) -> str:
    return f"{'receive' if topic.direction == 'in' else 'send'}_{_short(topic)}"


def _operation(topic: Topic) -> Node:
    is_input = topic.direction == "in"
    return {
        "action": "receive" if is_input else "send",
        "summary": "Operators publish, the system reads." if is_input else "The system publishes.",
        "channel": {"$ref": f"#/channels/{_short(topic)}"},
    }


def _message(kind: EventType | OutcomeType) -> Node:
    name = kind.struct.__name__
    headers = {} if isinstance(kind, OutcomeType) else {"headers": {"$ref": "#/components/schemas/SignedHeaders"}}
    return {
        "name": kind.type,
        "title": name,
        "summary": (kind.struct.__doc__ or "").splitlines()[0],
        "contentType": "application/cloudevents+json",
        **headers,
        "payload": envelope(kind, {"$ref": f"#/components/schemas/{name}"}),
    }


def _headers() -> Node:
    return {
        "type": "object",
        "description": "Kafka headers of a signed record.",
        "properties": {
            HEADER_SIGNATURE: {
                "type": "string",
                "description": "Binary: 0x01 and 64 bytes over the value; or 0x02, leaf index, leaf count (u32 "
                "big-endian), 64 bytes over the batch's RFC 6962 root, inclusion path of 32-byte hashes.",
            },
            HEADER_KEY_ID: {"type": "string", "description": "Name of the Ed25519 key in the registry."},
            "content-type": {"type": "string", "const": CONTENT_TYPE},
        },
        "required": [HEADER_SIGNATURE, HEADER_KEY_ID],
    }
