import pytest

from ledger.statements.amount import decimal_text, readable_text


@pytest.mark.parametrize(
    ("amount_minor", "currency", "decimal", "readable"),
    [
        (15_716_800_000, "KHR", "15716800000", "15,716,800,000"),
        (-150, "USD", "-1.50", "-1.50"),
        (-5, "USD", "-0.05", "-0.05"),
        (123_456, "USD", "1234.56", "1,234.56"),
        (0, None, "0", "0"),
        (0, "USD", "0.00", "0.00"),
    ],
)
def test_amounts_keep_their_exponent_and_sign(
    amount_minor: int, currency: str | None, decimal: str, readable: str
) -> None:
    assert decimal_text(amount_minor, currency) == decimal
    assert readable_text(amount_minor, currency) == readable
