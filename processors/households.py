"""Households on a day: which one a request is for, in which one a person counts, and who counts in it.

A household on a day is its version with the latest `valid_from` not after it; an expired or revoked card does not fall
back to an older one. A household that another `replaces` ends with the day from which the other is valid, as far as it
was not identified anew later; the other takes over its history, so what it asks for a day before it is asked for the
household that was there. A person counts in one household: the one whose version naming them is latest by
(`valid_from`, `time`, source order, id).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from events.enrolment import HouseholdIdentified, HouseholdRevoked
from events.verification import ConditionVerified
from processors import ages, entities
from processors.policy.model import BROUGHT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from events.enrolment import Member
    from events.envelope import Event
    from processors.facts import Identity
    from processors.inquiry import Inquiry
    from processors.view import View

MET = "met"
HOUSEHOLD = b"H"

Version = tuple["Event", HouseholdIdentified]


class Home(NamedTuple):
    """The version of a household that counts on a day, and whether its card holds then.

    `evidence` is the version, and what ended it where something did; `replaced` says that another household did.
    """

    key: bytes
    event: Event
    household: HouseholdIdentified
    card_valid: bool
    evidence: tuple[Event, ...]
    replaced: bool = False


class Counted(NamedTuple):
    """One who counts in a household. `root` is None while IDPoor knows no SP-ID; several `entries` are merged ids."""

    root: bytes | None
    entries: tuple[Member, ...]


class Counting(NamedTuple):
    """Who counts in a household on a day, and the facts by which others do not; `dead` is how many had died."""

    members: tuple[Counted, ...]
    dead: int
    evidence: tuple[Event, ...]


def asked(inquiry: Inquiry) -> Home | None:
    """The household a request is about: the one that asks, or the one in which its person counts on the day.

    Who brings a child to a visit may lend it a household: the mother's, or that of whoever cares for it.
    """
    view, day = inquiry.view, inquiry.occasion.day
    if inquiry.applicant[:1] == HOUSEHOLD:
        return household_on(view, inquiry.applicant, day)
    if inquiry.pack.entitlement.event not in BROUGHT:
        return home_of(view, inquiry.subject, day)
    persons = dict.fromkeys((inquiry.subject, inquiry.occasion.holder, inquiry.applicant))
    return next((found for person in persons if (found := home_of(view, person, day)) is not None), None)


def holder(view: View, subject: bytes, day: date) -> bytes:
    """Whose claims compete for what a person or household asks for a day: its own, or those of whom it took over."""
    if subject[:1] != HOUSEHOLD:
        return subject
    found = household_on(view, subject, day)
    return found.key if found is not None else subject


def household_on(view: View, household: bytes, day: date) -> Home | None:
    """A household on a day; before its own first version the nearest of those it took over from that was there.

    Of several equally near the latest by (`valid_from`, `time`, source order, id). None where none is known.
    """
    if (household, day) in view.homes:
        return view.homes[household, day]
    seen, frontier = {household}, [household]
    found: Home | None = None
    while frontier and found is None:
        versions = [version for key in frontier if (version := _version(view, key, day)) is not None]
        if versions:
            found = _home(view, max(versions, key=lambda version: _standing(view, version)), day)
        frontier = sorted({parent for key in frontier for parent in _replaced_by(view, key)} - seen)
        seen.update(frontier)
    view.homes[household, day] = found
    return found


def home_of(view: View, root: bytes, day: date) -> Home | None:
    """The one household in which a person counts on a day, or None when no version then in force names them."""
    if (root, day) in view.homes:
        return view.homes[root, day]
    best: Version | None = None
    for household in _named_by(view, root):
        version = _version(view, household, day)
        if version is None or not entries_of(view, version[1], root):
            continue
        if best is None or _standing(view, version) > _standing(view, best):
            best = version
    found = view.homes[root, day] = _home(view, best, day) if best is not None else None
    return found


def entries_of(view: View, household: HouseholdIdentified, root: bytes) -> tuple[Member, ...]:
    """The lines of a card that name a person, under whichever id."""
    return tuple(
        member
        for member in household.members
        if member.sp_id is not None and view.root(entities.person(member.sp_id)) == root
    )


def _version(view: View, household: bytes, day: date) -> Version | None:
    versions = [fact for fact in view.told(household, HouseholdIdentified) if fact[1].valid_from <= day]
    if len(versions) < 2:
        return versions[0] if versions else None
    return max(versions, key=lambda fact: (fact[1].valid_from, view.rank(fact[0])))


def _standing(view: View, version: Version) -> tuple[date, int, int, str]:
    return (version[1].valid_from, *view.rank(version[0]))


def _home(view: View, version: Version, day: date) -> Home:
    event, data = version
    key = entities.household(data.household_id)
    revoked = _revocation(view, key, data, day)
    replaced = _replacement(view, key, event, data, day) if revoked is None else None
    ended = revoked or replaced
    return Home(
        key,
        event,
        data,
        card_valid=day <= data.valid_until and ended is None,
        evidence=(event,) if ended is None else (event, ended),
        replaced=replaced is not None,
    )


def _revocation(view: View, household: bytes, version: HouseholdIdentified, day: date) -> Event | None:
    """The revocation that ends this version on or before `day`; it ends validities that start on or before it."""
    for event, revocation in view.told(household, HouseholdRevoked):
        if version.valid_from <= revocation.revoked_on <= day:
            return event
    return None


def _replacement(view: View, household: bytes, told: Event, version: HouseholdIdentified, day: date) -> Event | None:
    """The household that took over on or before `day`; like a revocation it ends what began on or before its day."""
    name = version.household_id
    for heir in _linked(view, household):
        for event, data in view.told(heir, HouseholdIdentified):
            if not version.valid_from <= data.valid_from <= day or name not in data.replaces or heir == household:
                continue
            if not _each_the_other(version, data) or _standing(view, (event, data)) > _standing(view, (told, version)):
                return event
    return None


def _each_the_other(one: HouseholdIdentified, other: HouseholdIdentified) -> bool:
    """Whether two households say of one day that they replace each other: then the one told last does."""
    return one.valid_from == other.valid_from and other.household_id in one.replaces


# -- who counts -------------------------------------------------------------------------------------------------------


def counted(view: View, home: Home, day: date) -> Counting:
    """Who counts in a household on a day: each person once, born and alive by then, and in no other household.

    A member whose SP-ID is not known counts. Who died on the day itself was still there.
    """
    known = view.countings.get((home.key, day))
    if known is None:
        known = view.countings[home.key, day] = _counted(view, home, day)
    return known


def _counted(view: View, home: Home, day: date) -> Counting:
    members: list[Counted] = []
    evidence: list[Event] = []
    dead = 0
    for root, entries in _by_person(view, home.household):
        text, told = ages.told_of(view, root, entries[0].birth_date)
        if ages.unborn(text, day):
            evidence.extend(told)
            continue
        gone = _gone(view, root, home, day) if root is not None else None
        if gone is None:
            members.append(Counted(root, entries))
        else:
            dead += gone.type == "person.died"
            evidence.append(gone)
    return Counting(tuple(members), dead, tuple(evidence))


def _gone(view: View, root: bytes, home: Home, day: date) -> Event | None:
    """The death or other household by which a member no longer counts in this one."""
    died = view.died(root)
    if died is not None and died[1] < day:
        return died[0]
    if _named_by(view, root) == [home.key]:
        return None
    other = home_of(view, root, day)
    return other.event if other is not None and other.key != home.key else None


def _by_person(view: View, household: HouseholdIdentified) -> Iterable[tuple[bytes | None, tuple[Member, ...]]]:
    found: dict[bytes, list[Member]] = {}
    for member in household.members:
        if member.sp_id is None:
            yield None, (member,)
        else:
            found.setdefault(view.root(entities.person(member.sp_id)), []).append(member)
    for root, entries in found.items():
        yield root, tuple(entries)


def trait_told(view: View, member: Counted, home: Home | None, trait: str, day: date) -> tuple[Event, ...] | None:
    """What tells that a person has a trait on a day: the household's card, or a verified condition of that name."""
    if home is not None and any(trait in entry.traits for entry in member.entries):
        return (home.event,)
    if member.root is None:
        return None
    told = [
        (event, data)
        for event, data in view.facts(member.root, ConditionVerified)
        if data.condition == trait and data.when[:10] <= day.isoformat()
    ]
    latest = max(told, key=lambda fact: (fact[1].when, view.rank(fact[0])), default=None)
    if latest is None or latest[1].outcome != MET:
        return None
    until = latest[1].valid_until or latest[1].until
    return (latest[0],) if until is None or day <= until else None


