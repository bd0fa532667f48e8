import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.money import CURRENCIES, Money, from_minor, to_minor
from events.shapes import FieldError


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("400000", "KHR", 400_000), ("0", "KHR", 0), ("1.50", "USD", 150), ("0.05", "USD", 5), ("0.00", "USD", 0)],
)
def test_amounts_in_minor_units(amount: str, currency: str, minor: int) -> None:
    money = from_minor(minor, currency)
    assert (money.amount, money.currency) == (amount, currency)
    assert to_minor(money) == minor


@given(st.integers(0, 10**15 - 1), st.sampled_from(sorted(CURRENCIES)))
def test_minor_units_round_trip(minor: int, currency: str) -> None:
    assert to_minor(from_minor(minor, currency)) == minor


@pytest.mark.parametrize(("minor", "currency"), [(-1, "KHR"), (10**15, "USD"), (1, "EUR"), (1, "")])
def test_what_is_no_money_is_refused(minor: int, currency: str) -> None:
    with pytest.raises(ValueError, match=r"amount of money|is not one of"):
        from_minor(minor, currency)


def test_money_cannot_be_built_with_the_decimals_of_the_other_currency() -> None:
    with pytest.raises(FieldError):
        Money(amount="1.00", currency="KHR")
    with pytest.raises(FieldError):
        Money(amount="1", currency="USD")
