"""One failing role ends the process, a stop does not."""

from threading import Event

import pytest

from pipeline.backlog import LagClock
from pipeline.worker import Role, Runner, Supervisor


@pytest.fixture
def left() -> list[int]:
    return []


def supervised(left: list[int], runner: Runner) -> Supervisor:
    supervisor = Supervisor(leave=left.append)
    supervisor.start(Role.DECIDE, runner)
    return supervisor


def test_a_role_that_fails_ends_the_process_with_1(left: list[int]) -> None:
    def fail(_stop: Event) -> None:
        raise ZeroDivisionError

    supervisor = supervised(left, fail)
    supervisor.join()
    assert left == [1]
    assert supervisor.failed


def test_a_role_that_ends_by_itself_ends_the_process_with_1(left: list[int]) -> None:
    supervised(left, lambda _stop: None).join()
    assert left == [1]


def test_a_role_that_is_told_to_stop_may_end(left: list[int]) -> None:
    def work(stop: Event) -> None:
        stop.wait(30)

    supervisor = supervised(left, work)
    supervisor.begin_stop()
    supervisor.join()
    assert left == []
    assert not supervisor.failed


def test_lag_in_seconds_counts_from_when_a_record_was_first_seen() -> None:
    now = [0.0]
    lag = LagClock(lambda: now[0])
    place = ("sp.payment.v1", 0)
    assert lag.seconds(place, end=0, recorded=0) == 0
    now[0] = 10
    assert lag.seconds(place, end=100, recorded=0) == 0
    now[0] = 15
    assert lag.seconds(place, end=200, recorded=50) == 5
    now[0] = 18
    assert lag.seconds(place, end=200, recorded=100) == 3
    now[0] = 20
    assert lag.seconds(place, end=200, recorded=200) == 0
