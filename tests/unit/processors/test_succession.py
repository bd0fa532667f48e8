"""Who had taken a household over by a day, by which cards, and what is held on whom because of it."""

from datetime import date

from events.envelope import Event
from pipeline.policy_files import load
from processors import entities, households, succession
from processors.facts import EntityState, fold
from processors.outcome import Claim, ClaimKind
from processors.view import View
from tests.births import event

H1, H2, H3, H4 = (f"HH{number}".encode() for number in range(1, 5))


def card(household: str, valid_from: str, *replaces: str) -> Event:
    data = {
        "household_id": household,
        "level": "at_risk",
        "commune": "010201",
        "area": "rural",
        "card_number": "card-1",
        "valid_from": valid_from,
        "valid_until": "2030-12-31",
        "members": [],
        "replaces": list(replaces),
    }
    return event("idpoor", "household.identified", f"{household}-{valid_from}", "2023-06-01T08:00:00+07:00", data)


def seen(*told: Event) -> View:
    states: dict[bytes, EntityState] = {}
    for one in told:
        for key in entities.homes(one):
            fold(key, states.setdefault(key, EntityState()), one)
    return View(states, load().commons, None)


def day(text: str) -> date:
    return date.fromisoformat(text)


OLD = card("H1", "2022-01-01")


def test_a_household_is_taken_over_on_the_day_the_other_card_begins_and_not_before() -> None:
    view = seen(OLD, card("H2", "2022-12-10", "H1"))
    assert households.successors(view, H1, day("2022-12-09")) == {}
    assert households.successors(view, H1, day("2022-12-10")) == {H2: day("2022-12-10")}
    assert households.successors(view, H2, day("2022-12-10")) == {}


def test_those_that_take_over_from_who_took_over_are_found_too_each_with_its_own_day() -> None:
    view = seen(OLD, card("H2", "2022-12-10", "H1"), card("H3", "2023-01-05", "H2"), card("H4", "2023-02-01", "H3"))
    found = {H2: day("2022-12-10"), H3: day("2023-01-05")}
    assert households.successors(view, H1, day("2023-01-31")) == found
    assert households.successors(view, H1, day("2023-02-01")) == {**found, H4: day("2023-02-01")}
    assert households.successors(view, H2, day("2023-01-31")) == {H3: day("2023-01-05")}


def test_of_two_cards_that_say_it_the_earlier_tells_since_when() -> None:
    view = seen(OLD, card("H2", "2022-12-20", "H1"), card("H2", "2022-12-10", "H1"))
    assert households.successors(view, H1, day("2023-01-01")) == {H2: day("2022-12-10")}


def test_a_household_identified_anew_was_not_taken_over_by_what_came_before() -> None:
    again = card("H1", "2022-12-11")
    assert households.successors(seen(OLD, again, card("H2", "2022-12-10", "H1")), H1, day("2023-01-01")) == {}
    on_the_day = seen(OLD, card("H1", "2022-12-10"), card("H2", "2022-12-10", "H1"))
    assert households.successors(on_the_day, H1, day("2023-01-01")) == {H2: day("2022-12-10")}
    later = seen(OLD, again, card("H2", "2022-12-10", "H1"), card("H2", "2022-12-12", "H1"))
    assert households.successors(later, H1, day("2023-01-01")) == {H2: day("2022-12-12")}


def test_two_that_replace_each_other_do_not_succeed_themselves() -> None:
    view = seen(card("H1", "2022-12-10", "H2"), card("H2", "2022-12-10", "H1"))
    assert households.successors(view, H1, day("2023-01-01")) == {H2: day("2022-12-10")}


def test_the_cards_of_a_take_over_are_those_from_its_day_on() -> None:
    view = seen(
        OLD,
        card("H2", "2022-12-09"),
        card("H2", "2022-12-10", "H1"),
        card("H2", "2023-03-01"),
        card("H3", "2022-11-01"),
    )
    assert households.takeovers(view, H1, day("2023-01-01")) == {
        ("idpoor", "H2-2022-12-10"),
        ("idpoor", "H2-2023-03-01"),
    }
    assert households.takeovers(view, H1, day("2022-12-09")) == frozenset()


def test_a_card_that_is_left_out_is_as_if_nobody_had_told_it() -> None:
    told = (OLD, card("H2", "2022-12-10", "H1"))
    view = seen(*told)
    asked = households.household_on(view, H1, day("2023-01-01"))
    assert asked is not None
    assert (asked.replaced, asked.card_valid) == (True, False)
    alone = View(view.states, view.commons, None, households.takeovers(view, H1, day("2023-01-01")))
    asked = households.household_on(alone, H1, day("2023-01-01"))
    assert asked is not None
    assert (asked.replaced, asked.card_valid) == (False, True)


def test_one_side_is_held_by_the_household_and_by_all_that_had_taken_it_over() -> None:
    view = seen(OLD, card("H2", "2022-12-10", "H1"))

    def side(holder: bytes, group: str, side: str) -> Claim:
        return Claim(ClaimKind.SIDE, holder, group, "round 1", side=side)

    own = [side(H1, "g", "flood"), side(H1, "g:flood", "own")]
    assert succession.one_side(view, H1, "g", "round 1", "flood", ("other",), day("2022-12-09")) == own
    assert succession.one_side(view, H1, "g", "round 1", "flood", ("other",), day("2022-12-10")) == [
        *own,
        side(H2, "g", "flood"),
        side(H1, "g:other", "heir"),
    ]
    assert succession.one_side(view, H2, "g", "round 1", "flood", ("other",), day("2022-12-10")) == [
        side(H2, "g", "flood"),
        side(H1, "g:other", "heir"),
    ]
    person = entities.person("0000000001")
    assert succession.one_side(view, person, "g", "k", "flood", ("other",), day("2022-12-10")) == [
        Claim(ClaimKind.SIDE, person, "g", "k", side="flood")
    ]
