"""Ages are whole years completed on a day; an incomplete birth date is read as the pack says."""

from datetime import date

import pytest

from processors.ages import Born, read, unborn
from processors.policy.model import BirthReading


@pytest.mark.parametrize(
    ("born", "day", "years"),
    [
        (date(1964, 6, 1), date(2024, 6, 1), 60),
        (date(1964, 6, 2), date(2024, 6, 1), 59),
        (date(2000, 2, 29), date(2023, 2, 28), 22),
        (date(2000, 2, 29), date(2023, 3, 1), 23),
        (date(2000, 2, 29), date(2024, 2, 29), 24),
        (date(2024, 6, 2), date(2024, 6, 1), -1),
    ],
)
def test_a_year_is_completed_on_the_birthday(born: date, day: date, years: int) -> None:
    assert Born(born, ()).years(day) == years


@pytest.mark.parametrize(
    ("text", "reading", "day"),
    [
        ("1964-05-17", BirthReading.LATEST, date(1964, 5, 17)),
        ("1964", BirthReading.EARLIEST, date(1964, 1, 1)),
        ("1964", BirthReading.MIDDLE, date(1964, 7, 1)),
        ("1964", BirthReading.LATEST, date(1964, 12, 31)),
        ("1964-02", BirthReading.EARLIEST, date(1964, 2, 1)),
        ("1964-02", BirthReading.MIDDLE, date(1964, 2, 15)),
        ("1964-02", BirthReading.LATEST, date(1964, 2, 29)),
    ],
)
def test_an_incomplete_birth_date_stands_for_a_day(text: str, reading: BirthReading, day: date) -> None:
    assert read(text, reading) == day


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2024", False), ("2024-06", False), ("2024-06-01", False), ("2024-06-02", True), ("2024-07", True)],
)
def test_who_may_be_born_by_the_day_is_not_unborn(text: str, expected: bool) -> None:  # noqa: FBT001 - a row
    assert unborn(text, date(2024, 6, 1)) is expected
