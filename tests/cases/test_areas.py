"""Accounts are kept for the province of the household or facility a decision rests on."""

from msgspec import structs

from events.enrolment import HouseholdIdentified
from events.envelope import Event
from events.payment import BatchDeclared
from pipeline.policy_files import load
from processors.memory import World
from tests.births import mother
from tests.cases.test_cases import CASES

AGREED = CASES["submissions: A batch whose totals agree is submitted and its amounts are reserved"].events
MOVED_US = 30 * 86_400_000_000


def lived_in(commune: str, event: Event, *, later_us: int = 0) -> Event:
    """The same household in another commune, told `later_us` after."""
    assert isinstance(event.data, HouseholdIdentified)
    data = structs.replace(event.data, commune=commune)
    return structs.replace(event, data=data, time_us=event.time_us + later_us, id=f"{event.id}-{commune}")


def played(*events: Event) -> World:
    """Decided after each event."""
    world = World(load())
    for event in events:
        world.publish(event)
        world.decide()
    return world


def provinces(world: World) -> set[str]:
    """The last part of the code of each account with a balance."""
    return {code.rpartition("/")[2] for code in world.balances()}


def test_a_household_that_moves_before_submission_takes_its_commitment_along() -> None:
    (home,) = [event for event in AGREED if isinstance(event.data, HouseholdIdentified)]
    others = [event for event in AGREED if event is not home and not isinstance(event.data, BatchDeclared)]
    (declared,) = [event for event in AGREED if isinstance(event.data, BatchDeclared)]
    first, second = lived_in("120101", home), lived_in("020101", home, later_us=MOVED_US)
    assert provinces(played(first, *others)) == {"12"}
    assert provinces(played(first, *others, second)) == {"02"}
    assert provinces(played(second, first, *others)) == {"02"}
    assert provinces(played(first, *others, declared)) == {"12"}
    assert provinces(played(first, *others, second, declared)) == {"02"}


def test_what_is_submitted_stays_in_the_province_it_was_submitted_for() -> None:
    (home,) = [event for event in AGREED if isinstance(event.data, HouseholdIdentified)]
    rest = [event for event in AGREED if event is not home]
    first, second = lived_in("120101", home), lived_in("020101", home, later_us=MOVED_US)
    assert provinces(played(first, *rest, second)) == {"12"}


def test_what_rests_on_no_household_or_facility_has_no_province() -> None:
    assert provinces(played(*mother(1))) == {"KHR"}
