"""Days on which somebody was told to be unfit: every day by its strongest slip, runs of days, and their edges."""

from datetime import date

from events.envelope import Event
from pipeline.policy_files import load
from processors import entities, spells
from processors.facts import EntityState, fold
from processors.spells import Span
from processors.view import View
from tests.births import event

COMMONS = load().commons
WORKER = entities.person("0000000001")


def slip(number: int, when: dict[str, object], outcome: str = "met") -> Event:
    """A slip; of two about one day the one with the greater number is the stronger."""
    data = {"sp_id": "0000000001", "condition": "incapacity", "outcome": outcome, **when}
    return event("pmrs", "condition.verified", f"s{number}", f"2023-06-{number:02}T08:00:00+07:00", data)


def time(since: str, until: str) -> dict[str, object]:
    return {"from": since, "until": until}


def spans(*told: Event) -> list[Span]:
    states: dict[bytes, EntityState] = {}
    for one in told:
        for key in entities.homes(one):
            fold(key, states.setdefault(key, EntityState()), one)
    return spells.spans(View(states, COMMONS, None), WORKER, "incapacity")


def day(number: int) -> date:
    return date(2023, 5, number)


def short(found: list[Span]) -> list[tuple[int, int, str, bool]]:
    return [(span.since.day, span.until.day, span.told_by.event.id, span.met) for span in found]


def test_each_day_is_told_by_the_slip_told_last() -> None:
    found = spans(
        slip(2, time("2023-05-01", "2023-05-10")),
        slip(1, time("2023-05-08", "2023-05-12")),
        slip(3, {"on": "2023-05-04"}),
    )
    assert short(found) == [
        (1, 3, "s2", True),
        (4, 4, "s3", True),
        (5, 7, "s2", True),
        (8, 10, "s2", True),
        (11, 12, "s1", True),
    ]


def test_days_nobody_tells_of_lie_between() -> None:
    found = spans(slip(1, time("2023-05-01", "2023-05-02")), slip(2, time("2023-05-05", "2023-05-06")))
    assert short(found) == [(1, 2, "s1", True), (5, 6, "s2", True)]
    assert not spells.cover(found, day(1), day(6))
    assert spells.cover(found, day(1), day(2))
    assert short(spans(slip(1, {"month": "2023-05"}))) == [(1, 31, "s1", True)]


def test_what_touches_the_first_or_the_last_day_lies_within() -> None:
    found = spans(slip(1, time("2023-05-01", "2023-05-02")), slip(2, time("2023-05-05", "2023-05-06")))
    assert spells.within(found, day(2), day(5)) == found
    assert spells.within(found, day(3), day(4)) == []
    assert spells.within(found, day(2), day(4)) == found[:1]
    assert spells.within(found, day(3), day(5)) == found[1:]


def test_a_spell_is_the_unbroken_run_around_a_day() -> None:
    found = spans(
        slip(1, {"on": "2023-05-01"}, "not_met"),
        slip(2, time("2023-05-02", "2023-05-04")),
        slip(3, time("2023-05-05", "2023-05-06")),
        slip(4, time("2023-05-08", "2023-05-09")),
    )
    first, last = spells.spell_on(found, day(2)), spells.spell_on(found, day(6))
    assert first is not None
    assert first == last
    assert (first.since, first.until, first.days) == (day(2), day(6), 5)
    assert [told.id for told in first.events] == ["s2", "s3"]
    assert spells.spell_on(found, day(7)) is None
    assert spells.spell_on(found, day(1)) is None
    other = spells.spell_on(found, day(9))
    assert other is not None
    assert (other.since, other.until) == (day(8), day(9))