# -- who takes over from whom -----------------------------------------------------------------------------------------


def ancestors(view: View, household: bytes, day: date) -> tuple[bytes, ...]:
    """All households a household had taken over from by `day`, through any number of replacements; not itself.

    One that was still there on the day, or was identified anew by then, is a household of its own.
    """
    seen, frontier = {household}, [household]
    while frontier:
        frontier = sorted({parent for key in frontier for parent in _replaced_by(view, key, day)} - seen)
        seen.update(frontier)
    return tuple(sorted(seen - {household}))


def successors(view: View, household: bytes, day: date) -> dict[bytes, date]:
    """All households that had taken over from a household by `day`, each with the day since it did; not itself.

    One that was identified anew in between was not taken over: the same as `ancestors`, seen from the other end.
    """
    found: dict[bytes, date] = {}
    frontier = [household]
    while frontier:
        key = frontier.pop()
        for heir in _linked(view, key):
            since = _taken_over(view, key, heir, day)
            if since is not None and heir not in {household, *found}:
                found[heir] = since
                frontier.append(heir)
    return dict(sorted(found.items()))


def takeovers(view: View, household: bytes, day: date) -> frozenset[Identity]:
    """The versions by which others have taken over from a household by `day`, and all their later ones."""
    return frozenset(
        (event.source, event.id)
        for heir, since in successors(view, household, day).items()
        for event, data in view.told(heir, HouseholdIdentified)
        if data.valid_from >= since
    )


