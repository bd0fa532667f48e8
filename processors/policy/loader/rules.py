"""The rules of a pack: predicates of the catalogue with their parameters, each with what it stands on."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from processors.policy.loader.nodes import Item, entries, fields, listed, sequence, text, whole
from processors.policy.loader.sources import BASIS_KEYS, Sources, basis
from processors.policy.predicates import (
    PREDICATES,
    ParameterKind,
    Predicate,
    Value,
    compile_any_of,
    compile_predicate,
)
from processors.policy.predicates.any_of import ANY_OF

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processors.policy.loader.commons import Lists

LIST_OF_PARAMETER: Mapping[str, str] = {
    "scheme": "schemes",
    "schemes": "schemes",
    "level": "levels",
    "levels": "levels",
    "areas": "areas",
    "traits": "traits",
    "grade": "grades",
    "condition": "conditions",
    "measure": "measures",
    "branch": "branches",
    "categories": "categories",
    "payer": "benefit_schemes",
    "facility_levels": "facility_levels",
    "services": "services",
    "payment_types": "payment_types",
}
"""Which code list of the commons the codes of a parameter must be in."""

UNITS = ("weeks", "days", "months", "years", "percent")
"""What a number in a rule may count."""

_BASIS = ("status", "unit", *BASIS_KEYS)
_ABSENT = ("pass", "unknown")
_YES_NO = ("yes", "no")


def rules(item: Item, lists: Lists, sources: Sources) -> tuple[Predicate, ...]:
    """The predicates in force together from one date on."""
    found: list[Predicate] = []
    for entry in sequence(item):
        ways = _ways_of(entry)
        found.append(one_rule(entry, lists, sources) if ways is None else compile_any_of(_ways(ways, lists, sources)))
    _check_twice(item, found)
    return tuple(found)


def _check_twice(item: Item, found: list[Predicate]) -> None:
    said = [_said(entry) for entry in found]
    for at, entry in enumerate(found):
        if said[at] in said[:at]:
            raise sequence(item)[at].error(f"the same `{entry.name}` stands twice", "Keep one of them")


def _said(rule: Predicate) -> tuple[object, ...]:
    """What a rule asks, whatever it stands on."""
    return (rule.name, rule.parameters, tuple(tuple(_said(inner) for inner in way) for way in rule.ways))


def _ways_of(item: Item) -> Item | None:
    """What stands under `any_of`, or None for a rule that is one predicate; `any_of` has no basis of its own."""
    named = {text(key): value for key, value in entries(item)}
    if ANY_OF not in named:
        return None
    if len(named) > 1:
        what = f"`{ANY_OF}` stands beside {', '.join(sorted(named.keys() - {ANY_OF}))}"
        raise item.error(what, "Let it stand alone; each rule inside tells what it stands on")
    return named[ANY_OF]


def _ways(item: Item, lists: Lists, sources: Sources) -> tuple[tuple[Predicate, ...], ...]:
    """The ways of one `any_of`: two lists of rules or more, each of them different."""
    ways = sequence(item)
    if len(ways) == 1:
        raise item.error(f"`{ANY_OF}` has one way only", "Write the rules of this way without it, or add another way")
    found: list[tuple[Predicate, ...]] = []
    for way in ways:
        for entry in sequence(way):
            if _ways_of(entry) is not None:
                raise entry.error(f"`{ANY_OF}` stands inside another", "Write out each way on its own")
        inner = tuple(one_rule(entry, lists, sources) for entry in sequence(way))
        _check_twice(way, list(inner))
        if {_said(rule) for rule in inner} in [{_said(rule) for rule in other} for other in found]:
            raise way.error("the same way stands twice", "Keep one of them")
        found.append(inner)
    return tuple(found)


def one_rule(item: Item, lists: Lists, sources: Sources) -> Predicate:
    """One predicate with its parameters and what it stands on."""
    told: dict[str, Item] = {}
    named: list[tuple[Item, Item]] = []
    for key, value in entries(item):
        if text(key) in _BASIS:
            told[text(key)] = value
        else:
            named.append((key, value))
    for key, _ in named:
        if text(key) not in PREDICATES:
            close = get_close_matches(text(key), PREDICATES, 1)
            remedy = f"Did you mean `{close[0]}`?" if close else f"Known predicates: {', '.join(PREDICATES)}"
            raise key.error(f"`{text(key)}` is no predicate", remedy)
    if len(named) != 1:
        raise item.error("one predicate a rule is expected", "Begin each rule with a dash and one predicate")
    name = text(named[0][0])
    parameters = _parameters(named[0][1], PREDICATES[name].parameters, lists)
    fault = PREDICATES[name].fault(parameters)
    if fault is not None:
        raise named[0][1].error(f"`{name}`: {fault}", "Correct the numbers")
    _check_unit(item, told, PREDICATES[name].parameters)
    return replace(compile_predicate(name, parameters), basis=basis(item, told, sources))


def _check_unit(item: Item, told: Mapping[str, Item], kinds: Mapping[str, ParameterKind]) -> None:
    counts = ParameterKind.NUMBER in kinds.values()
    if counts and "unit" not in told:
        raise item.error("`unit` is missing where a rule has a number", f"Add `unit:`, one of {', '.join(UNITS)}")
    if "unit" not in told:
        return
    if not counts:
        raise told["unit"].error("a rule without a number has no unit", "Remove `unit:`")
    if text(told["unit"]) not in UNITS:
        raise told["unit"].error(f"`{text(told['unit'])}` is no unit of a rule", f"One of: {', '.join(UNITS)}")


def _parameters(item: Item, kinds: Mapping[str, ParameterKind], lists: Lists) -> dict[str, Value]:
    if not kinds:
        if entries(item):
            raise item.error("this predicate takes no parameters", "Write {}")
        return {}
    return {name: _value(name, value, kinds[name], lists) for name, value in fields(item, tuple(kinds)).items()}


def _value(name: str, item: Item, kind: ParameterKind, lists: Lists) -> Value:
    match kind:
        case ParameterKind.NUMBER:
            return whole(item)
        case ParameterKind.ABSENT:
            if text(item) not in _ABSENT:
                raise item.error(f"`{text(item)}` says nothing about absence", f"One of: {', '.join(_ABSENT)}")
            return text(item)
        case ParameterKind.YES_NO:
            if text(item) not in _YES_NO:
                raise item.error(f"`{text(item)}` is neither yes nor no", f"One of: {', '.join(_YES_NO)}")
            return text(item)
        case ParameterKind.CODE:
            return listed(item, lists.of(LIST_OF_PARAMETER[name]), LIST_OF_PARAMETER[name])
        case ParameterKind.CODES:
            kept: list[str] = []
            for entry in sequence(item):
                value = listed(entry, lists.of(LIST_OF_PARAMETER[name]), LIST_OF_PARAMETER[name])
                if value in kept:
                    raise entry.error(f"`{value}` stands twice", "Keep one of them")
                kept.append(value)
            return tuple(kept)
