"""The slow, exact look at a record that the fast decoders refused or were not sure about."""

from __future__ import annotations

import json
from typing import Final, NoReturn

from events.errors import ContractError
from events.reasons import Reason

NAME_MAX: Final = 64
# The deepest field of the contract stands at depth 4; a bound keeps hostile nesting from the stack.
DEPTH_MAX: Final = 16
DIGITS_MAX: Final = 20


class Pairs(list[tuple[str, object]]):
    """A JSON object with its keys as they came, repeated ones too."""


class Number:
    """A JSON number that is no integer, or an integer that is too long to be one of ours."""


def parse(value: bytes | None) -> object:
    """The record as JSON with objects as `Pairs`; raises ContractError `not_json`, also for what nests too deeply."""
    if not value:
        raise ContractError(Reason.NOT_JSON, "", "the record is empty")
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ContractError(Reason.NOT_JSON, "", f"byte {error.start} is not UTF-8") from None
    try:
        return json.loads(
            text,
            object_pairs_hook=Pairs,
            parse_float=lambda _: Number(),
            parse_int=_parse_int,
            parse_constant=_parse_constant,
        )
    except json.JSONDecodeError as error:
        raise ContractError(Reason.NOT_JSON, "", f"character {error.pos}: {error.msg}") from None
    except RecursionError:
        raise ContractError(Reason.NOT_JSON, "", "the record nests too deeply") from None


def _parse_int(digits: str) -> int | Number:
    return int(digits) if len(digits) <= DIGITS_MAX else Number()


def _parse_constant(name: str) -> NoReturn:
    raise ContractError(Reason.NOT_JSON, "", f"{name} is not JSON")


def check_text(node: object, field: str = "", depth: int = 0) -> None:
    """Refuse, in the order of the record, repeated keys, numbers that are no integers, NUL and lone surrogates."""
    if depth > DEPTH_MAX:
        raise ContractError(Reason.SCHEMA, field, f"the record nests deeper than {DEPTH_MAX}")
    if isinstance(node, Pairs):
        seen = set[str]()
        for key, below in node:
            at = f"{field}.{printable(key)}" if field else printable(key)
            _check_string(key, at)
            if key in seen:
                raise ContractError(Reason.SCHEMA, at, "the key is repeated; send it once")
            seen.add(key)
            check_text(below, at, depth + 1)
    elif isinstance(node, list):
        for index, below in enumerate(node):
            check_text(below, f"{field}[{index}]", depth + 1)
    elif isinstance(node, str):
        _check_string(node, field)
    elif isinstance(node, Number):
        raise ContractError(
            Reason.SCHEMA, field, "expected no floating-point number; money is a decimal string, counts are integers"
        )


def _check_string(text: str, field: str) -> None:
    if "\x00" in text:
        raise ContractError(Reason.SCHEMA, field, "the text contains NUL (\\u0000)")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ContractError(Reason.SCHEMA, field, "the text contains half of a surrogate pair")


def printable(name: str) -> str:
    """A field's name as it may stand in an error: short, and nothing but what names are made of."""
    return "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in name[:NAME_MAX])
