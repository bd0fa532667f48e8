"""What one payment is: one figure by date, or parts of which each has figures of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from events.money import CURRENCIES
from processors.policy.loader.dates import dated
from processors.policy.loader.nodes import Item, choice, code, entries, fields, listed, sequence, text, whole
from processors.policy.loader.sources import BASIS_KEYS, Sources, basis, figure
from processors.policy.loader.wage import wage
from processors.policy.model import Amount, Dated, Dimension, Figure, LifeEvent, MemberTest, Part, Status, Table, Times

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from processors.policy.loader.commons import Lists

PAID_PER: Mapping[LifeEvent, tuple[Times, ...]] = {
    LifeEvent.BIRTH: (Times.BIRTH, Times.BABY),
    LifeEvent.VISIT: (Times.VISIT,),
    LifeEvent.MONTH: (Times.MONTH, Times.HOUSEHOLD, Times.MEMBER, Times.FURTHER_MEMBER),
    LifeEvent.ROUND: (Times.ROUND, Times.HOUSEHOLD, Times.MEMBER, Times.FURTHER_MEMBER),
    LifeEvent.EPISODE: (Times.EPISODE,),
    LifeEvent.LEAVE: (),
}
"""What an amount may be paid for, by the event in life of the benefit."""

ONLY_PART = "amount"
"""The name of the one part of an amount that is not told in parts."""

MEMBERS = (Times.MEMBER, Times.FURTHER_MEMBER)
_TESTS = ("age_below", "age_at_least", "trait")


def amount(item: Item, event: LifeEvent, lists: Lists, sources: Sources) -> Amount:
    """The amount of a pack; raises PolicyError at the first thing that is wrong."""
    found = fields(item, ("currency",), ("values", "parts", "wage"))
    currency = text(found["currency"])
    if currency not in CURRENCIES:
        raise found["currency"].error(
            f"`{currency}` is no currency of the contract", f"One of: {', '.join(CURRENCIES)}"
        )
    if event is LifeEvent.LEAVE and "wage" in found and len(found) == len(("currency", "wage")):
        return Amount(currency, (), wage(found["wage"], currency, lists, sources))
    if "wage" in found or event is LifeEvent.LEAVE:
        raise item.error("a leave, and nothing else, is paid by `wage`", "Write `wage:` alone for a leave")
    if len(found) != len(("currency", "values")):
        raise item.error("an amount has `values` or `parts`", "Write `values:` for one figure by date, else `parts:`")
    units = tuple(f"{currency}/{paid}" for paid in PAID_PER[event])
    if "values" in found:
        tables = dated(found["values"], lambda entry: _table(entry, (), units, lists, sources))
        return Amount(currency, (Part(ONLY_PART, tables),))
    return Amount(
        currency, tuple(_part(code(key), value, units, lists, sources) for key, value in entries(found["parts"]))
    )


def extra_part(name: str, item: Item, since: date, units: tuple[str, ...], lists: Lists, sources: Sources) -> Part:
    """A part that an overlay adds: as a part of the pack, but with one `figure` and one `who` from `since` on."""
    found = fields(item, ("figure",), ("by", "who"))
    by = tuple(choice(entry, Dimension) for entry in sequence(found["by"])) if "by" in found else ()
    tables = Dated(((since, _table(found["figure"], by, units, lists, sources)),))
    who = Dated(((since, _who(found["who"], lists, sources)),)) if "who" in found else None
    return _checked(found, Part(name, tables, who))


def _part(name: str, item: Item, units: tuple[str, ...], lists: Lists, sources: Sources) -> Part:
    found = fields(item, ("values",), ("by", "who"))
    by = tuple(choice(entry, Dimension) for entry in sequence(found["by"])) if "by" in found else ()
    tables = dated(found["values"], lambda entry: _table(entry, by, units, lists, sources))
    who = dated(found["who"], lambda entry: _who(entry, lists, sources)) if "who" in found else None
    return _checked(found, Part(name, tables, who))


def _checked(found: Mapping[str, Item], part: Part) -> Part:
    """A part whose `who` is told, where it is, exactly for what is paid by member, and on every day of it."""
    if part.who is None:
        return part
    if any(table.times not in MEMBERS for _, table in part.tables.entries if table is not None):
        raise found["who"].error("`who` tells which members count, and nothing is paid by member", "Remove `who:`")
    for begins in sorted({begins for begins, _ in (*part.tables.entries, *part.who.entries)}):
        if part.tables.on(begins) is not None and part.who.on(begins) is None:
            raise found["who"].error(f"`who` is not told on {begins}, when members are paid", "Add a dated value")
    return part


def _table(item: Item, by: tuple[Dimension, ...], units: tuple[str, ...], lists: Lists, sources: Sources) -> Table:
    if not by:
        one = figure(item, sources, units)
        return Table(_times(one), by, {(): one})
    head = figure(item, sources, units, extra=("table",), valued=False)
    rows = fields(item, ("table",), ("unit", "status", *BASIS_KEYS))["table"]
    figures: dict[tuple[str, ...], Figure] = {}
    _rows(rows, by, (), head, lists, sources, figures)
    return Table(_times(head), by, figures)


def _times(one: Figure) -> Times:
    return Times(one.unit.rpartition("/")[2])


def _rows(
    item: Item,
    by: Sequence[Dimension],
    path: tuple[str, ...],
    head: Figure,
    lists: Lists,
    sources: Sources,
    into: dict[tuple[str, ...], Figure],
) -> None:
    """The rows of a table, nested in the order of `by`; a row may have a status of its own."""
    if len(path) == len(by):
        into[path] = _cell(item, head, sources)
        return
    name = LIST_OF_DIMENSION[by[len(path)]]
    for key, value in entries(item):
        _rows(value, by, (*path, listed(key, lists.of(name), name)), head, lists, sources, into)


def _cell(item: Item, head: Figure, sources: Sources) -> Figure:
    if not item.is_mapping:
        if head.status is Status.UNSET:
            raise item.error("a figure has a value exactly when it is not `unset`", "Give the row a status of its own")
        return replace(head, value=whole(item))
    found = fields(item, ("status",), ("value", *BASIS_KEYS))
    told = basis(item, found, sources)
    if (told.status is Status.UNSET) == ("value" in found):
        raise item.error("a figure has a value exactly when it is not `unset`", "Add or remove `value:`")
    value = whole(found["value"]) if "value" in found else None
    return Figure(value, head.unit, told.status, told.references, told.note)


def _who(item: Item, lists: Lists, sources: Sources) -> tuple[MemberTest, ...]:
    return tuple(_test(entry, lists, sources) for entry in sequence(item))


def _test(item: Item, lists: Lists, sources: Sources) -> MemberTest:
    found = fields(item, ("status",), (*_TESTS, *BASIS_KEYS))
    named = [name for name in _TESTS if name in found]
    if len(named) != 1:
        raise item.error("one test a row is expected", f"One of: {', '.join(_TESTS)}")
    told = basis(item, found, sources)
    if named[0] == "trait":
        return MemberTest("trait", listed(found["trait"], lists.of("traits"), "traits"), None, told)
    return MemberTest(named[0], None, whole(found[named[0]]), told)


LIST_OF_DIMENSION: Mapping[Dimension, str] = {
    Dimension.AREA: "areas",
    Dimension.LEVEL: "levels",
    Dimension.FACILITY_LEVEL: "facility_levels",
}
"""Which code list the rows of a table must be in."""
