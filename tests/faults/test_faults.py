"""The real write path under crash schedules: 50 with every run of the tests, `make test-faults` for a thousand."""

from collections.abc import Iterator

import pytest

from tests.faults import processes, schedule, server
from tests.faults.__main__ import again
from tests.faults.campaign import Campaign
from tests.faults.variants import SOUND, VARIANTS, Variant

SEEDS = range(1, 51)
QUICKLY_CAUGHT = (
    "offset committed first",
    "fence missing",
    "content compare missing",
    "unique marks",
    "facts by watermark",
    "marks deleted first",
)
"""Caught within a few schedules; `make test-faults FAULTS=--variants` catches all of them."""


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


def test_a_seed_runs_alike_each_time(campaign: Campaign) -> None:
    told = schedule.draw(4)
    assert campaign.traced(told, SOUND) == campaign.traced(told, SOUND)


def test_a_failing_schedule_is_made_small(campaign: Campaign) -> None:
    broken = next(variant for variant in VARIANTS if variant.name == "content compare missing")
    found = campaign.caught(SEEDS, broken)
    assert found is not None
    told = schedule.draw(found[0])
    smaller = campaign.shrunk(told, broken)
    assert campaign.wrong(smaller, broken)
    assert (len(smaller.published) + len(smaller.end), len(smaller.moves)) == (2, 0)
