"""Everything of one benefit that is in force on a day, as entries for a policy officer."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import msgspec

from pipeline.policies.content import BASIS, NOT_POLICY, STATUS, is_dated, leaves, on, predicate_of, tree_of
from processors.policy.terms import TERMS, Language, term
from processors.policy.words import rule_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipeline.policies.content import Tree
    from processors.policy.loader.nodes import Plain
    from processors.policy.model import Policy
    from processors.policy.words import Told as Parameter

HEAD = ("benefit", "title", "unit", "for", "scheme")
SHARED = ("windows", "incomplete_birth_date", "source_order")
"""What of the commons bears on every benefit; code lists are told by name where they are used."""
RULES, EXCLUSIVITY, ANY_OF = "rules", "exclusivity", "any_of"
_FORM = ("parts", "values", "value")
"""Keys that only give a file its form."""
_LISTS = ("areas", "levels", "facility_levels", "traits")


class Reference(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where something is written."""

    title: str
    href: str | None = None


class Entry(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One thing in force. `path` names it within its section; `words` tells a rule or code in a sentence.

    Amounts of money are whole numbers of the smallest unit. `until` is the day on which the next value begins.
    """

    section: str
    path: tuple[str, ...]
    value: str | int | tuple[str, ...] | None = None
    words: str = ""
    unit: str | None = None
    status: str | None = None
    since: str | None = None
    until: str | None = None
    references: tuple[Reference, ...] = ()
    note: str | None = None
    conflict: str | None = None
    parameters: dict[str, Parameter] = {}


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One benefit on one day. `in_force` is whether any rules hold then; digests are hex."""

    benefit: str
    english: str
    khmer: str
    on: str
    in_force: bool
    unit: str
    shape: str
    scheme: str
    digest: str
    policy_digest: str
    entries: tuple[Entry, ...]


def show(policy: Policy, benefit: str, day: date, language: Language = Language.ENGLISH) -> Shown:
    """What is in force of a benefit. Raises KeyError for one the policy has no pack of."""
    pack, own, common = policy.packs[benefit], tree_of(policy, benefit), tree_of(policy, "")
    told = [*_Teller(own, day, language).tell([key for key in own if key not in {*HEAD, *NOT_POLICY}])]
    told += _Teller(common, day, language).tell(SHARED)
    told += _groups([row.group for row in pack.entitlement.exclusivity], _Teller(common, day, language))
    return Shown(
        benefit=benefit,
        english=pack.english,
        khmer=pack.khmer,
        on=day.isoformat(),
        in_force=pack.rules.on(day) is not None,
        unit=pack.unit.value,
        shape=pack.shape.value,
        scheme=pack.scheme,
        digest=pack.digest.hex(),
        policy_digest=policy.digest.hex(),
        entries=tuple(told),
    )


def _groups(names: Sequence[str], teller: _Teller) -> Iterator[Entry]:
    groups = teller.tree.get(EXCLUSIVITY)
    for name in names:
        group = groups.get(name) if isinstance(groups, dict) else None
        if isinstance(group, dict):
            rest = {key: value for key, value in group.items() if key != "basis"}
            yield teller.entry((EXCLUSIVITY, name), rest, status=str(group.get("basis", "")))


class _Teller:
    """Walks one file on one day."""

    def __init__(self, tree: Tree, day: date, language: Language) -> None:
        self.tree, self.day, self.language = tree, day, language
        self.since: str | None = None
        self.until: str | None = None

    def tell(self, sections: Sequence[str]) -> Iterator[Entry]:
        """The entries of these top-level keys, in the order of the file."""
        for section in sections:
            if section in self.tree:
                yield from self._walk((section,), self.tree[section])

    def _walk(self, path: tuple[str, ...], node: Plain) -> Iterator[Entry]:
        if is_dated(node):
            outer = (self.since, self.until)
            found, self.since, self.until = on(node, self.day)
            if found is not None:
                yield from self._walk(path, found)
            self.since, self.until = outer
        elif isinstance(node, dict):
            yield from self._mapping(path, node)
        elif isinstance(node, list) and _is_nested(node):
            for at, item in enumerate(node, 1):
                yield from self._item(path, at, item)
        elif node is not None:
            yield self.entry(path, {"value": node})

    def _mapping(self, path: tuple[str, ...], node: Mapping[str, Plain]) -> Iterator[Entry]:
        if STATUS not in node:
            for key, value in node.items():
                yield from self._walk((*path, key), value)
        elif "from" in node and "until" in node:
            yield from self._overlay(path, node)
        elif "table" in node:
            for row, leaf in leaves(node["table"]):
                own = leaf if isinstance(leaf, dict) else {**node, "value": leaf}
                yield self.entry((*path, *row), {"unit": node.get("unit"), **_without(own, "table")})
        else:
            yield self.entry(path, node)

    def _overlay(self, path: tuple[str, ...], node: Mapping[str, Plain]) -> Iterator[Entry]:
        """What holds from one day until another, both included: what it says of itself, then what it brings."""
        first, last = date.fromisoformat(str(node["from"])), date.fromisoformat(str(node["until"]))
        if not first <= self.day <= last:
            return
        outer = (self.since, self.until)
        self.since, self.until = first.isoformat(), (last + timedelta(days=1)).isoformat()
        brings = {key: value for key, value in node.items() if _is_nested(value)}
        own = {key: value for key, value in node.items() if key not in {*brings, "from", "until"}}
        yield self.entry(path, own)
        for key, value in brings.items():
            name = predicate_of(value) if isinstance(value, dict) else None
            if isinstance(value, dict) and STATUS in value and name is not None:
                yield self._rule((*path, key), name, value)
            else:
                yield from self._walk((*path, key), value)
        self.since, self.until = outer

    def _item(self, path: tuple[str, ...], at: int, item: Plain) -> Iterator[Entry]:
        """A row of a list: a rule, several ways, or what has no name of its own."""
        if isinstance(item, dict) and RULES in path[0:1] and (name := predicate_of(item)) is not None:
            if name == ANY_OF:
                yield from self._ways((*path, str(at)), item[ANY_OF])
            else:
                yield self._rule((*path, str(at)), name, item)
        elif isinstance(item, dict) and STATUS not in item and not any(isinstance(v, dict) for v in item.values()):
            yield self.entry((*path, str(at)), item)
        else:
            yield from self._walk((*path, str(at)), item)

    def _ways(self, path: tuple[str, ...], ways: Plain) -> Iterator[Entry]:
        listed = ways if isinstance(ways, list) else []
        words = f"One of {len(listed)} ways to qualify must be met:"
        if self.language is Language.KHMER:
            words = f"ត្រូវបំពេញលក្ខខណ្ឌមួយក្នុងចំណោម {len(listed)}៖"
        yield Entry(section=path[0], path=path[1:], words=words, since=self.since, until=self.until)
        for at, way in enumerate(listed, 1):
            for number, rule in enumerate(way if isinstance(way, list) else [], 1):
                if isinstance(rule, dict) and (name := predicate_of(rule)) is not None:
                    yield self._rule((*path, str(at), str(number)), name, rule)

    def _rule(self, path: tuple[str, ...], name: str, rule: Mapping[str, Plain]) -> Entry:
        given = rule[name]
        parameters = {key: _parameter(value) for key, value in given.items()} if isinstance(given, dict) else {}
        told = self.entry(path, {key: value for key, value in rule.items() if key != name}, parameters=parameters)
        return msgspec.structs.replace(told, value=name, words=rule_in_words(name, parameters, self.language))

    def entry(
        self,
        path: tuple[str, ...],
        node: Mapping[str, Plain],
        *,
        status: str | None = None,
        parameters: dict[str, Parameter] | None = None,
    ) -> Entry:
        """One thing with what it says of itself; whatever else it holds are its parameters."""
        rest = {key: _parameter(value) for key, value in node.items() if key not in BASIS and key != "value"}
        return Entry(
            section=path[0],
            path=path[1:],
            value=_value(node.get("value")),
            words=self._words(path[1:]),
            unit=_text(node.get("unit")),
            status=status or _text(node.get(STATUS)),
            since=self.since,
            until=self.until,
            references=self._cited(node.get("references")),
            note=_text(node.get("note")),
            conflict=_text(node.get("conflict")),
            parameters=rest | (parameters or {}),
        )

    def _words(self, path: tuple[str, ...]) -> str:
        """The path in words, where a code list has words for a part of it."""
        return ", ".join(self._word(part) for part in path if part not in _FORM)

    def _word(self, part: str) -> str:
        for listed in _LISTS:
            if part in TERMS.get(listed, {}):
                return term(listed, part, self.language)
        return part.replace("_", " ")

    def _cited(self, names: Plain) -> tuple[Reference, ...]:
        known = self.tree.get("references")
        cited = [known.get(str(name)) for name in names or ()] if isinstance(known, dict) else []
        return tuple(
            Reference(str(found.get("title")), _text(found.get("href"))) for found in cited if isinstance(found, dict)
        )


def _is_nested(node: Plain) -> bool:
    return isinstance(node, dict) or (isinstance(node, list) and any(isinstance(item, dict | list) for item in node))


def _without(node: Mapping[str, Plain], key: str) -> dict[str, Plain]:
    return {name: value for name, value in node.items() if name != key}


def _text(node: Plain) -> str | None:
    return None if node is None else str(node)


def _number(text: str) -> str | int:
    digits = text.replace("_", "")
    return int(digits) if digits.isdigit() and str(int(digits)) == digits else text


def _value(node: Plain) -> str | int | tuple[str, ...] | None:
    if isinstance(node, list):
        return tuple(str(item) for item in node)
    return _number(node) if isinstance(node, str) else None


def _parameter(node: Plain) -> Parameter:
    if isinstance(node, list):
        return [str(item) for item in node]
    return _number(node) if isinstance(node, str) else str(node)
