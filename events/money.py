"""Money is an integer of minor units inside, a decimal string on the wire; the two currencies never add."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta

from events.shapes import AMOUNT, FieldError, Shape

# The one table of exponents: KHR in whole riel (ISO 4217 lists 2, which nobody uses), USD in cents.
CURRENCIES: Final[dict[str, int]] = {"KHR": 0, "USD": 2}
DIGITS_MAX: Final = 15

Currency = Literal["KHR", "USD"]


class Money(Shape, frozen=True):
    """An amount as published: `{"amount": "400000", "currency": "KHR"}`, `{"amount": "1.50", "currency": "USD"}`.

    KHR has no decimals, USD exactly two; at most 15 digits, no sign, no leading zeros.
    """

    amount: Annotated[str, Meta(pattern=AMOUNT, description="KHR whole riel, USD two decimals")]
    currency: Currency

    def __post_init__(self) -> None:
        """Hold the decimals against the currency; raises `FieldError`."""
        if self.currency == "KHR":
            if "." in self.amount:
                raise FieldError("amount", "expected whole riel without decimals")
        elif self.amount[-3:-2] != ".":
            raise FieldError("amount", "expected two decimals")
        elif len(self.amount) > DIGITS_MAX + 1:
            raise FieldError("amount", f"expected at most {DIGITS_MAX} digits")


def to_minor(money: Money) -> int:
    """The amount in minor units: "400000" KHR is 400000, "1.50" USD is 150."""
    return int(money.amount.replace(".", ""))


def from_minor(amount_minor: int, currency: str) -> Money:
    """Money from minor units; raises ValueError below zero, over 15 digits, or for a currency not in `CURRENCIES`."""
    if currency not in CURRENCIES:
        raise ValueError(f"currency {currency!r} is not one of {', '.join(CURRENCIES)}")
    if not 0 <= amount_minor < 10**DIGITS_MAX:
        raise ValueError(f"an amount of money has 1 to {DIGITS_MAX} digits and no sign")
    exponent = CURRENCIES[currency]
    text = str(amount_minor).rjust(exponent + 1, "0")
    amount = f"{text[:-exponent]}.{text[-exponent:]}" if exponent else text
    return Money(amount=amount, currency="KHR" if currency == "KHR" else "USD")
