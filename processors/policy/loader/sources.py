"""What every figure and rule must tell of itself: unit, status, and where it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from processors.policy.loader.nodes import Item, choice, code, entries, fields, sequence, text, whole
from processors.policy.model import Basis, Figure, Reference, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

CONFLICT = "conflict"
BASIS_KEYS = ("references", "note", CONFLICT)
_NOT_WRITTEN = (Status.ASSUMPTION, Status.UNSET)


class Sources:
    """The references of one file by their short names; each must be cited, or it is a slip."""

    def __init__(self, item: Item | None) -> None:
        self._known: dict[str, tuple[Item, Reference]] = {}
        self._cited: set[str] = set()
        for key, value in entries(item) if item is not None else ():
            found = fields(value, ("title",), ("href",))
            href = text(found["href"]) if "href" in found else None
            self._known[code(key)] = (key, Reference(text(found["title"]), href))

    def cite(self, item: Item) -> tuple[Reference, ...]:
        """The references a list of short names stands for."""
        found = []
        for name in sequence(item):
            short = code(name)
            if short not in self._known:
                raise name.error(f"`{short}` is not among the references of this file", "Add it under `references:`")
            self._cited.add(short)
            found.append(self._known[short][1])
        return tuple(found)

    def check_all_cited(self) -> None:
        """Raise PolicyError for a reference nothing cites."""
        for short, (key, _) in self._known.items():
            if short not in self._cited:
                raise key.error(
                    f"reference `{short}` is cited nowhere", "Cite it at the figure it speaks of, or remove it"
                )


def basis(item: Item, found: Mapping[str, Item], sources: Sources) -> Basis:
    """Status, references and note of a figure or rule: what is not written anywhere must be explained by a note."""
    if "status" not in found:
        raise item.error("`status` is missing", f"Add `status:`, one of {', '.join(Status)}")
    status = choice(found["status"], Status)
    cited = sources.cite(found["references"]) if "references" in found else ()
    note = text(found["note"]) if "note" in found else None
    if CONFLICT in found:
        if not cited:
            raise found[CONFLICT].error("`conflict` tells where sources differ, and none is cited", "Cite them")
        note = " ".join(part for part in (note, f"Sources conflict: {text(found[CONFLICT])}") if part)
    if status in _NOT_WRITTEN and note is None:
        raise item.error(f"`note` is missing where the status is {status}", "Say in `note:` why, and what was searched")
    if status not in _NOT_WRITTEN and not cited:
        raise item.error(f"`references` is missing where the status is {status}", "Cite where the figure is written")
    return Basis(status, cited, note)


def figure(
    item: Item, sources: Sources, units: Collection[str], extra: Collection[str] = (), *, valued: bool = True
) -> Figure:
    """One figure: `value`, `unit`, `status`, `references`, `note`; `extra` keys are the caller's.

    With `valued=False` the values stand in a table of the caller, and this is what holds for all of them.
    """
    found = fields(item, ("unit", "status"), ("value", *BASIS_KEYS, *extra))
    unit = text(found["unit"])
    if unit not in units:
        raise found["unit"].error(f"`{unit}` is no unit of this figure", f"One of: {', '.join(units)}")
    told = basis(item, found, sources)
    if not valued:
        if "value" in found:
            raise found["value"].error("a table has values of its own", "Remove `value:`")
        return Figure(None, unit, told.status, told.references, told.note)
    if told.status is Status.UNSET and "value" in found:
        raise found["value"].error("a figure that is `unset` has no value", "Remove the value, or say its status")
    if told.status is not Status.UNSET and "value" not in found:
        raise item.error(
            f"`value` is missing where the status is {told.status}", "Add `value:`, or set the status `unset`"
        )
    value = whole(found["value"]) if "value" in found else None
    return Figure(value, unit, told.status, told.references, told.note)
