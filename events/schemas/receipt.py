"""JSON Schema of a decision's receipt. It is no event, so it has a file of its own."""

from __future__ import annotations

import msgspec

from events.receipt import RECEIPT_TYPE, Receipt
from events.schemas.jsonschema import BASE_ID, DIALECT, RULES, Schema, clean


def document() -> Schema:
    """The self-contained schema of a receipt."""
    (reference,), found = msgspec.json.schema_components([Receipt], ref_template="#/$defs/{name}")
    shared = {name: {**clean(schema), **RULES.get(name, {})} for name, schema in sorted(found.items())}
    head = {"$schema": DIALECT, "$id": f"{BASE_ID}{RECEIPT_TYPE}", "title": RECEIPT_TYPE}
    return {**head, **reference, "$defs": shared}
