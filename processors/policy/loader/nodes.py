"""Strict reading of YAML: every value keeps its place, nothing is ignored, nothing is guessed."""

from __future__ import annotations

import re
from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import yaml

from processors.policy.loader.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Collection

E = TypeVar("E", bound=StrEnum)

Plain = str | None | list["Plain"] | dict[str, "Plain"]
"""The content of YAML without its form: scalars as text, null as None."""

CODE = re.compile(r"[a-z0-9_.]{1,40}")
_WHOLE = re.compile(r"0|[1-9][0-9]*|[1-9][0-9]{0,2}(_[0-9]{3})+")
_NULL = "tag:yaml.org,2002:null"
_INT = "tag:yaml.org,2002:int"
_FLOAT = "tag:yaml.org,2002:float"


class Item(NamedTuple):
    """A value of a file with the file's name."""

    file: str
    node: yaml.Node

    def error(self, what: str, remedy: str) -> PolicyError:
        """An error at this place."""
        return PolicyError(self.file, self.node.start_mark.line + 1, what, remedy)

    @property
    def is_null(self) -> bool:
        """Whether the value is null or left empty."""
        return isinstance(self.node, yaml.ScalarNode) and self.node.tag == _NULL

    @property
    def is_mapping(self) -> bool:
        """Whether the value is `key: value` lines."""
        return isinstance(self.node, yaml.MappingNode)


def compose(file: str, text: str) -> Item:
    """The one document of a file; raises PolicyError when it is no YAML, empty, or holds an unknown tag."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 1
        raise PolicyError(
            file, line, f"this is no YAML: {error.problem}", "Correct the line, or the one before"
        ) from error
    except yaml.YAMLError as error:
        raise PolicyError(file, 1, f"this is no YAML: {error}", "Save the file as UTF-8 text") from error
    if node is None:
        raise PolicyError(file, 1, "the file is empty", "Write the policy or remove the file")
    return Item(file, node)


def entries(item: Item) -> list[tuple[Item, Item]]:
    """The keys and values of a mapping in order; a key may stand once."""
    if not isinstance(item.node, yaml.MappingNode):
        raise item.error("`key: value` lines are expected here", "Write a mapping")
    found: dict[str, Item] = {}
    pairs = [(Item(item.file, key), Item(item.file, value)) for key, value in item.node.value]
    for key, _ in pairs:
        name = text(key)
        if name in found:
            first = found[name].node.start_mark.line + 1
            raise key.error(f"`{name}` stands twice, first in line {first}", "Keep one of them")
        found[name] = key
    return pairs


def below(item: Item, *path: str) -> Item:
    """The value under these keys, for an error that several files make together; the mapping itself where it ends."""
    for name in path:
        item = next((value for key, value in entries(item) if text(key) == name), item)
    return item


def fields(item: Item, required: Collection[str], optional: Collection[str] = ()) -> dict[str, Item]:
    """A mapping with these keys and no others."""
    found: dict[str, Item] = {}
    allowed = [*required, *optional]
    for key, value in entries(item):
        name = text(key)
        if name not in allowed:
            close = get_close_matches(name, allowed, 1)
            remedy = f"Did you mean `{close[0]}`?" if close else f"Known here: {', '.join(allowed)}"
            raise key.error(f"`{name}` is not known here", remedy)
        found[name] = value
    for name in required:
        if name not in found:
            raise item.error(f"`{name}` is missing", f"Add `{name}:`")
    return found


def sequence(item: Item) -> list[Item]:
    """The items of a list that is not empty."""
    if not isinstance(item.node, yaml.SequenceNode):
        raise item.error("a list is expected here", "Write [a, b] or lines beginning with a dash")
    if not item.node.value:
        raise item.error("the list is empty", "Name at least one, or remove the key")
    return [Item(item.file, node) for node in item.node.value]


def text(item: Item) -> str:
    """One line of text."""
    if not isinstance(item.node, yaml.ScalarNode) or item.is_null or not item.node.value.strip():
        raise item.error("a text is expected here", "Write one value")
    return " ".join(item.node.value.split())


def whole(item: Item) -> int:
    """A whole number that is not negative, with or without `_` between thousands."""
    value = text(item)
    if isinstance(item.node, yaml.ScalarNode) and item.node.tag == _FLOAT:
        raise item.error(
            f"`{value}` is no whole number", "Amounts are whole numbers of the smallest unit of the currency"
        )
    if not _WHOLE.fullmatch(value):
        raise item.error(f"`{value}` is no whole number", "Write digits, as 40000 or 40_000")
    return int(value.replace("_", ""))


def code(item: Item) -> str:
    """A code as the contract writes them."""
    value = text(item)
    if not CODE.fullmatch(value):
        raise item.error(f"`{value}` is no code", "Codes are 1 to 40 of a-z, 0-9, dot and underscore")
    return value


def listed(item: Item, known: Collection[str], kind: str) -> str:
    """A code of one list of the commons; what is not even a code is told so."""
    value = text(item)
    if value not in known:
        close = get_close_matches(value, known, 1)
        if not close:
            code(item)
        remedy = f"Did you mean `{close[0]}`?" if close else f"Known: {', '.join(sorted(known))}"
        raise item.error(f"`{value}` is not in the list of {kind}", remedy)
    return value


def choice(item: Item, kind: type[E]) -> E:
    """A member of a closed list by its value."""
    value = text(item)
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(kind)
        raise item.error(f"`{value}` is no {kind.__name__.lower()}", f"One of: {known}") from None


def plain(node: yaml.Node) -> Plain:
    """The content of a node, for hashing, however it is laid out: `40_000` is 40000.

    Keys are unique here because every mapping was read strictly before.
    """
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [plain(value) for value in node.value]
    if node.tag == _NULL:
        return None
    if node.tag == _INT:
        return str(node.value).replace("_", "")
    return " ".join(str(node.value).split())
