"""What crash schedules leave behind is rebuilt in both ways: killed deciders, cut sessions, take-overs."""

from collections.abc import Iterator

import pytest

from ledger.store import migrate
from tests.faults import processes, schedule, server
from tests.faults.server import Server
from tests.faults.simulation import Simulation
from tests.stack.rebuild.conftest import Rebuilding

SEEDS = range(1, 9)
EMPTY = "rebuild_template"


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    """A server with an empty ledger to rebuild in."""
    with server.running() as found:
        found.control.execute(f"create database {EMPTY}")
        migrate(f"{found.server}/{EMPTY}")
        yield found


@pytest.mark.parametrize("seed", SEEDS)
def test_the_books_of_any_schedule_are_rebuilt(running: Server, seed: int) -> None:
    with running.ledger() as url:
        with processes.installed():
            outcome = Simulation(schedule.draw(seed), url).run()
        outcome.observer.close()
        assert outcome.quiet
        Rebuilding(running.server, EMPTY).same(url, seed)
