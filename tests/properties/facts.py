"""Facts that any story may have: households, enrolments, deaths, merges, facilities."""

from __future__ import annotations

from hypothesis import strategies as st

from events.enrolment import HouseholdIdentified, PersonMerged
from tests.properties.cast import BORN, CHILDREN, FACILITIES, HOUSEHOLDS, PERSONS, nearly, often, one_of
from tests.properties.teller import Teller

SINCE, FOREVER = "2022-01-01", "2030-12-31"
TRAITS = ("disability", "chronic_care")

# -- households -------------------------------------------------------------------------------------------------------


def home(t: Teller) -> None:
    """Everybody in one household."""
    card(t, HOUSEHOLDS[0], t.persons, SINCE)


def household(t: Teller) -> None:
    """A household, or another version of it: with other members, of another level, for a while."""
    members = t.draw(_members(t))
    card(t, t.draw(one_of(HOUSEHOLDS)), members, t.draw(one_of((SINCE, *t.changes))), usual=False)


def succession(t: Teller) -> None:
    """A household that takes over from one told of before, or is to be told of: alone, in a chain, or in a split."""
    named = [data.household_id for data in t.told(HouseholdIdentified)] or [HOUSEHOLDS[0]]
    before = t.draw(one_of(named))
    heir = t.draw(one_of([name for name in (*HOUSEHOLDS[1:], HOUSEHOLDS[0]) if name != before]))
    members = t.draw(_members(t))
    card(t, heir, members, t.draw(one_of(t.changes)), replaces=(before,), usual=t.draw(often(True, False)))


def correction(t: Teller) -> None:
    """A card told of before, told anew: of other members, or no longer taking over from anybody."""
    known = t.told(HouseholdIdentified)
    if known:
        before = t.draw(one_of([data for data in known if data.replaces] or known))
        named = [member.sp_id for member in before.members if member.sp_id is not None]
        members = t.draw(often(named or t.persons, t.persons))
        card(
            t,
            before.household_id,
            members,
            before.valid_from.isoformat(),
            replaces=t.draw(one_of(((), before.replaces))),
        )


def card(
    t: Teller,
    household_id: str,
    members: list[str],
    valid_from: str,
    *,
    replaces: tuple[str, ...] = (),
    usual: bool = True,
) -> None:
    levels = [level for level in ("poor_1", "at_risk", "poor_2") if level != t.level]
    data = {
        "household_id": household_id,
        "level": t.level if usual else t.draw(often(t.level, *levels)),
        "commune": t.draw(often("010201", "020501")),
        "area": t.draw(often("rural", "phnom_penh")),
        "card_number": "card-1",
        "valid_from": valid_from,
        "valid_until": FOREVER if usual else t.draw(often(FOREVER, t.changes[-1])),
        "members": [_member(t, number, sp_id) for number, sp_id in enumerate(members)],
        "replaces": replaces,
    }
    t.tell("idpoor", "household.identified", data)


def _members(t: Teller) -> st.SearchStrategy[list[str]]:
    return st.lists(one_of(t.persons), min_size=1, max_size=3, unique=True)


def _member(t: Teller, number: int, sp_id: str) -> dict[str, object]:
    return {
        "sp_id": t.draw(nearly(sp_id, None)) if number else sp_id,
        "member_no": number,
        "birth_date": t.draw(nearly(BORN[sp_id], "1995")),
        "sex": "F",
        "head": number == 0,
        "traits": t.draw(one_of(((), TRAITS, TRAITS[:1]))),
    }


def revocation(t: Teller) -> None:
    data = {"household_id": t.draw(one_of(HOUSEHOLDS)), "revoked_on": t.draw(one_of(t.changes)), "reason": "moved"}
    t.tell("idpoor", "household.revoked", data)


def disability(t: Teller) -> None:
    data = {"sp_id": t.draw(one_of(t.persons)), "condition": "disability", "on": t.draw(one_of((SINCE, *t.changes)))}
    until = t.draw(often(None, t.changes[-1]))
    t.tell("nsaf", "condition.verified", {**data, "outcome": t.draw(often("met", "not_met")), "valid_until": until})


# -- persons ----------------------------------------------------------------------------------------------------------


