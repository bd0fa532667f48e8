"""Percentiles, ratios and slopes, and how they are printed."""

import pytest

from infra.bench.figures import percentile, printed, ratio, slope


def test_a_percentile_is_the_nearest_rank_of_what_was_measured() -> None:
    values = [float(value) for value in range(1, 1_001)]
    values.reverse()
    assert percentile(values, 0.5) == 500
    assert percentile(values, 0.99) == 990
    assert percentile(values, 0.999) == 999
    assert percentile(values, 1.0) == 1_000


def test_a_percentile_of_few_values_is_never_kinder_than_the_worst() -> None:
    assert percentile([0.1, 7.0], 0.99) == 7.0
    assert percentile([3.0], 0.5) == 3.0


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], 0.0), ([1.0], 1.5)])
def test_there_is_no_percentile_of_nothing(values: list[float], share: float) -> None:
    with pytest.raises(ValueError, match="expected a share"):
        percentile(values, share)


def test_a_ratio_says_how_many_times_and_nothing_without_a_divisor() -> None:
    assert ratio(12_800.0, 400.0) == 32.0
    assert ratio(1.0, 0.0) is None


def test_a_slope_is_what_is_lost_of_the_first() -> None:
    assert slope(10_000.0, 8_000.0) == pytest.approx(0.2)
    assert slope(10_000.0, 11_000.0) == pytest.approx(-0.1)


@pytest.mark.parametrize(
    ("cell", "text"),
    [(12_345.6, "12,346"), (123.45, "123.5"), (1.23456, "1.235"), (705_613, "705,613"), (None, "–"), ("x", "x")],
)
def test_figures_are_printed_with_as_many_places_as_they_carry(cell: float | str | None, text: str) -> None:
    assert printed(cell) == text
