"""Values by the date they begin."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from processors.policy.loader.nodes import Item, entries, text
from processors.policy.model import Dated

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def day(item: Item) -> date:
    """A date written `YYYY-MM-DD`."""
    written = text(item)
    try:
        found = date.fromisoformat(written) if _DATE.fullmatch(written) else None
    except ValueError:
        found = None
    if found is None:
        raise item.error(f"`{written}` is no date", "Write a date that exists, as 2023-08-01")
    return found


def dated(item: Item, read: Callable[[Item], T]) -> Dated[T]:
    """`date: value` in rising order; each value holds until the next date, a null ends the one before it."""
    found: list[tuple[date, T | None]] = []
    for key, value in entries(item):
        begins = day(key)
        if found and begins <= found[-1][0]:
            what = f"{begins} does not come after {found[-1][0]}, so the two would hold at once"
            raise key.error(what, "Write dates in rising order, each once")
        if value.is_null and (not found or found[-1][1] is None):
            raise value.error(f"nothing is in force that {begins} could end", "Remove the date, or give it a value")
        found.append((begins, None if value.is_null else read(value)))
    if not found:
        raise item.error("no date is given", "Add `YYYY-MM-DD: value`")
    return Dated(tuple(found))