def everybody_enrolled(t: Teller) -> None:
    """Each person in one of the schemes of each theme."""
    for schemes in (theme.schemes for theme in t.themes if theme.schemes):
        for sp_id in t.persons:
            enrol(t, sp_id, t.draw(one_of(schemes)), f"E{sp_id}")


def enrolment(t: Teller) -> None:
    """An enrolment, or another version of one, also of one that was another person's."""
    schemes = [scheme for theme in t.themes for scheme in theme.schemes] or ["hef"]
    sp_id = t.draw(one_of(t.persons))
    number = t.draw(one_of(("E1", f"E{sp_id}", f"E{t.persons[0]}")))
    enrol(t, sp_id, t.draw(one_of(schemes)), number, usual=False)


def enrol(t: Teller, sp_id: str, scheme: str, number: str, *, usual: bool = True) -> None:
    data = {
        "sp_id": sp_id,
        "scheme": scheme,
        "enrolment_id": number,
        "birth_date": BORN[sp_id] if usual else t.draw(nearly(BORN[sp_id], "1950")),
        "sex": "F",
        "valid_from": SINCE if usual else t.draw(often(SINCE, *t.changes)),
        "valid_until": None if usual else t.draw(often(None, t.changes[-1])),
        "principal": None if usual else t.draw(often(None, *PERSONS[:2])),
    }
    if scheme == "scholarship":
        data["grade"] = t.draw(often("primary", "lower_secondary", "upper_secondary"))
    if scheme == "hef":
        data["category"] = t.draw(one_of((None, "informal_worker", "at_risk")))
    t.tell("nssf" if usual else t.draw(often("nssf", "moeys")), "person.enrolled", data)


def leaving(t: Teller) -> None:
    """Somebody leaves a scheme."""
    schemes = [scheme for theme in t.themes for scheme in theme.schemes] or ["hef"]
    sp_id = t.draw(one_of(t.persons))
    number = t.draw(one_of((f"E{sp_id}", "E1")))
    data = {"sp_id": sp_id, "scheme": t.draw(one_of(schemes)), "enrolment_id": number, "reason": "left"}
    t.tell("nssf", "person.withdrawn", {**data, "withdrawn_on": t.draw(one_of(t.changes))})


def registration(t: Teller) -> None:
    sp_id = t.draw(one_of(t.persons))
    born = t.draw(one_of((BORN[sp_id], "1950", "2020-01")))
    t.tell("registry", "person.registered", {"sp_id": sp_id, "birth_date": born, "sex": "F", "aliases": []})


def death(t: Teller) -> None:
    data = {"sp_id": t.draw(one_of(t.persons)), "died_on": t.draw(one_of(t.changes))}
    t.tell(t.draw(often("registry", "pmrs")), "person.died", data)


def merge(t: Teller) -> None:
    """A merge; every other one corrects one told before, if there is one."""
    before = [data.sp_id for data in t.told(PersonMerged)]
    correct: bool = t.draw(st.booleans())
    usual = before if before and correct else t.persons
    retired = t.draw(one_of((*usual, CHILDREN[1])))
    kept = t.draw(one_of([sp_id for sp_id in PERSONS if sp_id != retired]))
    t.tell("registry", "person.merged", {"sp_id": retired, "into": kept, "merged_on": "2024-12-01"})


# -- facilities -------------------------------------------------------------------------------------------------------


def facility(t: Teller) -> None:
    """A facility, registered by its ministry before or after it is named."""
    register(t, t.draw(one_of(FACILITIES)), usual=False)


def register(t: Teller, facility_id: str, *, usual: bool = True) -> None:
    data = {
        "facility_id": facility_id,
        "level": "hc" if usual else t.draw(often("hc", "private", "cpa1")),
        "commune": "010201",
        "schemes": ("hef", "nssf") if usual else t.draw(often(("hef", "nssf"), ("hef",), ())),
        "valid_from": "2020-01-01" if usual else t.draw(often("2020-01-01", *t.changes)),
        "valid_until": None if usual else t.draw(often(None, t.changes[-1])),
    }
    t.tell("pmrs", "facility.registered", data)


COMMON = (enrolment, leaving, registration, death, merge, merge, merge, facility)
"""What may be told in any story."""
