"""The measuring code: stages, clocks inside clocks, ages of blocks, parts of a backlog, sizes."""

import pytest

from events.outgoing import Outgoing
from events.topics import ENROLMENT, PAYMENT
from infra.bench import timers
from infra.bench.measure import Timing, _done
from infra.bench.recording import parts
from infra.bench.rows import ROWS
from infra.bench.rows.hot_account import one_province
from infra.bench.sealing import SealAges
from infra.bench.sizes import FULL, USUAL
from pipeline.transport import BATCH_RECORDS


@pytest.mark.parametrize(
    ("stand", "done"),
    [
        ((9, False, False), ()),
        ((10, True, False), ("recorded",)),
        ((10, True, True), ("recorded",)),
        ((10, False, True), ("recorded", "decided")),
        ((10, False, False), ("recorded", "decided", "relayed")),
    ],
)
def test_a_stage_is_done_when_nothing_of_it_or_before_it_is_left(
    stand: tuple[int, bool, bool], done: tuple[str, ...]
) -> None:
    assert _done(stand, 10) == done


def test_a_run_is_rated_by_its_decisions_and_its_processors_by_events() -> None:
    timing = Timing(1_000, {"recorded": 1.0, "decided": 2.0, "relayed": 4.0}, {"decide": 0.05, "bench": 9.0})
    assert timing.per_second == 500
    assert timing.cpu_us == {"decide": pytest.approx(50.0)}
    assert Timing(1_000, {"recorded": 1.0}).per_second == 1_000


def test_a_clock_stands_still_while_one_inside_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(timers, "perf_counter", lambda: now[0])
    timers.SECONDS.clear()

    def spend(seconds: float) -> None:
        now[0] += seconds

    inner = timers.timed("inner", spend)

    def work() -> None:
        spend(2.0)
        inner(5.0)
        spend(1.0)
        inner(0.5)

    timers.timed("outer", work)()
    inner(10.0)
    assert timers.SECONDS == {"outer": 3.0, "inner": 15.5}
    timers.SECONDS.clear()


def test_the_clocks_fit_the_methods_they_are_put_around() -> None:
    import importlib

    for _, module, method in timers.STAGES:
        owner, name = method.split(".")
        assert callable(getattr(getattr(importlib.import_module(module), owner), name))


def test_the_age_of_what_waits_is_judged_by_every_look() -> None:
    ages = SealAges([0.0] * 98 + [3.0, 4.0])
    assert ages.told == {"p50": 0.0, "p99": 3.0, "max": 4.0}


def test_a_backlog_is_read_in_turns_and_offsets_go_on() -> None:
    records = [Outgoing(ENROLMENT.name, b"a", b"%d" % at, ()) for at in range(BATCH_RECORDS + 5)]
    records += [Outgoing(PAYMENT.name, b"b", b"x", ())]
    offsets: dict[tuple[str, int], int] = {}
    taken = list(parts(records, offsets))
    assert [(part.topic, len(part.records)) for part in taken] == [
        (ENROLMENT.name, BATCH_RECORDS),
        (PAYMENT.name, 1),
        (ENROLMENT.name, 5),
    ]
    assert taken[2].records[0].offset == BATCH_RECORDS
    assert sorted(offsets.values()) == [1, BATCH_RECORDS + 5]
    assert next(iter(parts(records[:1], offsets))).records[0].offset == BATCH_RECORDS + 5


def test_only_households_move_to_one_province() -> None:
    household = b'{"type":"kh.sp.household.identified.v1","data":{"commune":"020103"}}'
    assert one_province(household) == household.replace(b"0201", b"1201")
    other = household.replace(b"household.identified", b"facility.registered")
    assert one_province(other) == other


def test_full_sizes_are_those_asked_for_and_no_row_is_smaller_than_usual() -> None:
    assert FULL.growth_rows == (100_000, 1_000_000, 10_000_000)
    assert FULL.households == 705_613
    assert {batch for _, batch in FULL.shapes} >= {500, 5_000}
    assert {workers for workers, _ in USUAL.shapes} == {workers for workers, _ in FULL.shapes} == {1, 2}
    assert FULL.events >= USUAL.events
    assert USUAL.scaled(1.0) is USUAL
    assert USUAL.scaled(0.1).events == USUAL.events // 10


def test_every_part_of_the_benchmark_has_its_row() -> None:
    assert list(ROWS) == ["a", "b", "seal", "c", "d", "e", "f", "g", "h", "i", "month"]
