"""Currencies and amounts of money."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.normalise.currencies import (
    currency_code,
    minor_digits,
    read_amount,
    revenue_usd,
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("usd", "USD"), ("$", "USD"), ("US$", "USD"), ("US Dollars", "USD"), ("€", "EUR"),
        ("Euro", "EUR"), ("£", "GBP"), ("Swiss francs", "CHF"), ("zł", "PLN"), ("Kč", "CZK"),
        ("₹", "INR"), ("A$", "AUD"), ("Türk lirası", "TRY"), ("Rupiah", "IDR"),
        ("kr", None), ("peso", None), ("¥", None), ("XXX", None), ("", None), ("x" * 100, None),
    ],
)  # fmt: skip
def test_a_currency_is_known_by_code_name_and_sign(text: str, code: str | None) -> None:
    assert currency_code(text) == code


@pytest.mark.parametrize(
    ("code", "digits"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("ISK", 0), ("usd", None), ("", None)]
)
def test_a_currency_has_its_minor_unit(code: str, digits: int | None) -> None:
    assert minor_digits(code) == digits


@pytest.mark.parametrize(
    ("text", "units", "code"),
    [
        ("$1.2M", 1_200_000, "USD"), ("USD 1,250,000", 1_250_000, "USD"), ("500K", 500_000, None),
        ("1,2 Mio. €", 1_200_000, "EUR"), ("1.250.000 €", 1_250_000, "EUR"), ("5", 5, None),
        ("$1,250,000.50", 1_250_000, "USD"), ("1.2 billion", 1_200_000_000, None),
        ("US$ 5 billion", 5 * 10**9, "USD"), ("£3m", 3 * 10**6, "GBP"), ("5bn", 5 * 10**9, None),
        ("3 Mrd. EUR", 3 * 10**9, "EUR"), ("1,250M", 1_250 * 10**6, None),
        ("1.250M", 1_250_000, None), ("1'000'000 CHF", 10**6, "CHF"), ("A$5m", 5 * 10**6, "AUD"),
        ("1 000 000 USD", 10**6, "USD"), ("10M-50M", 10**7, None), ("10-50M", 10**7, None),
        ("$10M - $50M", 10**7, "USD"), ("$100 Million to $500 Million", 10**8, "USD"),
        ("over $1B", 10**9, "USD"), ("$1B+", 10**9, "USD"), ("1.5M/yr", 1_500_000, None),
        ("5 million US dollars", 5 * 10**6, "USD"), ("$0", 0, "USD"),
    ],
)  # fmt: skip
def test_an_amount_is_read_with_its_currency(text: str, units: int, code: str | None) -> None:
    assert read_amount(text) == (units, code)
    assert revenue_usd(text) == (units if code in (None, "USD") else None)


@pytest.mark.parametrize(
    "text",
    ["", "$", "-5", "-", "1-2-3", "$5 - €6", "5 bananas", "1e6", "1.2.3M", "¥5", "9" * 20,
     "999999999T", "$5 EUR", "1,23,456", "one million", "5" * 100, "M"],
)  # fmt: skip
def test_what_is_no_amount_is_none(text: str) -> None:
    assert read_amount(text) is None
    assert revenue_usd(text) is None


@given(st.text(alphabet="0123456789.,-$€MKbn uUsSdD+'", max_size=20) | st.text(max_size=70))
def test_any_text_is_safe(text: str) -> None:
    found = revenue_usd(text)
    assert found is None or revenue_usd(str(found)) == found >= 0
    assert currency_code(text) is None or minor_digits(currency_code(text) or "") is not None
