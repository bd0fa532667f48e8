import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.model.inbox import OFFSET_LIMIT, PARTITION_LIMIT, TOPIC_LIMIT, inbox_position, split_position

PLACES = st.tuples(
    st.integers(0, TOPIC_LIMIT - 1), st.integers(0, PARTITION_LIMIT - 1), st.integers(0, OFFSET_LIMIT - 1)
)


@given(PLACES, PLACES)
def test_positions_are_distinct_ordered_and_split_again(one: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    assert split_position(inbox_position(*one)) == one
    assert (inbox_position(*one) < inbox_position(*other)) == (one < other)
    assert 0 <= inbox_position(*one) < 1 << 63


@pytest.mark.parametrize("place", [(-1, 0, 0), (128, 0, 0), (0, 1 << 16, 0), (0, 0, 1 << 40), (0, 0, -1)])
def test_a_place_beyond_its_bits_has_no_position(place: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="no inbox position"):
        inbox_position(*place)
