"""What is wrong with a directory of packs, and what a policy officer should know of a policy that loads."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from processors.policy.loader import problems
from processors.policy.loader.nodes import Item, compose, entries, text
from processors.policy.loader.sources import CONFLICT
from processors.policy.model import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Warned(StrEnum):
    """What a policy that loads should still be looked at for."""

    UNSET = "unset"
    UNVERIFIED = "unverified"
    ASSUMPTION = "assumption"
    CONFLICT = "conflict"


class Problem(msgspec.Struct, frozen=True):
    """An error of loading: nothing is paid by a policy that has one. `line` counts from 1, 0 is the whole file."""

    file: str
    line: int
    what: str
    remedy: str


class Warning(msgspec.Struct, frozen=True):  # noqa: A001 - the word of the officers; the built-in is not used here
    """One place to look at, where it stands in the file, and what the file says about it."""

    file: str
    line: int
    kind: Warned
    path: str
    note: str


class Checked(msgspec.Struct, frozen=True):
    """What a check found. Warnings are told of files that are YAML, also where the policy does not load."""

    problems: tuple[Problem, ...]
    warnings: tuple[Warning, ...]


_STATUS = {Status.UNSET: Warned.UNSET, Status.UNVERIFIED: Warned.UNVERIFIED, Status.ASSUMPTION: Warned.ASSUMPTION}


def check(files: Mapping[str, str]) -> Checked:
    """Everything wrong and everything doubtful in these files, by file and line."""
    errors = problems(files)
    broken = {error.file for error in errors}
    found: dict[tuple[str, int, Warned], Warning] = {}
    for file in sorted(set(files) - broken):
        for warning in _walk(compose(file, files[file]), ()):
            found.setdefault((warning.file, warning.line, warning.kind), warning)
    told = sorted(found.values(), key=lambda item: (item.file, item.line))
    wrong = sorted(errors, key=lambda error: (error.file, error.line))
    return Checked(tuple(Problem(item.file, item.line, item.what, item.remedy) for item in wrong), tuple(told))


def _walk(item: Item, path: tuple[str, ...]) -> Iterator[Warning]:
    if item.is_mapping:
        values = {text(key): value for key, value in entries(item)}
        yield from _warned(item, values, path)
        for key, value in values.items():
            yield from _walk(value, (*path, key))
    elif isinstance(item.node.value, list):
        for at, node in enumerate(item.node.value, 1):
            yield from _walk(Item(item.file, node), (*path, str(at)))


def _warned(item: Item, values: Mapping[str, Item], path: tuple[str, ...]) -> Iterator[Warning]:
    """What a figure, rule or exclusivity group says of itself; a table whose rows tell their own is told by these."""
    said = values.get("status") or values.get("basis")
    kind = None if said is None or said.is_mapping else _STATUS.get(Status(_known(said)))
    note = text(values["note"]) if "note" in values else ""
    line = item.node.start_mark.line + 1
    if kind is not None:
        yield Warning(item.file, line, kind, ".".join(path), note)
    if CONFLICT in values:
        yield Warning(item.file, line, Warned.CONFLICT, ".".join(path), text(values[CONFLICT]))


def _known(said: Item) -> str:
    """The status told; what is none of the list, such as the parameters of an award, warns of nothing."""
    value = text(said)
    return value if value in set(Status) else Status.CONFIRMED
