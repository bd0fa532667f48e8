"""What all packs share, read from `common.yaml`: code lists, source order, windows, exclusivity groups."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, TypeVar, get_args, get_type_hints

from events.enrolment import FacilityRegistered, HouseholdIdentified, PersonEnrolled
from events.sources import SOURCES
from events.verification import ContributionRecorded, Measure
from processors.policy.loader.dates import dated, day
from processors.policy.loader.nodes import Item, choice, code, entries, fields, listed, sequence, text
from processors.policy.loader.sources import BASIS_KEYS, Sources, basis, figure
from processors.policy.model import BirthReading, Dated, Figure, LifeEvent, Status, Validity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from processors.policy.model import Reference

V = TypeVar("V")

PAYMENT_TYPES = "payment_types"
DATED_LISTS = ("schemes", "conditions", "services", "traits", "categories", PAYMENT_TYPES)
"""Lists of codes that records carry; each code may have days on which it begins and ends."""

CODE_LISTS = (
    "benefit_schemes",
    "schemes",
    "conditions",
    "services",
    "traits",
    "categories",
    "steps",
    "programmes",
    "funds",
)


def _literals(struct: type, field: str) -> tuple[str, ...]:
    """The texts a field of the contract may hold."""
    hint = get_type_hints(struct)[field]
    nested = (arg if isinstance(arg, str) else get_args(arg) for arg in get_args(hint))
    return tuple(text for part in nested for text in ((part,) if isinstance(part, str) else part))


CONTRACT_LISTS: Mapping[str, tuple[str, ...]] = {
    "areas": _literals(HouseholdIdentified, "area"),
    "facility_levels": _literals(FacilityRegistered, "level"),
    "levels": _literals(HouseholdIdentified, "level"),
    "grades": _literals(PersonEnrolled, "grade"),
    "measures": Measure.__struct_fields__,
    "branches": _literals(ContributionRecorded, "branch"),
}
"""Lists that are closed in the contract itself, so no pack can add to them."""

_KEYS = ("codes", PAYMENT_TYPES, "source_order", "windows", "incomplete_birth_date", "exclusivity")

WINDOWS = {
    "birth_window_days": "days",
    "pregnancy_days": "days",
    "after_delivery_days": "days",
    "month_reference_day": "day of month",
}
DAY_GROUPS = ("wage_replacement",)
"""Groups that hold days; the database knows each by a stable number (`WINDOW_GROUPS` of pipeline.decide.writing)."""

BIRTH_STEPS = ("delivery", "maternity")
"""Steps a birth is claimed for, once each; numbered likewise, so that the database holds them too."""

LAST_REFERENCE_DAY = 28
"""Every month has the days up to here."""


class GroupBasis(StrEnum):
    """Whether an exclusivity row is law or our assumption."""

    LAW = "law"
    ASSUMPTION = "assumption"


@dataclass(frozen=True, slots=True)
class Group:
    """An exclusivity group: which sides compete for what, why, and which prevails over one submitted."""

    per: LifeEvent
    sides: tuple[str, ...]
    basis: GroupBasis
    note: str
    references: tuple[Reference, ...] = ()
    prevails: str | None = None


@dataclass(frozen=True, slots=True)
class Lists:
    """The commons as read: codes with their meaning by list, and everything else by name.

    `validity` tells of those codes that begin or end, by list and code.
    """

    codes: Mapping[str, Mapping[str, str]]
    payment_types: Mapping[str, str]
    sources: Dated[Mapping[str, int]]
    windows: Mapping[str, Dated[Figure]]
    incomplete_birth_date: Dated[BirthReading]
    groups: Mapping[str, Group]
    validity: Mapping[tuple[str, str], Validity]

    def of(self, name: str) -> Collection[str]:
        """The codes of one list, of the commons, of NPCA's payment types, or of the contract."""
        if name == PAYMENT_TYPES:
            return self.payment_types
        return CONTRACT_LISTS[name] if name in CONTRACT_LISTS else self.codes[name]


