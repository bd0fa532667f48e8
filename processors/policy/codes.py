"""The codes a record may carry, gathered from the packs and the commons; admission reads nothing else of policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from processors.policy.loader.commons import DATED_LISTS
from processors.policy.model import CodeLists, Dated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processors.policy.loader.commons import Lists
    from processors.policy.model import Pack, Policy


def code_lists(packs: Mapping[str, Pack], lists: Lists) -> CodeLists:
    """Benefits with their unit, `for` shape and scheme, and every list of the commons, by day where codes are dated."""
    found = _lists(packs, {name: frozenset(lists.of(name)) for name in DATED_LISTS})
    if not lists.validity:
        return found
    after = (told.until + timedelta(days=1) for told in lists.validity.values() if told.until is not None)
    since = (told.since for told in lists.validity.values() if told.since is not None)
    days = sorted({date.min, *since, *after})
    return replace(found, by_day=Dated(tuple((day, _lists(packs, _on(lists, day))) for day in days)))


def _on(lists: Lists, day: date) -> dict[str, frozenset[str]]:
    """The codes of each list that may be used on a day."""
    ended = {name for name, told in lists.validity.items() if not told.holds(day)}
    return {name: frozenset(code for code in lists.of(name) if (name, code) not in ended) for name in DATED_LISTS}


def _lists(packs: Mapping[str, Pack], named: Mapping[str, frozenset[str]]) -> CodeLists:
    return CodeLists(
        benefits={benefit: pack.unit for benefit, pack in packs.items()},
        shapes={benefit: pack.shape for benefit, pack in packs.items()},
        benefit_schemes={benefit: pack.scheme for benefit, pack in packs.items()},
        schemes=named["schemes"],
        conditions=named["conditions"],
        services=named["services"],
        traits=named["traits"],
        categories=named["categories"],
        payment_types=named["payment_types"],
        funds=frozenset(pack.books.fund for pack in packs.values()),
        programmes=frozenset(pack.books.programme for pack in packs.values()),
    )


def codes(policy: Policy) -> CodeLists:
    """The codes admission checks a record against."""
    return policy.commons.codes
