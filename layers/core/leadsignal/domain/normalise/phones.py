"""Phone numbers in the one form in which they are compared: E.164."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

MAX_LENGTH = 64
_REMEMBERED = 2048


class Phone(NamedTuple):
    """A number as E.164 (``+14155550132``) that is possible, whether it is ``valid``: of a form
    that its country gives out, and the countries that have its country code."""

    number: str
    valid: bool
    countries: tuple[str, ...] = ()


def e164(text: str, *, country: str | None) -> str | None:
    """Return a phone number as E.164, or None when it cannot be one.

    ``country`` (ISO 3166-1 alpha-2) is whose number one without a country code is; None: such a
    number has no meaning. Extensions are left out. What is checked is that such a number is
    possible, not that it is given out. The result is a fixed point.
    """
    found = read_phone(text, country=country)
    return found.number if found else None


def read_phone(text: str, *, country: str | None) -> Phone | None:
    """Return what a phone number is, as ``e164`` reads it; None when it cannot be one."""
    return _read(text, country) if 3 <= len(text) <= MAX_LENGTH else None


def e164_of(text: str, *, countries: Iterable[str | None]) -> str | None:
    """Return a phone number as E.164 that may be of one of several countries: the first in which
    it is valid, else the first in which it is possible."""
    return _first(text, tuple(countries)) if 3 <= len(text) <= MAX_LENGTH else None


@lru_cache(maxsize=_REMEMBERED)
def _first(text: str, countries: tuple[str | None, ...]) -> str | None:
    tried = dict.fromkeys((*(country for country in countries if country), None))
    found = [phone for country in tried if (phone := _read(text, country))]
    best = next((phone for phone in found if phone.valid), found[0] if found else None)
    return best.number if best else None


@lru_cache(maxsize=_REMEMBERED)
def _read(text: str, country: str | None) -> Phone | None:
    import phonenumbers  # here, for its 24 ms are for those that see a phone number

    try:
        number = phonenumbers.parse(text, country)
        possible = phonenumbers.is_possible_number(number)
    except phonenumbers.NumberParseException:
        possible = False
    if not possible:
        plain = text.lstrip(" (")
        # Most of the world dials 00 before the code of another country.
        return _read(f"+{plain[2:]}", None) if plain.startswith("00") else None
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    countries = phonenumbers.region_codes_for_country_code(number.country_code or 0)
    return Phone(written, phonenumbers.is_valid_number(number), tuple(countries))
