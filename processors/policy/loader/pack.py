"""One benefit, read from its file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from events.sources import SOURCES
from processors.policy.loader.amount import MEMBERS, amount
from processors.policy.loader.commons import BIRTH_STEPS
from processors.policy.loader.dates import dated
from processors.policy.loader.entitlement import entitlement
from processors.policy.loader.nodes import Item, choice, code, fields, listed, text, whole
from processors.policy.loader.overlays import overlays
from processors.policy.loader.rules import rules
from processors.policy.loader.sources import BASIS_KEYS, Sources, basis, figure
from processors.policy.model import Basis, Books, Dated, ForShape, LifeEvent, Pack, Unit, WageFigure
from processors.policy.predicates import enrolment, person

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processors.policy.loader.commons import Lists

_KEYS = (
    "benefit",
    "title",
    "unit",
    "for",
    "scheme",
    "entitlement",
    "amount",
    "rules",
    "priority",
    "tolerance",
    "certifier",
    "books",
)
_CHOSEN = ("priority", "tolerance", "certifier")
_COFOG = re.compile(r"[0-9]{2}\.[0-9]\.[0-9]")
_GFSM = re.compile(r"[0-9]{2,5}")


def read_pack(item: Item, lists: Lists, digest: bytes) -> Pack:
    """The pack of one file; raises PolicyError at the first thing that is wrong."""
    found = fields(item, _KEYS, ("references", "overlays"))
    sources = Sources(found.get("references"))
    title = fields(found["title"], ("en", "km"))
    unit = choice(found["unit"], Unit)
    entitled = entitlement(found["entitlement"], lists, sources)
    paid = amount(found["amount"], entitled.event, lists, sources)
    in_force = dated(found["rules"], lambda entry: rules(entry, lists, sources))
    added = overlays(found["overlays"], entitled.event, paid, in_force, lists, sources) if "overlays" in found else ()
    pack = Pack(
        benefit=code(found["benefit"]),
        english=text(title["en"]),
        khmer=text(title["km"]),
        unit=unit,
        shape=choice(found["for"], ForShape),
        scheme=listed(found["scheme"], lists.of("benefit_schemes"), "benefit_schemes"),
        amount=paid,
        entitlement=entitled,
        rules=in_force,
        priority=dated(found["priority"], lambda entry: whole(_valued(entry, sources))),
        tolerance_minor=dated(found["tolerance"], lambda entry: _tolerance(entry, paid.currency, sources)),
        certifier=dated(found["certifier"], lambda entry: listed(_valued(entry, sources), SOURCES, "sources")),
        books=_books(found["books"], lists),
        digest=digest,
        bases={name: dated(found[name], lambda entry: _basis(entry, sources)) for name in _CHOSEN},
        overlays=added,
    )
    sources.check_all_cited()
    _check_in_force(found, pack)
    _check_leave(found, pack)
    _check_birth(found, pack)
    _check_unit(found, pack)
    return pack


def _valued(item: Item, sources: Sources) -> Item:
    """The `value` of something that is chosen and not a figure of law, with what it stands on checked."""
    found = fields(item, ("value", "status"), BASIS_KEYS)
    basis(item, found, sources)
    return found["value"]


def _basis(item: Item, sources: Sources) -> Basis:
    """What something that is chosen stands on."""
    return basis(item, fields(item, ("value", "status"), ("unit", *BASIS_KEYS)), sources)


def _tolerance(item: Item, currency: str, sources: Sources) -> int:
    found = figure(item, sources, (currency,))
    if found.value is None:
        raise item.error("a tolerance cannot be unset", "Write 0 where none is known")
    return found.value


def _books(item: Item, lists: Lists) -> Books:
    found = fields(item, ("programme", "operator", "fund", "cofog", "gfsm"))
    for name, pattern, example in (("cofog", _COFOG, "10.4.0"), ("gfsm", _GFSM, "2721")):
        if not pattern.fullmatch(text(found[name])):
            raise found[name].error(f"`{text(found[name])}` is no {name.upper()} code", f"Write it as {example}")
    return Books(
        programme=listed(found["programme"], lists.of("programmes"), "programmes"),
        operator=listed(found["operator"], SOURCES, "sources"),
        fund=listed(found["fund"], lists.of("funds"), "funds"),
        cofog=text(found["cofog"]),
        gfsm=text(found["gfsm"]),
    )


def _needed_of_wage(pack: Pack) -> list[Dated[object]]:
    """What a wage is worked out with, as one value by date that is there while all of it is; ceilings are of months."""
    figures = pack.amount.wage.figures if pack.amount.wage is not None else {}
    told = [dated for name, dated in figures.items() if name is not WageFigure.CEILING]
    days = sorted({begins for values in told for begins, _ in values.entries})
    whole = [(begins, True if all(values.on(begins) is not None for values in told) else None) for begins in days]
    return [Dated[object](tuple(whole))]


def _check_leave(found: dict[str, Item], pack: Pack) -> None:
    """A leave lasts the days it is asked for, or a fixed number from the day it is asked for."""
    if pack.amount.wage is None:
        return
    fixed = WageFigure.DAYS in pack.amount.wage.figures
    wanted = ForShape.ON if fixed else ForShape.PERIOD
    if pack.shape is not wanted:
        days = "a fixed number of" if fixed else "the asked"
        raise found["for"].error(f"{days} days are paid, and it is asked for by {pack.shape}", f"Write `for: {wanted}`")


def _check_birth(found: dict[str, Item], pack: Pack) -> None:
    """A birth, and a leave that begins with one, is held by the database under the number of its step."""
    event, step = pack.entitlement.event, pack.entitlement.step
    of_birth = event is LifeEvent.BIRTH or (event is LifeEvent.LEAVE and pack.shape is ForShape.ON)
    if of_birth and step not in BIRTH_STEPS:
        raise found["entitlement"].error(
            f"`{step}` is no step of a birth that the database could hold", f"Known: {', '.join(BIRTH_STEPS)}"
        )


_SHAPE_OF: Mapping[LifeEvent, tuple[ForShape, ...]] = {
    LifeEvent.BIRTH: (ForShape.ON,),
    LifeEvent.VISIT: (ForShape.ON,),
    LifeEvent.MONTH: (ForShape.MONTH,),
    LifeEvent.ROUND: (ForShape.ROUND,),
    LifeEvent.EPISODE: (ForShape.ENCOUNTER,),
    LifeEvent.LEAVE: (ForShape.ON, ForShape.PERIOD),
}
"""What a request must tell so that its event in life can be recognised."""

_OF_A_PERSON = frozenset(kind.name for kind in (*enrolment.KINDS, *person.KINDS))
_OF_A_HOUSEHOLD = frozenset({LifeEvent.MONTH, LifeEvent.ROUND})


def _check_unit(found: dict[str, Item], pack: Pack) -> None:
    """What is asked of a person is asked of no household, and the reverse; the shape of `for` tells the event."""
    event = pack.entitlement.event
    if pack.shape not in _SHAPE_OF[event]:
        what = f"a request for {pack.shape} does not tell a {event}"
        raise found["for"].error(what, f"One of: {', '.join(_SHAPE_OF[event])}")
    parts = (*pack.amount.parts, *(part for overlay in pack.overlays for part in overlay.parts))
    if pack.unit is Unit.PERSON:
        if any(table.times in MEMBERS for part in parts for _, table in part.tables.entries if table is not None):
            raise found["amount"].error("a person has no members to be paid for", "Let the unit be household")
        return
    if event not in _OF_A_HOUSEHOLD:
        raise found["unit"].error(f"a household has no {event}", "Let the unit be person")
    for _, rules_of_day in pack.rules.entries:
        for rule in (told for entry in rules_of_day or () for told in entry.told):
            if rule.name in _OF_A_PERSON:
                raise found["rules"].error(f"`{rule.name}` is asked of a household", "Ask it of persons alone")


def _check_in_force(found: dict[str, Item], pack: Pack) -> None:
    """On every day on which the rules hold, amount (set or `unset`), priority, tolerance and certifier are told."""
    needed: dict[str, list[Dated[object]]] = {
        "amount": [Dated(part.tables.entries) for part in pack.amount.parts] or _needed_of_wage(pack),
        "priority": [Dated(pack.priority.entries)],
        "tolerance": [Dated(pack.tolerance_minor.entries)],
        "certifier": [Dated(pack.certifier.entries)],
    }
    for name, told in needed.items():
        changes = (pack.rules.entries, *(values.entries for values in told))
        for begins in sorted({begins for entries in changes for begins, _ in entries}):
            if pack.rules.on(begins) is not None and all(values.on(begins) is None for values in told):
                raise found[name].error(f"`{name}` is not told from {begins} while the rules hold", "Add a dated value")
    first = min(values.entries[0][0] for values in needed["amount"])
    if pack.rules.entries[0][0] > first:
        what = f"an amount is told from {first}, before any rule holds"
        raise found["amount"].error(what, "Let amount and rules begin on the same day")
