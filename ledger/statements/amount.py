"""Amounts of a statement as text; unlike the contract's money they may be negative and long."""

from __future__ import annotations

from events.money import CURRENCIES


def decimal_text(amount_minor: int, currency: str | None) -> str:
    """The amount as a decimal string: 400000 KHR is "400000", -150 USD is "-1.50"; whole for an unknown currency."""
    exponent = CURRENCIES.get(currency or "", 0)
    digits = str(abs(amount_minor)).rjust(exponent + 1, "0")
    text = f"{digits[:-exponent]}.{digits[-exponent:]}" if exponent else digits
    return f"-{text}" if amount_minor < 0 else text


def readable_text(amount_minor: int, currency: str | None) -> str:
    """The same with thousands parted by commas, for a person."""
    whole, point, cents = decimal_text(abs(amount_minor), currency).partition(".")
    return f"{'-' if amount_minor < 0 else ''}{int(whole):,}{point}{cents}"
