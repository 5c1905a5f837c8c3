"""Phone numbers in one form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.normalise.phones import e164, e164_of, read_phone


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("+1 (415) 555-0132", None, "+14155550132"),
        ("0044 20 7946 0958", "NL", "+442079460958"),
        ("020 123 4567", "NL", "+31201234567"),
        ("020 123 4567", None, None),
        ("0049 30 901820", None, "+4930901820"),
        ("0049 30 901820", "US", "+4930901820"),
        ("00", None, None),
        ("0000", None, None),
        ("+972-54-123-4567", None, "+972541234567"),
        ("+1 415 555 0132 ext. 7", None, "+14155550132"),
        ("12", "NL", None),
        ("+999 12345678", None, None),
        ("no number", "NL", None),
        ("1" * 100, "NL", None),
    ],
)
def test_a_phone_number_has_one_form(text: str, country: str | None, expected: str | None) -> None:
    assert e164(text, country=country) == expected
    if expected is not None:
        assert e164(expected, country=None) == expected


@pytest.mark.parametrize(
    ("text", "countries", "expected"),
    [
        ("(415) 555-0132", ("US", "NL"), "+14155550132"),
        ("020 765 4321", ("US", "NL"), "+31207654321"),
        ("020 765 4321", (None, "NL"), "+31207654321"),
        ("0207 946 0958", ("NL", "GB"), "+442079460958"),
        ("+49 30 901820", ("US",), "+4930901820"),
        ("415 555 0132", (None, None), None),
        ("415 555 0132", (), None),
        ("1" * 65, ("US",), None),
    ],
)
def test_of_several_countries_the_first_counts_in_which_a_number_is_valid(
    text: str, countries: tuple[str | None, ...], expected: str | None
) -> None:
    assert e164_of(text, countries=countries) == expected


def test_a_number_can_be_possible_without_being_given_out() -> None:
    valid = read_phone("+1 202 555 0132", country=None)
    possible = read_phone("+972-54-123-4567", country=None)
    assert valid is not None
    assert possible is not None
    assert (valid.number, valid.valid) == ("+12025550132", True)
    assert (possible.number, possible.valid) == ("+972541234567", False)


@given(st.text(max_size=80), st.sampled_from([None, "US", "NL", "DE", "XX"]))
def test_a_phone_number_is_read_once_and_any_text_is_safe(text: str, country: str | None) -> None:
    found = e164(text, country=country)
    assert found is None or e164(found, country=None) == found
    assert e164_of(text, countries=(country,)) in (found, e164(text, country=None))