def read_commons(item: Item) -> Lists:
    """The commons; raises PolicyError at the first thing that is wrong."""
    found = fields(item, _KEYS, ("references",))
    references = Sources(found.get("references"))
    lists = fields(found["codes"], CODE_LISTS)
    windows = {
        name: _always(value, dated(value, partial(_window, name=name, references=references)))
        for name, value in fields(found["windows"], tuple(WINDOWS)).items()
    }
    groups = {code(key): _group(value, code(key), references) for key, value in entries(found["exclusivity"])}
    references.check_all_cited()
    validity: dict[tuple[str, str], Validity] = {}
    return Lists(
        codes={name: _codes(name, lists[name], code, validity) for name in CODE_LISTS},
        payment_types=_codes(PAYMENT_TYPES, found[PAYMENT_TYPES], text, validity),
        sources=_always(found["source_order"], dated(found["source_order"], _ranks)),
        windows=windows,
        incomplete_birth_date=_always(
            found["incomplete_birth_date"],
            dated(found["incomplete_birth_date"], lambda entry: _reading(entry, references)),
        ),
        groups=groups,
        validity=validity,
    )


def _codes(
    name: str, item: Item, read: Callable[[Item], str], validity: dict[tuple[str, str], Validity]
) -> dict[str, str]:
    """Codes with their meaning: `code: meaning`, or `code: {title, from, until}` for one that begins or ends.

    Lists that only packs and no record may name hold for ever.
    """
    found: dict[str, str] = {}
    for key, value in entries(item):
        if not value.is_mapping:
            found[read(key)] = text(value)
            continue
        if name not in DATED_LISTS:
            raise value.error(f"codes of {name} have no days", "Write `code: meaning`")
        told = fields(value, ("title",), ("from", "until"))
        bounds = Validity(*(day(told[name]) if name in told else None for name in ("from", "until")))
        if bounds == Validity(None, None):
            raise value.error("neither `from` nor `until` is told", "Add one of them, or write `code: meaning`")
        if bounds.since is not None and bounds.until is not None and bounds.until < bounds.since:
            raise told["until"].error(f"{bounds.until} lies before {bounds.since}", "Write the last day it may be used")
        found[read(key)] = text(told["title"])
        validity[(name, read(key))] = bounds
    return found


def _always(item: Item, values: Dated[V]) -> Dated[V]:
    """Values without which nothing can be decided: they may change, and never end."""
    if any(value is None for _, value in values.entries):
        raise item.error("this must always hold, and is ended by a null", "Replace the null by a value")
    return values


def _reading(item: Item, references: Sources) -> BirthReading:
    found = fields(item, ("value", "status"), BASIS_KEYS)
    basis(item, found, references)
    return choice(found["value"], BirthReading)


def _ranks(item: Item) -> dict[str, int]:
    ranks: dict[str, int] = {}
    for entry in sequence(item):
        source = listed(entry, SOURCES, "sources")
        if source in ranks:
            raise entry.error(f"source `{source}` stands twice", "Keep one of them")
        ranks[source] = len(ranks)
    missing = [source for source in SOURCES if source not in ranks]
    if missing:
        raise item.error(f"no place for {', '.join(missing)}", "Rank every source of the contract")
    return ranks


def _window(item: Item, name: str, references: Sources) -> Figure:
    found = figure(item, references, (WINDOWS[name],))
    if found.status is Status.UNSET or not found.value:
        raise item.error(f"`{name}` must be a number above zero", "Set a value; nothing can be recognised without it")
    if name == "month_reference_day" and found.value > LAST_REFERENCE_DAY:
        raise item.error("not every month has this day", f"Choose a day up to {LAST_REFERENCE_DAY}")
    return found


def _group(item: Item, name: str, references: Sources) -> Group:
    found = fields(item, ("per", "sides", "basis", "note"), ("references", "prevails"))
    basis = choice(found["basis"], GroupBasis)
    cited = references.cite(found["references"]) if "references" in found else ()
    if basis is GroupBasis.LAW and not cited:
        raise item.error("`references` is missing where the basis is law", "Cite the law, or call it an assumption")
    per = choice(found["per"], LifeEvent)
    if per is LifeEvent.LEAVE and name not in DAY_GROUPS:
        raise item.error(f"no group of days is called `{name}`", f"Known: {', '.join(DAY_GROUPS)}")
    sides = tuple(code(side) for side in sequence(found["sides"]))
    if len(set(sides)) != len(sides) or len(sides) == 1:
        raise found["sides"].error("an exclusivity group needs two different sides or more", "Name each side once")
    prevails = listed(found["prevails"], sides, "sides") if "prevails" in found else None
    if prevails is not None and per is not LifeEvent.ROUND:
        raise found["prevails"].error(f"no side of a group per {per} can prevail", "Let it be per round, or remove it")
    return Group(per, sides, basis, text(found["note"]), cited, prevails)
