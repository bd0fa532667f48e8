"""Who belongs together at a birth: the mother of a child, and the strongest of several pieces of evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.verification import ConditionVerified
from processors import entities, episodes

if TYPE_CHECKING:
    from processors.episodes import Evidence
    from processors.view import View


def mother_of(view: View, subject: bytes) -> bytes:
    """The mother whose delivery evidence names this person as a child, else who had other evidence with the child.

    A child often gets its SP-ID after the delivery was told; others too may bring it to a visit, so who gave birth
    comes first. The person itself where no evidence names it as a child, or only that of others who came along with
    one who has given birth.
    """
    known = view.mothers.get(subject)
    if known is None:
        known = view.mothers[subject] = _mother_of(view, subject)
    return known


def _mother_of(view: View, subject: bytes) -> bytes:
    aliases = set(view.aliases(subject))
    links = {link for alias in aliases if alias in view.states for link in view.states[alias].links}
    near = sorted({view.root(link) for link in links if link[:1] == b"P"} - {subject})
    for mother in near:
        for birth in episodes.births(view, mother):
            if subject in birth.children:
                return mother
    if episodes.births(view, subject):
        return subject
    told = [person for person in near if _told_with(view, person, subject)]
    return next((person for person in told if episodes.births(view, person)), told[0] if told else subject)


def _told_with(view: View, person: bytes, child: bytes) -> bool:
    named = (data.child_sp_id for _, data in view.facts(person, ConditionVerified))
    return any(name is not None and view.root(entities.person(name)) == child for name in named)


def strongest(view: View, found: list[Evidence]) -> tuple[Evidence, ...]:
    """Evidence with the strongest fact first."""
    if len(found) > 1:
        found = sorted(found, key=lambda item: view.rank(item.event), reverse=True)
    return tuple(found)
