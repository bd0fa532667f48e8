"""The open loop: what is due depends on the clock alone."""

import pytest

from infra.bench.pace import Schedule


def test_records_are_due_evenly_from_the_beginning_on() -> None:
    schedule = Schedule(1_000, 5)
    assert [schedule.due_at(index) for index in range(5)] == pytest.approx([0.0, 0.001, 0.002, 0.003, 0.004])


def test_a_record_is_due_at_its_time_and_not_before() -> None:
    schedule = Schedule(5_000, 100_000)
    for index in (0, 1, 7, 4_999, 99_999):
        assert schedule.due(schedule.due_at(index)) == index + 1
        assert schedule.due(schedule.due_at(index) - 0.0001) == index


def test_after_a_pause_all_that_was_missed_is_due_at_its_old_time() -> None:
    schedule = Schedule(1_000, 10_000)
    assert schedule.due(3.0) == 3_001
    assert 3.0 - schedule.due_at(1_000) == pytest.approx(2.0)


def test_nothing_is_due_before_the_beginning_or_beyond_the_end() -> None:
    schedule = Schedule.lasting(1_000, 2.5)
    assert schedule.count == 2_500
    assert schedule.due(-0.1) == 0
    assert schedule.due(3_600.0) == 2_500


@pytest.mark.parametrize(("per_second", "count"), [(0.0, 1), (-1.0, 1), (1.0, -1)])
def test_no_rate_is_no_schedule(per_second: float, count: int) -> None:
    with pytest.raises(ValueError, match="no schedule"):
        Schedule(per_second, count)
