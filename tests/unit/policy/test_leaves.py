"""Leaves with amounts: the packs of sickness and injury wait for a figure, so here it is set, as it may be one day."""

import pytest
import yaml

from ledger.model.rows import DecisionKind
from pipeline.decide.writing import WINDOW_GROUPS
from pipeline.policy_files import load, read
from processors.memory import World
from processors.outcome import ClaimKind
from processors.policy.loader import parse
from processors.policy.loader.commons import BIRTH_STEPS, DAY_GROUPS
from processors.policy.model import ForShape, LifeEvent, Policy
from tests.cases.test_cases import Reader, decided

SICKNESS, INJURY = "nssf.sickness_allowance.yaml", "nssf.injury_allowance.yaml"
PAID = "- 2023-09-16 nssf contribution.recorded: {sp_id: worker, months: 2022-09..2023-08"
WORKER = (
    "- 2022-06-05 nssf person.enrolled: {sp_id: worker, scheme: nssf.worker, valid_from: 2022-01-01}",
    f"{PAID}, contributory_wage: 600_000}}",
    f"{PAID}, branch: occupational_risk, contributory_wage: 900_000}}",
)


def trial(sickness: int = 1, injury: int = 2) -> Policy:
    """The packaged policy with the first paid day of both allowances set."""
    files = dict(read())
    for file, first in ((SICKNESS, sickness), (INJURY, injury)):
        found = "        unit: day of the spell\n        status: unset\n"
        assert found in files[file]
        files[file] = files[file].replace(
            found, f"        value: {first}\n        unit: day of the spell\n        status: assumption\n"
        )
    return parse(files)


POLICY = trial()


def world_of(*lines: str, policy: Policy = POLICY) -> World:
    """The world after these lines, each as in a case."""
    reader, world = Reader(), World(policy)
    for item in yaml.load("\n".join(lines), Loader=yaml.BaseLoader):  # noqa: S506 - plain text, as the cases are read
        for event in reader.events(item):
            world.publish(event)
    world.decide()
    return world


def told(*lines: str, policy: Policy = POLICY) -> dict[str, str]:
    return decided(world_of(*WORKER, *lines, policy=policy), DecisionKind.DECIDED)


def unfit(since: str, until: str, person: str = "worker") -> str:
    return (
        f"- {since} pmrs condition.verified: {{sp_id: {person}, condition: incapacity, from: {since}, until: {until}}}"
    )


def asks(name: str, day: str, benefit: str, since: str, until: str, person: str = "worker") -> str:
    named = f"as: {name}, sp_id: {person}, benefit: nssf.{benefit}_allowance, from: {since}, until: {until}"
    return f"- {day} nssf payment.requested: {{{named}}}"


def test_a_leave_is_paid_by_its_days() -> None:
    found = told(unfit("2023-09-11", "2023-09-20"), asks("asked", "2023-09-25", "sickness", "2023-09-11", "2023-09-20"))
    assert found == {"asked": "approved 140000"}


def test_an_injury_is_paid_by_the_wage_of_its_own_branch_and_from_its_first_paid_day() -> None:
    found = told(unfit("2023-09-11", "2023-09-20"), asks("asked", "2023-09-25", "injury", "2023-09-11", "2023-09-20"))
    assert found == {"asked": f"approved {900_000 * 70 * 9 // 3000}"}


def test_slips_that_share_a_day_are_paid_once() -> None:
    found = told(
        unfit("2023-09-11", "2023-09-30"),
        asks("first", "2023-09-25", "sickness", "2023-09-11", "2023-09-20"),
        asks("second", "2023-09-26", "sickness", "2023-09-20", "2023-09-30"),
    )
    assert found == {"first": "approved 140000", "second": "rejected duplicate_entitlement won_by first"}


def test_slips_that_follow_each_other_are_both_paid_and_the_waiting_days_are_of_the_first() -> None:
    found = told(
        unfit("2023-09-11", "2023-09-20"),
        unfit("2023-09-21", "2023-09-30"),
        asks("first", "2023-09-25", "sickness", "2023-09-11", "2023-09-20"),
        asks("second", "2023-10-05", "sickness", "2023-09-21", "2023-09-30"),
        policy=trial(sickness=4),
    )
    assert found == {"first": f"approved {7 * 14_000}", "second": f"approved {10 * 14_000}"}


