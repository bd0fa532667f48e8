"""Which period a transfer is booked in: its own while that is open, else the next open one, else the last."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ledger.model.period import OPEN_KINDS, PeriodEvent, PeriodKind, booked_in, may_follow, reigns, windows

JANUARY, FEBRUARY, MARCH = (
    (f"2018-{month:02d}", date(2018, month, 1), date(2018, month + 1, 1) - timedelta(days=1)) for month in (1, 2, 3)
)
MONTHS = (JANUARY, FEBRUARY, MARCH)


def event(at_block: int, month: tuple[str, date, date], kind: PeriodKind) -> PeriodEvent:
    return PeriodEvent(at_block, month[0], kind, month[1], month[2])


HISTORY = [
    event(0, JANUARY, PeriodKind.OPENED),
    event(10, FEBRUARY, PeriodKind.OPENED),
    event(20, JANUARY, PeriodKind.SOFT_CLOSED),
    event(20, JANUARY, PeriodKind.CLOSED),
    event(30, JANUARY, PeriodKind.REOPENED),
]


def booked(day: date, block_no: int) -> str | None:
    (reign,) = [found for found in reigns(HISTORY, 100) if found.first_block <= block_no <= found.last_block]
    return booked_in(day, reign.windows)


def test_a_transfer_is_booked_in_its_own_period_while_that_is_open() -> None:
    assert booked(date(2018, 1, 31), 20) == "2018-01"
    assert booked(date(2018, 2, 1), 20) == "2018-02"


def test_a_late_fact_is_booked_in_the_next_open_period() -> None:
    assert booked(date(2018, 1, 31), 21) == "2018-02"
    assert booked(date(2017, 5, 1), 20) == "2018-01"


def test_a_reopened_period_takes_its_facts_again_and_what_was_booked_stays() -> None:
    assert booked(date(2018, 1, 31), 31) == "2018-01"
    assert booked(date(2018, 1, 31), 30) == "2018-02"


def test_a_day_beyond_all_periods_is_booked_in_the_last_open_one() -> None:
    assert booked(date(2020, 1, 1), 5) == "2018-01"
    assert booked(date(2020, 1, 1), 15) == "2018-02"


def test_before_any_period_is_open_there_is_none() -> None:
    assert reigns([], 7)[0].windows == ()
    assert booked_in(date(2018, 1, 1), ()) is None
    assert reigns([], 0) == []


def test_what_may_happen_to_a_period() -> None:
    allowed = {(kind, latest) for kind in PeriodKind for latest in (None, *PeriodKind) if may_follow(kind, latest)}
    assert allowed == {
        (PeriodKind.OPENED, None),
        (PeriodKind.SOFT_CLOSED, PeriodKind.OPENED),
        (PeriodKind.SOFT_CLOSED, PeriodKind.REOPENED),
        (PeriodKind.CLOSED, PeriodKind.SOFT_CLOSED),
        (PeriodKind.REOPENED, PeriodKind.SOFT_CLOSED),
        (PeriodKind.REOPENED, PeriodKind.CLOSED),
    }


@given(st.sets(st.sampled_from(MONTHS), min_size=1), st.dates(date(2017, 11, 1), date(2018, 6, 1)))
def test_each_day_is_booked_once_in_the_first_open_period_that_ends_on_or_after_it(
    open_: set[tuple[str, date, date]], day: date
) -> None:
    found = windows(event(0, month, PeriodKind.OPENED) for month in open_)
    taking = [w.period for w in found if (w.since or day) <= day <= (w.until or day)]
    by_day = sorted(open_, key=lambda month: month[1])
    expected = next((month[0] for month in by_day if month[2] >= day), by_day[-1][0])
    assert taking == [expected] == [booked_in(day, found)]


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(MONTHS), st.sampled_from(list(PeriodKind)))))
def test_reigns_cover_every_block_once_in_order(drawn: list[tuple[int, tuple[str, date, date], PeriodKind]]) -> None:
    events = [event(*one) for one in sorted(drawn, key=lambda one: one[0])]
    covered: list[int] = []
    for reign in reigns(events, 30):
        state: dict[str, PeriodKind] = {}
        for happened in events:
            if happened.at_block < reign.first_block:
                state[happened.period] = happened.kind
        assert {window.period for window in reign.windows} == {p for p, kind in state.items() if kind in OPEN_KINDS}
        covered += range(reign.first_block, reign.last_block + 1)
    assert covered == list(range(1, 31))