def _taken_over(view: View, household: bytes, heir: bytes, day: date) -> date | None:
    """Since when an heir replaces a household that had given way to it by `day`."""
    told = (data for _, data in view.told(heir, HouseholdIdentified) if data.valid_from <= day)
    named = [data.valid_from for data in told if household in map(entities.household, data.replaces)]
    return min((since for since in named if _gave_way(view, household, since, day)), default=None)


def has_heirs(view: View, household: bytes) -> bool:
    """Whether another household took over from this one."""
    return any(household in _replaced_by(view, other) for other in _linked(view, household))


def _replaced_by(view: View, household: bytes, day: date | None = None) -> set[bytes]:
    """What a household ever says it replaces; with `day` only what it had replaced by then and still does."""
    state = view.states.get(household)
    if state is None or not state.links:
        return set()
    told = [data for _, data in view.told(household, HouseholdIdentified) if day is None or data.valid_from <= day]
    found = ((entities.household(name), data.valid_from) for data in told for name in data.replaces)
    return {key for key, since in found if key != household and (day is None or _gave_way(view, key, since, day))}


def _gave_way(view: View, household: bytes, since: date, day: date) -> bool:
    version = _version(view, household, day)
    return version is None or version[1].valid_from <= since


def _linked(view: View, household: bytes) -> list[bytes]:
    state = view.states.get(household)
    return sorted(link for link in state.links if link[:1] == HOUSEHOLD) if state is not None and state.links else []


def _named_by(view: View, root: bytes) -> list[bytes]:
    return sorted({household for alias in view.aliases(root) for household in _linked(view, alias)})
