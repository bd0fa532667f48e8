"""Records for tests, made as text so that they can be wrong in every way."""

import json
from typing import Any

from events.envelope import ContractError, Event, decode_data, decode_head
from events.schemas.samples import examples

Node = dict[str, Any]


def envelope(name: str) -> Node:
    """The example `name` as plain values, free to be spoilt."""
    node: Node = json.loads(examples()[name])
    return node


def text_of(node: object) -> str:
    return json.dumps(node, separators=(",", ":"), ensure_ascii=False)


def record(name: str = "payment.requested", changes: Node | None = None, **attributes: object) -> bytes:
    """The example with attributes of its envelope replaced; `...` leaves one out."""
    node = {**envelope(name), **(changes or {}), **attributes}
    return text_of({key: value for key, value in node.items() if value is not ...}).encode()


def with_data(name: str, path: str, value: object) -> bytes:
    """The example with one field inside `data` replaced, added, or left out by `...`; `path` is like `for.on`."""
    node = envelope(name)
    *parents, last = path.split(".")
    place = node["data"]
    for step in parents:
        place = place[int(step)] if step.isdigit() else place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return text_of(node).encode()


def read(value: bytes) -> Event:
    return decode_data(decode_head(value))


def refusal(value: bytes) -> tuple[str, str]:
    """Reason and field with which the record is refused; ("", "") when it is not."""
    try:
        read(value)
    except ContractError as error:
        return str(error.reason), error.field
    return "", ""
