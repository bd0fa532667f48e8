"""Turns a decoder's error into the contract's: the field as on the wire, and what was expected, without the value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import inspect

from events.errors import ContractError
from events.reasons import Reason
from events.shapes import MEANINGS, FieldError
from events.strict import printable

if TYPE_CHECKING:
    from events.shapes import Shape

_NAMED: Final = re.compile(r"Object (missing required|contains unknown) field `(.*)`\Z", re.DOTALL)
_PATTERN: Final = re.compile(r"Expected `str` matching regex '(.*)'\Z", re.DOTALL)
_STEP: Final = re.compile(r"\.([A-Za-z_]+)|\[([0-9]+)\]")


def explain(error: msgspec.ValidationError, struct: type[Shape], prefix: str) -> ContractError:
    """The contract's error for `error`, raised while decoding a `struct` that stands at `prefix` ("data")."""
    message, _, path = str(error).rpartition(" - at `$")
    if not message:
        message, path = str(error), ""
    path = path.removesuffix("`")
    field = (prefix + path).lstrip(".")
    cause = error.__cause__
    if isinstance(cause, FieldError):
        return ContractError(Reason.SCHEMA, _join(field, cause.field), cause.expected)
    named = _NAMED.match(message)
    if named:
        detail = "this field is required" if named[1] == "missing required" else "this field is not in the contract"
        return ContractError(Reason.SCHEMA, _join(field, printable(named[2])), detail)
    return ContractError(Reason.SCHEMA, field, _expected(message, struct, path))


def _join(field: str, name: str) -> str:
    return f"{field}.{name}" if field and name else field or name


def _expected(message: str, struct: type[Shape], path: str) -> str:
    pattern = _PATTERN.match(message)
    if pattern:
        wanted = pattern[1].replace("\\\\", "\\")
        return f"expected {MEANINGS.get(wanted, wanted)}"
    if message.startswith("Invalid enum value"):
        return f"expected one of {', '.join(_choices(struct, path))}"
    if message.startswith("Invalid RFC3339 encoded date"):
        return "expected a date that exists, YYYY-MM-DD"
    if message.startswith("Expected"):
        return message.replace("Expected", "expected", 1)
    # Whatever a later msgspec may say, its words might quote the value.
    return "the value is not as the contract says"


def _choices(struct: type[Shape], path: str) -> list[str]:
    """The closed list at `path` (`.payee.role`, `.members[0].sex`) inside `struct`."""
    node: inspect.Type = inspect.type_info(struct)
    for step in _STEP.finditer(path):
        options = node.types if isinstance(node, inspect.UnionType) else (node,)
        for option in options:
            if isinstance(option, inspect.StructType) and step[1]:
                node = next(field.type for field in option.fields if field.encode_name == step[1])
                break
            if isinstance(option, inspect.VarTupleType) and step[2]:
                node = option.item_type
                break
    options = node.types if isinstance(node, inspect.UnionType) else (node,)
    return [str(value) for option in options if isinstance(option, inspect.LiteralType) for value in option.values]
