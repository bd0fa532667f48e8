"""Properties of reading: what is written is read back, and a repeated key never passes."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.envelope import (
    ContractError,
    Event,
    decode_data,
    decode_head,
    decode_recorded,
    encode,
    format_time,
    has_no_repeated_key,
    parse_time,
)
from events.reasons import Reason
from events.schemas.samples import example_events, examples
from events.strict import check_text, parse

INPUTS = sorted(example_events())
FIRST, LAST = parse_time("1900-01-01T00:00:00Z"), parse_time("2199-12-31T23:59:59.999999Z")


class Node(list[tuple[str, Any]]):
    """A JSON object as pairs, so that a key can be repeated."""


def pairs(node: Any) -> Any:
    if isinstance(node, dict):
        return Node((key, pairs(value)) for key, value in node.items())
    return [pairs(item) for item in node] if isinstance(node, list) else node


def spell(text: str, escapes: list[bool]) -> str:
    """A JSON string in which some letters are written as escapes."""
    marks = escapes + [False] * len(text)
    letters = (f"\\u{ord(c):04X}" if mark else json.dumps(c)[1:-1] for c, mark in zip(text, marks, strict=False))
    return '"' + "".join(letters) + '"'


def write(node: Any, draw: st.DrawFn) -> str:
    """JSON text with white space and escapes as drawn."""
    space = draw(st.sampled_from(["", "", " ", "\n\t"]))
    if isinstance(node, Node):
        escapes = draw(st.lists(st.booleans(), max_size=3))
        inner = f",{space}".join(f"{spell(key, escapes)}{space}:{space}{write(value, draw)}" for key, value in node)
        return "{" + space + inner + space + "}"
    if isinstance(node, list):
        return "[" + f"{space},".join(write(item, draw) for item in node) + "]"
    return spell(node, draw(st.lists(st.booleans(), max_size=3))) if isinstance(node, str) else json.dumps(node)


def objects(node: Any) -> list[Node]:
    below = [value for _, value in node] if isinstance(node, Node) else node if isinstance(node, list) else []
    return ([node] if isinstance(node, Node) and node else []) + [found for item in below for found in objects(item)]


@st.composite
def repeated(draw: st.DrawFn) -> bytes:
    """An example in which one key of one object stands twice, with the same or with another value."""
    tree = pairs(json.loads(examples()[draw(st.sampled_from(INPUTS))]))
    place = draw(st.sampled_from(objects(tree)))
    key, value = draw(st.sampled_from(list(place)))
    other = draw(st.sampled_from([value, None, 1e300, "x", "\u1780", Node([("deep", [1.5])]), 10**30]))
    place.insert(draw(st.integers(0, len(place))), (key, other))
    return write(tree, draw).encode()


@st.composite
def rewritten(draw: st.DrawFn) -> tuple[str, bytes]:
    name = draw(st.sampled_from(INPUTS))
    return name, write(pairs(json.loads(examples()[name])), draw).encode()


@given(repeated())
def test_a_repeated_key_never_passes(value: bytes) -> None:
    with pytest.raises(ContractError) as caught:
        decode_data(decode_head(value))
    # The last of two values counts, so a repeated `specversion` or `type` may be refused for what it says.
    assert caught.value.reason in {Reason.SCHEMA, Reason.NOT_AN_EVENT, Reason.UNKNOWN_TYPE}


@given(rewritten())
def test_white_space_and_escapes_change_nothing(case: tuple[str, bytes]) -> None:
    name, value = case
    assert decode_data(decode_head(value)) == example_events()[name] == decode_recorded(value)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """Any JSON without floats, in half of the cases with a repeated key."""
    tree = pairs(draw(values))
    places = objects(tree)
    if draw(st.booleans()) and places:
        place = draw(st.sampled_from(places))
        place.append(draw(st.sampled_from(list(place))))
    return write(tree, draw).encode()


@given(documents())
def test_the_fast_check_agrees_with_the_slow_one(value: bytes) -> None:
    """The fast check may be unsure, never wrong."""
    if has_no_repeated_key(value):
        assert len(msgspec.json.encode(msgspec.json.decode(value))) <= len(value)
        try:
            check_text(parse(value))
        except ContractError as error:
            assert "repeated" not in error.detail  # noqa: PT017 - NUL is drawn too


@given(st.sampled_from(INPUTS), st.integers(FIRST or 0, LAST or 0))
def test_events_round_trip(name: str, time_us: int) -> None:
    sample = example_events()[name]
    event = Event(sample.source, sample.id, sample.type, time_us, sample.data)
    assert decode_data(decode_head(encode(event))) == event
    assert encode(decode_recorded(encode(event))) == encode(event)


@given(st.integers(FIRST or 0, LAST or 0))
def test_times_round_trip(time_us: int) -> None:
    assert parse_time(format_time(time_us)) == time_us


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_refused_with_a_reason(value: bytes) -> None:
    with pytest.raises(ContractError):
        decode_data(decode_head(value))


@given(st.sampled_from(INPUTS), st.data())
def test_bent_examples_are_read_or_refused_never_more(name: str, data: st.DataObject) -> None:
    value = bytearray(examples()[name])
    at = data.draw(st.integers(0, len(value) - 1))
    value[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    try:
        decode_data(decode_head(bytes(value)))
    except ContractError as error:
        for text in (error.field, error.detail, error.source, error.event_id, error.type):
            text.encode()
            assert "\x00" not in text
