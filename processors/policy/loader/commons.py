"""What all packs share, read from `common.yaml`: code lists, source order, windows, exclusivity groups."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, get_args, get_type_hints

from events.enrolment import HouseholdIdentified, PersonEnrolled
from events.sources import SOURCES
from events.verification import Measure
from processors.policy.loader.nodes import Item, choice, code, entries, fields, listed, sequence, text
from processors.policy.loader.sources import Sources, figure
from processors.policy.model import Figure, LifeEvent, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

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
    "levels": _literals(HouseholdIdentified, "level"),
    "grades": _literals(PersonEnrolled, "grade"),
    "measures": Measure.__struct_fields__,
}
"""Lists that are closed in the contract itself, so no pack can add to them."""

WINDOWS = {
    "birth_window_days": "days",
    "pregnancy_days": "days",
    "after_delivery_days": "days",
    "month_reference_day": "day of month",
}
LAST_REFERENCE_DAY = 28
"""Every month has the days up to here."""


class GroupBasis(StrEnum):
    """Whether an exclusivity row is law or our assumption."""

    LAW = "law"
    ASSUMPTION = "assumption"


@dataclass(frozen=True, slots=True)
class Group:
    """An exclusivity group: which sides compete for what, and why."""

    per: LifeEvent
    sides: tuple[str, ...]
    basis: GroupBasis
    note: str


@dataclass(frozen=True, slots=True)
class Lists:
    """The commons as read: codes with their meaning by list, and everything else by name."""

    codes: Mapping[str, Mapping[str, str]]
    payment_types: Mapping[str, str]
    sources: Mapping[str, int]
    windows: Mapping[str, Figure]
    groups: Mapping[str, Group]

    def of(self, name: str) -> Collection[str]:
        """The codes of one list, of the commons or of the contract."""
        return CONTRACT_LISTS[name] if name in CONTRACT_LISTS else self.codes[name]


def read_commons(item: Item) -> Lists:
    """The commons; raises PolicyError at the first thing that is wrong."""
    found = fields(item, ("codes", "payment_types", "source_order", "windows", "exclusivity"), ("references",))
    references = Sources(found.get("references"))
    lists = fields(found["codes"], CODE_LISTS)
    windows = {
        name: _window(value, name, references) for name, value in fields(found["windows"], tuple(WINDOWS)).items()
    }
    groups = {code(key): _group(value, references) for key, value in entries(found["exclusivity"])}
    references.check_all_cited()
    return Lists(
        codes={name: {code(key): text(value) for key, value in entries(lists[name])} for name in CODE_LISTS},
        payment_types={text(key): text(value) for key, value in entries(found["payment_types"])},
        sources=_ranks(found["source_order"]),
        windows=windows,
        groups=groups,
    )


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


def _group(item: Item, references: Sources) -> Group:
    found = fields(item, ("per", "sides", "basis", "note"), ("references",))
    basis = choice(found["basis"], GroupBasis)
    if "references" in found:
        references.cite(found["references"])
    elif basis is GroupBasis.LAW:
        raise item.error("`references` is missing where the basis is law", "Cite the law, or call it an assumption")
    sides = tuple(code(side) for side in sequence(found["sides"]))
    if len(set(sides)) != len(sides) or len(sides) == 1:
        raise found["sides"].error("an exclusivity group needs two different sides or more", "Name each side once")
    return Group(choice(found["per"], LifeEvent), sides, basis, text(found["note"]))
