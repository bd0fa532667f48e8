"""Verdicts and the page follow from the figures of the run, and from nothing else."""

import pytest

from infra.bench.figures import Row, Table
from infra.bench.goals import EVENTS_PER_SECOND, GOALS, verdicts
from infra.bench.page import Run, page

FIGURES = {
    "path": 21_000.0,
    "path.us": 80.0,
    "path.decide_us": 41.0,
    "path.decide_cores": 0.86,
    "path.postgres_us": 22.0,
    "path.transfers": 7_000.0,
    "path.decisions_a_request": 1.2,
    "cores": 2.0,
    "copy": 60_000.0,
    "copy.rows_an_event": 5.5,
    "calls": 400.0,
    "latency.1000": 0.4,
    "latency.1000.drained": 0.1,
    "latency.5000": 0.9,
    "latency.5000.drained": 0.2,
    "growth.slope": 0.1,
    "growth.from": 1e5,
    "growth.to": 1e7,
    "month": 55.0,
    "month.rate": 12_800.0,
    "month.measured": 1.0,
    "seal": 12_000.0,
    "seal.p99": 2.5,
}
WORSE = {
    "path": 12_000.0,
    "latency.1000": 1.0,
    "latency.5000": 9.0,
    "growth.slope": 0.21,
    "month": 60.0,
    "seal.p99": 10.0,
    "calls": 1_000.0,
}


def test_every_goal_is_met_by_figures_beyond_it() -> None:
    assert [one.met for one in verdicts(FIGURES)] == [True] * len(GOALS)


def test_every_goal_is_missed_by_figures_at_or_below_it() -> None:
    assert [one.met for one in verdicts(FIGURES | WORSE)] == [False] * len(GOALS)


def test_a_goal_that_is_missed_names_its_obstacle_in_figures_of_the_run() -> None:
    told = verdicts(FIGURES | WORSE | {"stage.adjudicate": 17.0, "stage.fold": 3.0, "stage.decode": 90.0})[0].told
    assert "80 µs" in told
    assert "25,000/s" in told
    assert "`adjudicate`, 17 µs" in told


@pytest.mark.parametrize("name", sorted(name for goal in GOALS for name in goal.needs))
def test_what_was_not_measured_is_neither_met_nor_missed(name: str) -> None:
    left = {other: value for other, value in FIGURES.items() if other != name}
    assert [one.met for one, goal in zip(verdicts(left), GOALS, strict=True) if name in goal.needs] != []
    assert all(one.met is None for one, goal in zip(verdicts(left), GOALS, strict=True) if name in goal.needs)


def test_growth_that_was_not_measured_to_its_end_is_not_met() -> None:
    growth = next(one for one in verdicts(FIGURES | {"growth.to": 1e6}) if one.goal.startswith("no slope"))
    assert growth.met is False
    assert "`--large`" in growth.told


def test_a_month_told_on_from_fewer_households_is_not_met() -> None:
    month = next(one for one in verdicts(FIGURES | {"month.measured": 0.0}) if one.goal.startswith("a month"))
    assert month.met is False
    assert "not shown yet" in month.told


def test_the_page_tells_machine_command_goals_ratios_and_tables() -> None:
    row = Row("x", "A row", "What it measures.", [Table(("name", ">a second"), [("one", 1_234.5)])], FIGURES)
    text = page(Run([row], {"processor": "2 x something"}, "make bench", 540.0, 0.02))
    assert "Written by `make bench` in one run of 9 minutes" in text
    assert "- processor: 2 x something" in text
    assert f"| at least {EVENTS_PER_SECOND:,} events/s" in text
    assert "| (a) raw COPY of all rows | 60,000 | 0.350 |" in text
    assert "## (x) A row" in text
    assert "| name | a second |\n|---|---:|\n| one | 1,234 |" in text