def test_a_spell_over_the_end_of_a_month_is_paid_by_the_wages_before_its_beginning() -> None:
    found = told(
        unfit("2023-08-25", "2023-09-10"),
        asks("first", "2023-09-05", "sickness", "2023-08-25", "2023-08-31"),
        asks("second", "2023-09-12", "sickness", "2023-09-01", "2023-09-10"),
        "- 2023-09-20 nssf contribution.recorded: {sp_id: worker, month: 2023-08, contributory_wage: 1_200_000}",
    )
    assert found == {"first": f"approved {7 * 14_000}", "second": f"approved {10 * 14_000}"}


def test_months_of_contribution_are_those_before_the_beginning_of_a_spell() -> None:
    found = decided(
        world_of(
            WORKER[0],
            "- 2023-09-16 nssf contribution.recorded: {sp_id: worker, months: 2023-06..2023-07}",
            unfit("2023-08-25", "2023-10-10"),
            asks("asked", "2023-10-12", "sickness", "2023-10-01", "2023-10-10"),
        ),
        DecisionKind.DECIDED,
    )
    assert found == {"asked": f"approved {1_000_000 * 70 * 10 // 3000}"}


def test_a_leave_of_unpaid_days_only_is_refused() -> None:
    found = told(unfit("2023-09-11", "2023-09-20"), asks("asked", "2023-09-25", "injury", "2023-09-11", "2023-09-11"))
    assert found == {"asked": "rejected condition_not_met"}


DELIVERED = (
    "- 2023-09-11 pmrs condition.verified: {sp_id: worker, condition: delivery, on: 2023-09-10}",
    unfit("2023-09-01", "2023-12-31"),
)


def maternity(day: str) -> str:
    named = "as: maternity, sp_id: worker, benefit: nssf.maternity_allowance, on: 2023-09-10"
    return f"- {day} nssf payment.requested: {{{named}}}"


@pytest.mark.parametrize("benefit", ["sickness", "injury"])
def test_nobody_has_two_allowances_for_one_day_and_who_asked_first_has_it(benefit: str) -> None:
    other = asks("other", "2023-12-20", benefit, "2023-12-08", "2023-12-15")
    assert told(*DELIVERED, maternity("2023-12-19"), other) == {
        "maternity": "approved 1260000",
        "other": "rejected exclusive_benefit won_by maternity",
    }
    found = told(*DELIVERED, maternity("2023-12-21"), other)
    assert found["maternity"] == "rejected exclusive_benefit won_by other"
    assert found["other"].startswith("approved")


def test_the_days_before_the_delivery_and_after_the_leave_are_free() -> None:
    found = told(
        *DELIVERED,
        maternity("2023-12-19"),
        asks("before", "2023-12-20", "sickness", "2023-09-01", "2023-09-09"),
        asks("after", "2023-12-20", "sickness", "2023-12-09", "2023-12-10"),
    )
    assert {name: text.split()[0] for name, text in found.items()} == dict.fromkeys(
        ("maternity", "before", "after"), "approved"
    )


def test_a_withdrawn_leave_gives_its_days_back() -> None:
    found = told(
        unfit("2023-09-11", "2023-09-20"),
        asks("first", "2023-09-25", "sickness", "2023-09-11", "2023-09-20"),
        asks("second", "2023-09-26", "injury", "2023-09-11", "2023-09-20"),
        "- 2023-09-28 nssf payment.withdrawn: {request_id: first}",
    )
    assert found["first"] == "withdrawn"
    assert found["second"].startswith("approved")


def test_one_person_under_two_numbers_has_each_day_once() -> None:
    found = told(
        unfit("2023-09-11", "2023-09-20"),
        unfit("2023-09-11", "2023-09-20", "old_number"),
        asks("first", "2023-09-25", "sickness", "2023-09-11", "2023-09-20"),
        asks("second", "2023-09-26", "sickness", "2023-09-15", "2023-09-20", "old_number"),
        "- 2023-09-27 registry person.merged: {sp_id: old_number, into: worker, merged_on: 2023-09-27}",
    )
    assert found == {"first": "approved 140000", "second": "rejected duplicate_entitlement won_by first"}


