"""One benefit, read from its file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from events.money import CURRENCIES
from processors.policy.loader.dates import dated
from processors.policy.loader.entitlement import entitlement
from processors.policy.loader.nodes import Item, choice, code, fields, listed, text, whole
from processors.policy.loader.rules import rules
from processors.policy.loader.sources import BASIS_KEYS, Sources, basis, figure
from processors.policy.model import Amount, Books, Dated, ForShape, LifeEvent, Pack, Unit

if TYPE_CHECKING:
    from datetime import date

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
PAID_PER = {LifeEvent.BIRTH: ("birth", "baby"), LifeEvent.VISIT: ("visit",), LifeEvent.MONTH: ("month",)}
"""What an amount may be paid for, by the event in life of the benefit."""

_COFOG = re.compile(r"[0-9]{2}\.[0-9]\.[0-9]")
_GFSM = re.compile(r"[0-9]{2,5}")


def read_pack(item: Item, lists: Lists, digest: bytes) -> Pack:
    """The pack of one file; raises PolicyError at the first thing that is wrong."""
    found = fields(item, _KEYS, ("references",))
    sources = Sources(found.get("references"))
    title = fields(found["title"], ("en", "km"))
    unit = choice(found["unit"], Unit)
    entitled = entitlement(found["entitlement"], lists, sources)
    amount = _amount(found["amount"], entitled.event, sources)
    pack = Pack(
        benefit=code(found["benefit"]),
        english=text(title["en"]),
        khmer=text(title["km"]),
        unit=unit,
        shape=choice(found["for"], ForShape),
        scheme=listed(found["scheme"], lists.of("benefit_schemes"), "benefit_schemes"),
        amount=amount,
        entitlement=entitled,
        rules=dated(found["rules"], lambda entry: rules(entry, lists, sources)),
        priority=dated(found["priority"], lambda entry: whole(_valued(entry, sources))),
        tolerance_minor=dated(found["tolerance"], lambda entry: _tolerance(entry, amount.currency, sources)),
        certifier=dated(found["certifier"], lambda entry: listed(_valued(entry, sources), lists.sources, "sources")),
        books=_books(found["books"], lists),
        digest=digest,
    )
    sources.check_all_cited()
    _check_in_force(found, pack)
    return pack


def _amount(item: Item, event: LifeEvent, sources: Sources) -> Amount:
    found = fields(item, ("currency", "values"))
    currency = text(found["currency"])
    if currency not in CURRENCIES:
        raise found["currency"].error(
            f"`{currency}` is no currency of the contract", f"One of: {', '.join(CURRENCIES)}"
        )
    units = tuple(f"{currency}/{paid}" for paid in PAID_PER[event])
    figures = dated(found["values"], lambda entry: figure(entry, sources, units))
    babies = tuple((begins, None if it is None else it.unit.endswith("/baby")) for begins, it in figures.entries)
    return Amount(currency, Dated(babies), figures)


def _valued(item: Item, sources: Sources) -> Item:
    """The `value` of something that is chosen and not a figure of law, with what it stands on checked."""
    found = fields(item, ("value", "status"), BASIS_KEYS)
    basis(item, found, sources)
    return found["value"]


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
        operator=listed(found["operator"], lists.sources, "sources"),
        fund=listed(found["fund"], lists.of("funds"), "funds"),
        cofog=text(found["cofog"]),
        gfsm=text(found["gfsm"]),
    )


def _check_in_force(found: dict[str, Item], pack: Pack) -> None:
    """On every day on which the rules hold, amount (set or `unset`), priority, tolerance and certifier are told."""
    needed: dict[str, Dated[object]] = {
        "amount": Dated(pack.amount.figures.entries),
        "priority": Dated(pack.priority.entries),
        "tolerance": Dated(pack.tolerance_minor.entries),
        "certifier": Dated(pack.certifier.entries),
    }
    for name, values in needed.items():
        days: set[date] = {begins for begins, _ in (*pack.rules.entries, *values.entries)}
        for begins in sorted(days):
            if pack.rules.on(begins) is not None and values.on(begins) is None:
                raise found[name].error(f"`{name}` is not told from {begins} while the rules hold", "Add a dated value")
    if pack.rules.entries[0][0] > pack.amount.figures.entries[0][0]:
        what = f"an amount is told from {pack.amount.figures.entries[0][0]}, before any rule holds"
        raise found["amount"].error(what, "Let amount and rules begin on the same day")
