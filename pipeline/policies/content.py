"""The content of policy files as a tree: whatever a file says is there, so nothing in force can go untold.

Showing and comparing work on the tree, so a form of amount or rule that is added later is told without a change here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias, TypeGuard

from processors.policy.loader import COMMONS_FILE
from processors.policy.loader.nodes import compose, plain
from processors.policy.loader.sources import BASIS_KEYS

if TYPE_CHECKING:
    from processors.policy.loader.nodes import Plain
    from processors.policy.model import Policy

Tree: TypeAlias = "Mapping[str, Plain]"

STATUS = "status"
BASIS = frozenset({"unit", STATUS, *BASIS_KEYS})
"""What a figure or rule says of itself; the rest of it is what it says."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SUFFIX = ".yaml"
NOT_POLICY = ("references",)
"""Told where they are cited."""


def tree_of(policy: Policy, benefit: str) -> Tree:
    """The tree of one benefit; of the commons for an empty code. Raises KeyError where the policy has no such file."""
    file = f"{benefit}{_SUFFIX}" if benefit else COMMONS_FILE
    return _tree(file, policy.files[file])


@lru_cache(maxsize=256)
def _tree(file: str, text: str) -> Tree:
    tree = plain(compose(file, text).node)
    return tree if isinstance(tree, dict) else {}


def is_dated(node: Plain) -> TypeGuard[dict[str, Plain]]:
    """Whether a node holds values by the date they begin."""
    return isinstance(node, dict) and bool(node) and all(_DAY.fullmatch(key) for key in node)


def on(node: Mapping[str, Plain], day: date) -> tuple[Plain, str, str | None]:
    """What a dated node says on a day, since when and until when (the day the next value begins); None before all."""
    begun = [key for key in node if date.fromisoformat(key) <= day]
    later = [key for key in node if date.fromisoformat(key) > day]
    since = max(begun, default="")
    return (node[since] if begun else None), since, min(later, default=None)


def days(node: Plain) -> set[str]:
    """Every date on which anything below a node changes."""
    if isinstance(node, dict):
        own = set(node) if is_dated(node) else set()
        return own.union(*(days(value) for value in node.values()))
    if isinstance(node, list):
        return set[str]().union(*(days(value) for value in node))
    return set()


def leaves(node: Plain, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Plain]]:
    """The figures of a table with what tells each: scalars, and mappings with a status of their own."""
    if isinstance(node, dict) and STATUS not in node:
        return [leaf for key, value in node.items() for leaf in leaves(value, (*path, key))]
    return [(path, node)]


def predicate_of(rule: Mapping[str, Plain]) -> str | None:
    """The predicate a rule asks; None where it asks several or none."""
    named = [key for key in rule if key not in BASIS]
    return named[0] if len(named) == 1 else None
