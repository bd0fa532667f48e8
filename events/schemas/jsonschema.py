"""JSON Schema 2020-12 of every type, made from the structs and from the few rules that only code can hold.

A schema says what to send: an optional field is left out, never null (a null is read as absent all the same). What
no schema can say (repeated keys, 64 KiB, a period's order, a birth date that exists) stays with the decoder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from events.catalogue import TYPES
from events.outcomes import OUTCOMES, OutcomeType
from events.shapes import EVENT_ID, SUBJECT, TRACEPARENT
from events.sources import SOURCES, SYSTEM, to_urn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from events.catalogue import EventType

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
BASE_ID: Final = "urn:sp:schema:"
_TIME: Final = (
    r"^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})$"
)
_DATE: Final = r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
_SOURCE: Final = f"^urn:sp:operator:({'|'.join(SOURCES)}|bank\\.[a-z0-9_]{{1,35}})$"


def _only(present: tuple[str, ...], absent: tuple[str, ...]) -> Schema:
    """The fields of one shape required, those of the others refused."""
    return {"required": list(present), "properties": dict.fromkeys(absent, False)}


def _shapes(choices: Iterable[tuple[str, ...]], fields: tuple[str, ...]) -> Schema:
    return {"oneOf": [_only(chosen, tuple(name for name in fields if name not in chosen)) for chosen in choices]}


_FOR_FIELDS: Final = (
    "month", "round", "on", "number", "birth_on", "due_on", "from", "until", "encounter_id", "award_id",
)  # fmt: skip
_FOR_ON: Final = _only(("on",), ("month", "round", "from", "until", "encounter_id", "award_id"))
_FOR_OTHERS: Final = (("month",), ("round",), ("from", "until"), ("encounter_id",), ("award_id", "month"))

# The rules of `__post_init__`, by struct.
RULES: Final[dict[str, Schema]] = {
    "Money": {
        "oneOf": [
            {"properties": {"currency": {"const": "KHR"}, "amount": {"pattern": "^(0|[1-9][0-9]{0,14})$"}}},
            {"properties": {"currency": {"const": "USD"}, "amount": {"pattern": r"^(0|[1-9][0-9]{0,12})\.[0-9]{2}$"}}},
        ]
    },
    "For": {"oneOf": [_FOR_ON, *_shapes(_FOR_OTHERS, _FOR_FIELDS)["oneOf"]]},
    "ConditionVerified": _shapes((("on",), ("month",), ("from", "until")), ("on", "month", "from", "until")),
    "PaymentRequested": _shapes((("sp_id",), ("household_id",)), ("sp_id", "household_id")),
}


def components(template: str) -> dict[str, Schema]:
    """The schema of every struct by name; `template` makes references, such as `#/$defs/{name}`."""
    structs = [*(kind.struct for kind in TYPES.values()), *(kind.struct for kind in OUTCOMES.values())]
    _, found = msgspec.json.schema_components(structs, ref_template=template)
    return {name: {**clean(schema), **RULES.get(name, {})} for name, schema in sorted(found.items())}


def envelope(kind: EventType | OutcomeType, data: Schema) -> Schema:
    """The schema of a whole event around that of its `data`."""
    is_ours = isinstance(kind, OutcomeType)
    source: Schema = {"const": to_urn(SYSTEM)} if is_ours else {"type": "string", "pattern": _SOURCE}
    properties: Schema = {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "pattern": _plain(EVENT_ID)},
        "source": source,
        "type": {"const": kind.type},
        "time": {"type": "string", "format": "date-time", "pattern": _TIME},
        "data": data,
    }
    required = list(properties)
    if not is_ours:
        properties["subject"] = {"type": "string", "pattern": _plain(SUBJECT)}
        properties["traceparent"] = {"type": "string", "pattern": _plain(TRACEPARENT)}
    closed = {} if is_ours else {"additionalProperties": False}
    return {"type": "object", "properties": properties, "required": required, **closed}


def documents() -> dict[str, Schema]:
    """One self-contained schema for each type, by file name."""
    shared = components("#/$defs/{name}")
    kinds: list[EventType | OutcomeType] = [*TYPES.values(), *OUTCOMES.values()]
    result = {}
    for kind in kinds:
        name = kind.struct.__name__
        head = {"$schema": DIALECT, "$id": f"{BASE_ID}{kind.type}", "title": kind.type}
        body = envelope(kind, {"$ref": f"#/$defs/{name}"})
        used = _used(name, shared)
        result[kind.type] = {**head, **body, "$defs": {key: shared[key] for key in sorted(used)}}
    return result


def _used(name: str, shared: dict[str, Schema]) -> set[str]:
    """A struct and all it refers to."""
    used, waiting = set[str](), [name]
    while waiting:
        current = waiting.pop()
        if current not in used:
            used.add(current)
            waiting += [found.removeprefix("#/$defs/") for found in _references(shared[current])]
    return used


def _references(node: object) -> Iterable[str]:
    if isinstance(node, dict):
        for key, below in node.items():
            if key == "$ref":
                yield below
            else:
                yield from _references(below)
    elif isinstance(node, list):
        for below in node:
            yield from _references(below)


def clean(node: Any) -> Any:
    """Optional fields without their null, patterns as ECMA 262 writes them, years in dates, texts on one line."""
    if isinstance(node, list):
        return [clean(below) for below in node]
    if not isinstance(node, dict):
        return node
    if node.get("default", ...) is None and "anyOf" in node:
        (only,) = [clean(option) for option in node["anyOf"] if option != {"type": "null"}]
        return only
    result = {key: clean(below) for key, below in node.items() if key != "default"}
    if isinstance(node.get("pattern"), str):
        result["pattern"] = _plain(node["pattern"])
    if node.get("format") == "date":
        result["pattern"] = _DATE
    if isinstance(node.get("description"), str):
        result["description"] = " ".join(node["description"].split())
    return result


def _plain(pattern: str) -> str:
    return pattern.removesuffix(r"\Z") + "$" if pattern.endswith(r"\Z") else pattern