def test_days_are_paid_up_to_a_death() -> None:
    found = told(
        unfit("2023-09-11", "2023-09-20"),
        "- 2023-09-16 pmrs person.died: {sp_id: worker, died_on: 2023-09-15}",
        asks("asked", "2023-09-25", "sickness", "2023-09-11", "2023-09-20"),
    )
    assert found == {"asked": f"approved {5 * 14_000}"}


LONG = unfit("2022-11-01", "2024-03-31")


def test_180_days_in_twelve_months_are_the_most() -> None:
    found = told(
        LONG,
        asks("first", "2023-09-25", "sickness", "2023-01-01", "2023-04-10"),
        asks("second", "2023-09-26", "sickness", "2023-05-01", "2023-07-19"),
        asks("one_more", "2023-09-27", "sickness", "2023-12-31", "2023-12-31"),
        asks("later", "2023-09-28", "sickness", "2024-01-01", "2024-01-10"),
    )
    assert {name: text.split()[0] for name, text in found.items()} == {
        "first": "approved",
        "second": "approved",
        "one_more": "rejected",
        "later": "approved",
    }
    assert found["one_more"] == "rejected count_exceeded"


def test_days_asked_for_later_that_lie_earlier_count_in_the_same_twelve_months() -> None:
    found = told(
        LONG,
        asks("first", "2023-09-25", "sickness", "2023-05-01", "2023-09-30"),
        asks("before", "2023-09-26", "sickness", "2023-03-01", "2023-03-31"),
    )
    assert (found["first"].split()[0], found["before"]) == ("approved", "rejected count_exceeded")


def test_days_of_another_allowance_do_not_use_up_the_maximum() -> None:
    found = told(
        LONG,
        asks("first", "2023-09-25", "sickness", "2023-02-01", "2023-07-30"),
        asks("injury", "2023-09-26", "injury", "2023-08-01", "2023-08-10"),
    )
    assert {text.split()[0] for text in found.values()} == {"approved"}


def test_every_figure_that_was_used_is_told() -> None:
    world = world_of(*WORKER, *DELIVERED, maternity("2023-12-19"))
    (entry,) = world.latest().values()
    figures = {item.name.rpartition(".")[2]: (item.value, item.unit, item.status) for item in entry.decision.figures}
    assert figures == {
        "share_percent": (70, "percent", "confirmed"),
        "days": (90, "days", "confirmed"),
        "month_days": (30, "days/month", "confirmed"),
        "months": (6, "months", "confirmed"),
        "rounding": (1, "KHR", "assumption"),
        "ceiling": (1_200_000, "KHR/month", "confirmed"),
        "wages": (3_600_000, "KHR/6 months", "derived"),
    }


def test_days_are_held_in_windows_that_are_never_empty() -> None:
    world = world_of(
        *WORKER, *DELIVERED, maternity("2023-12-19"), asks("day", "2024-01-01", "sickness", *(["2023-09-01"] * 2))
    )
    windows = [claim for held in world.claims.values() for _, claim in held if claim.kind is ClaimKind.WINDOW]
    assert {claim.group for claim in windows} == {"wage_replacement", "birth:maternity"}
    assert all(claim.since is not None and claim.until is not None and claim.since < claim.until for claim in windows)


def test_the_database_knows_every_group_of_windows_by_a_number() -> None:
    wanted = {*DAY_GROUPS, *(f"birth:{step}" for step in BIRTH_STEPS)}
    for pack in load().packs.values():
        by_birth = pack.entitlement.event is LifeEvent.BIRTH
        if by_birth or (pack.entitlement.event is LifeEvent.LEAVE and pack.shape is ForShape.ON):
            wanted.add(f"birth:{pack.entitlement.step}")
        wanted |= {row.group for row in pack.entitlement.exclusivity if row.per is LifeEvent.LEAVE}
    assert wanted <= WINDOW_GROUPS.keys()
    assert len(set(WINDOW_GROUPS.values())) == len(WINDOW_GROUPS)
