"""The real write path under crash schedules: a few with every run of the tests, more with `make test-faults`."""

from collections.abc import Iterator
from dataclasses import replace
from threading import Event

import pytest

from pipeline.offsets import StoredOffsets
from tests.faults import processes, schedule, server, turns
from tests.faults.__main__ import again, run
from tests.faults.campaign import SCHEDULES_IN_TESTS, Campaign
from tests.faults.checks import FROZEN_TOO_EARLY
from tests.faults.variants import SOUND, VARIANTS, Variant

SEEDS = range(1, 1 + SCHEDULES_IN_TESTS)
QUICKLY_CAUGHT = (
    "offset committed first",
    "fence missing",
    "content compare missing",
    "unique marks",
    "facts by watermark",
    "marks deleted first",
)
"""Caught within a few schedules; `make test-faults` catches all of them."""


@pytest.fixture(scope="module")
def campaign() -> Iterator[Campaign]:
    with server.running() as running, processes.installed():
        yield Campaign(running)


def test_the_books_are_what_the_model_says_after_any_schedule(campaign: Campaign) -> None:
    for seed in SEEDS:
        wrong = campaign.wrong(schedule.draw(seed), SOUND)
        assert not wrong, f"{wrong[0]}\nagain: {again(seed)}"


@pytest.mark.parametrize("variant", [one for one in VARIANTS if one.name in QUICKLY_CAUGHT], ids=lambda one: one.name)
def test_a_broken_write_path_is_caught(campaign: Campaign, variant: Variant) -> None:
    assert campaign.caught(SEEDS, variant) is not None


def test_a_failure_of_another_kind_does_not_count(campaign: Campaign) -> None:
    broken = next(variant for variant in VARIANTS if variant.name == "content compare missing")
    assert campaign.wrong(schedule.draw(1), broken)
    assert campaign.caught([1], replace(broken, kind=FROZEN_TOO_EARLY)) is None


def test_a_seed_runs_alike_each_time(campaign: Campaign) -> None:
    told, first, second = schedule.draw(4), list[str](), list[str]()
    assert campaign.wrong(told, SOUND, first) == campaign.wrong(told, SOUND, second)
    assert first == second
    assert first


def test_a_schedule_that_hangs_is_told_with_its_seed_and_the_others_go_on(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    released = Event()
    hangs = Variant("hangs", "", "HangsError", ((StoredOffsets, "load", lambda *_given: released.wait() and {}),))
    monkeypatch.setattr(turns, "HANGING_SECONDS", 0.2)
    ran = run(campaign, range(4, 6), hangs)
    released.set()
    assert ran.failed == 2
    told = capsys.readouterr().out
    assert "seed 4: the schedule broke off: HangsError" in told
    assert "seed 5: the schedule broke off: HangsError" in told


def test_a_failing_schedule_is_made_small(campaign: Campaign) -> None:
    broken = next(variant for variant in VARIANTS if variant.name == "content compare missing")
    found = campaign.caught(SEEDS, broken)
    assert found is not None
    told = schedule.draw(found[0])
    smaller = campaign.shrunk(told, broken, broken.kind)
    assert broken.kind in {wrong.kind for wrong in campaign.wrong(smaller, broken)}
    assert (len(smaller.published) + len(smaller.end), len(smaller.moves)) == (2, 0)
