"""What differs between two policies, in force on which days: by content, so layout and comments never count."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from pipeline.policies.content import (
    BASIS,
    NOT_POLICY,
    STATUS,
    days,
    is_dated,
    on,
    predicate_of,
    tree_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from processors.policy.loader.nodes import Plain
    from processors.policy.model import Policy


class Kind(StrEnum):
    """What sort of thing changed."""

    BENEFIT = "benefit"
    FIGURE = "figure"
    RULE = "rule"
    PARAMETER = "parameter"
    STATUS = "status"
    REFERENCE = "reference"
    NOTE = "note"
    CODE_LIST = "code list"
    WINDOW = "window"
    EXCLUSIVITY = "exclusivity"
    OVERLAY = "overlay"
    OTHER = "other"


_OF_BASIS = {STATUS: Kind.STATUS, "note": Kind.NOTE, "conflict": Kind.NOTE}
_SHARED = {"codes": Kind.CODE_LIST, "payment_types": Kind.CODE_LIST, "windows": Kind.WINDOW}
_PARAMETERS = frozenset({"by", "schemes", "branch", "steps"})


class Change(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One difference. `benefit` is empty for what all share; it holds on the days from `since` until before `until`.

    `old` and `new` are what was and will be said; None where it was not, or will not be.
    """

    benefit: str
    kind: Kind
    path: str
    since: str | None = None
    until: str | None = None
    old: str | None = None
    new: str | None = None


def compare(old: Policy, new: Policy) -> list[Change]:
    """Every difference by benefit, in the order of the files; none exactly when the digests are equal."""
    if old.digest == new.digest:
        return []
    found = list(_Differ("", tree_of(old, ""), tree_of(new, "")).run())
    for benefit in sorted({*old.packs, *new.packs}):
        if benefit not in new.packs:
            found.append(Change(benefit=benefit, kind=Kind.BENEFIT, path="", old=old.packs[benefit].english))
        elif benefit not in old.packs:
            found.append(Change(benefit=benefit, kind=Kind.BENEFIT, path="", new=new.packs[benefit].english))
        else:
            found += _Differ(benefit, tree_of(old, benefit), tree_of(new, benefit)).run()
    return found


class _Differ:
    """Walks two trees of one file side by side."""

    def __init__(self, benefit: str, old: Mapping[str, Plain], new: Mapping[str, Plain]) -> None:
        self.benefit = benefit
        self.old, self.new = old, new
        self.span: tuple[str | None, str | None] = (None, None)

    def run(self) -> Iterator[Change]:
        """The differences, top-level key by key; a reference counts where it is cited."""
        found = list(self._mapping((), _without(self.old, *NOT_POLICY), _without(self.new, *NOT_POLICY)))
        yield from found
        yield from self._mapping(NOT_POLICY, *(_texts(tree.get(NOT_POLICY[0])) for tree in (self.old, self.new)))

    def _walk(self, path: tuple[str, ...], old: Plain, new: Plain) -> Iterator[Change]:
        if old == new:
            return
        if is_dated(old) and is_dated(new):
            yield from self._dated(path, old, new)
        elif isinstance(old, dict) and isinstance(new, dict):
            outer = self.span
            if bounds := [str(node["from"]) for node in (old, new) if STATUS in node and "from" in node]:
                self.span = (min(bounds), None)
            yield from self._mapping(path, old, new)
            self.span = outer
        elif _listed(old) and _listed(new):
            yield from self._mapping(path, _named(old), _named(new))
        else:
            yield self._change(path, old, new)

    def _mapping(self, path: tuple[str, ...], old: Mapping[str, Plain], new: Mapping[str, Plain]) -> Iterator[Change]:
        for key in dict.fromkeys([*old, *new]):
            yield from self._walk((*path, key), old.get(key), new.get(key))
        if list(old) != list(new) and set(old) == set(new) and path[:1] == ("rules",):
            yield self._change((*path, "order"), ", ".join(old), ", ".join(new))

    def _dated(self, path: tuple[str, ...], old: Mapping[str, Plain], new: Mapping[str, Plain]) -> Iterator[Change]:
        """Compare what is in force from each date on, so that a date taken out is told by what goes on instead."""
        outer = self.span
        told = False
        moments = sorted({*old, *new})
        for since, until in zip(moments, [*moments[1:], None], strict=True):
            self.span = (since, until)
            day = date.fromisoformat(since)
            for change in self._walk(path, on(old, day)[0], on(new, day)[0]):
                told = True
                yield change
        self.span = outer
        if not told:
            yield self._change((*path, "dates"), ", ".join(old), ", ".join(new))

    def _change(self, path: tuple[str, ...], old: Plain, new: Plain) -> Change:
        since, until = self.span
        if since is None and (told := sorted(days(old) | days(new))):
            since = told[0]
        return Change(
            benefit=self.benefit,
            kind=_kind(self.benefit, path),
            path=".".join(part for at, part in enumerate(path) if part != path[at - 1] or not at),
            since=since,
            until=until,
            old=said(old),
            new=said(new),
        )


def said(node: Plain) -> str | None:
    """A node in one line: a figure with its unit and status, a rule with its parameters, else its values."""
    if node is None:
        return None
    if isinstance(node, str):
        return f"{int(node):,}" if node.isdigit() and len(node) > len("9999") else node
    if isinstance(node, list):
        return ", ".join(said(item) or "" for item in node)
    own = [f"{said(node['value'])}"] if "value" in node else []
    own += [f"{key} {said(value)}" for key, value in node.items() if key not in {*BASIS, "value"}]
    own += [str(node["unit"])] if "unit" in node else []
    own += [f"({node[STATUS]})"] if STATUS in node else []
    return " ".join(own)


def _kind(benefit: str, path: tuple[str, ...]) -> Kind:
    """The kind by where in the file a difference is."""
    if "references" in path or path[-1] in _OF_BASIS:
        return _OF_BASIS.get(path[-1], Kind.REFERENCE)
    if not benefit or "exclusivity" in path:
        return Kind.EXCLUSIVITY if "exclusivity" in path else _SHARED.get(path[0], Kind.OTHER)
    if path[0] == "overlays":
        return Kind.FIGURE if path[-1] == "value" else Kind.OVERLAY
    if path[0] == "rules":
        return Kind.RULE if len(path) <= len(("rules", "predicate")) else Kind.PARAMETER
    if path[0] == "amount" or "maximum" in path:
        return Kind.PARAMETER if "who" in path or path[-1] in _PARAMETERS else Kind.FIGURE
    return Kind.OTHER


def _listed(node: Plain) -> bool:
    return isinstance(node, list) and any(isinstance(item, dict | list) for item in node)


def _named(node: Plain) -> dict[str, Plain]:
    """The rows of a list by a name that survives reordering: the predicate of a rule, the group of a row."""
    found: dict[str, Plain] = {}
    for at, item in enumerate(node if isinstance(node, list) else [], 1):
        name = str(at)
        if isinstance(item, dict):
            name = str(item["group"]) if "group" in item else predicate_of(item) or name
        found[name if name not in found else f"{name}#{at}"] = item
    return found


def _texts(node: Plain) -> dict[str, Plain]:
    return dict(node) if isinstance(node, dict) else {}


def _without(node: Mapping[str, Plain], *keys: str) -> dict[str, Plain]:
    return {name: value for name, value in node.items() if name not in keys}
