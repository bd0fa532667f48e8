"""What a decision on a household rests on is told with it: every fact that was used, every overlay that bore on it."""

from pathlib import Path

from events.reasons import Reason
from events.states import LineState
from processors.memory import World
from processors.outcome import Decision
from processors.policy.predicates import Verdict
from tests.cases.test_cases import CASES, Case


def _played(file: str, name: str) -> tuple[Case, dict[str, Decision]]:
    """A case of a file and the latest decisions by the id of the request's event."""
    stem = Path(file).stem
    (case,) = [case for key, case in CASES.items() if key.startswith(f"{stem}: {name}")]
    world = World(case.policy)
    for event in case.events:
        world.publish(event)
    world.decide()
    return case, {entry.decision.event.id: entry.decision for entry in world.latest().values()}


def _told(decision: Decision, case: Case) -> set[str]:
    """The types of the facts a decision rests on, with the household where they are of one."""
    known = {(event.source, event.id): event for event in case.events}
    found = (known[identity] for identity in decision.evidence)
    return {f"{event.type} {getattr(event.data, 'household_id', '')}".strip() for event in found}


def test_who_counts_elsewhere_is_told_by_the_card_of_the_other_household() -> None:
    case, decided = _played("households.yaml", "A person listed in two households counts")
    assert _told(decided["before"], case) == {"household.identified H1"}
    assert _told(decided["first"], case) == {"household.identified H1", "household.identified H2"}


def test_the_dead_are_told_by_their_deaths_from_the_month_on_in_which_they_no_longer_count() -> None:
    case, decided = _played("households.yaml", "A member who dies in mid-month")
    assert _told(decided["april"], case) == {"household.identified H1"}
    assert _told(decided["june"], case) == {"household.identified H1", "person.died"}


def test_what_replaced_a_household_is_told_where_its_card_is_refused() -> None:
    case, decided = _played("households.yaml", "A household that moved is replaced")
    assert _told(decided["old_may"], case) == {"household.identified H1", "household.identified H2"}


def test_a_birth_date_of_the_registry_and_an_assessment_are_told_where_they_decide() -> None:
    case, decided = _played("transfers.yaml", "The registry's birth date wins")
    assert _told(decided["asked"], case) == {"household.identified H1", "person.registered"}
    case, decided = _played("transfers.yaml", "A disability that was assessed counts")
    assert _told(decided["june"], case) == {"household.identified H1", "condition.verified"}
    assert _told(decided["july"], case) == {"household.identified H1"}


def test_each_figure_is_told_with_how_often_it_counts_and_those_that_do_not_are_left_out() -> None:
    _, decided = _played("transfers.yaml", "A rural household of level poor 1")
    told = {figure.name: (figure.value, figure.times) for figure in decided["asked"].figures}
    assert told == {
        "covid.cash.household": (80_000, 1),
        "covid.cash.member": (24_000, 4),
        "covid.cash.vulnerable_member": (24_000, 2),
    }
    _, decided = _played("households.yaml", "A household whose head dies")
    assert {figure.name for figure in decided["may"].figures} == {"covid.cash.household", "covid.cash.member"}


def test_an_overlay_is_told_in_what_it_adds_and_in_the_rule_it_changes_or_waives() -> None:
    _, decided = _played("overlays/overlays.yaml", "More people")
    reached = decided["reached"]
    assert reached.state is LineState.APPROVED
    assert {figure.name for figure in reached.figures} == {
        "example.cash.household",
        "example.cash.flood_top_up.household",
    }
    asked = {item.name: dict(item.parameters) for item in reached.asked}
    assert asked["household_level_in"] == {
        "levels": ("poor_1", "poor_2", "at_risk"),
        "by_overlay": "flood_reach",
    }
    _, decided = _played("overlays/overlays.yaml", "Less to prove")
    (waived,) = [item for item in decided["waived"].asked if item.name == "area_in"]
    assert (waived.verdict, dict(waived.parameters)["waived_by"]) == (Verdict.PASS, "open_areas")
    (refused,) = [item for item in decided["before"].asked if item.name == "area_in"]
    assert (refused.reason, "waived_by" in dict(refused.parameters)) == (Reason.AREA_NOT_COVERED, False)
