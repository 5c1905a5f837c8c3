"""What a stranger says of a company: each value is checked by itself, and dropped if it is none.

Nothing here decides whether a value is true, only that it is of the right kind and size: that it
cannot break a table, a page or a log.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from leadsignal.domain import receivers
from leadsignal.domain.normalise.currencies import revenue_usd
from leadsignal.errors import InvalidInputError
from leadsignal.models.enrichment import COMPANY_FIELDS, CompanyFacts

DEFAULT_CONFIDENCE = 0.7
"""How sure we are of who does not say how sure they are."""

MAX_READ = 2_000  # characters; a longer text is none of the ones we ask for
MAX_TECHNOLOGIES = 50
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}  # controls, marks of direction, surrogates, no characters
_LINKEDIN = re.compile(r"(?:https?://)?(?:[a-z]{2,3}\.)?linkedin\.com(/[^?#]+)", re.IGNORECASE)


def text(value: object, longest: int) -> str | None:
    """Return a text on one line, cut to ``longest`` characters; None when there is nothing."""
    if not isinstance(value, str) or len(value) > MAX_READ:
        return None
    seen = (" " if c.isspace() else c for c in value if c.isspace() or _is_seen(c))
    return " ".join("".join(seen).split())[:longest].rstrip() or None


def _is_seen(character: str) -> bool:
    return unicodedata.category(character) not in _UNSEEN


def whole(value: object, least: int, most: int) -> int | None:
    """Return a whole number of that range, None for anything else: a truth, a text, a fraction."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not math.isfinite(value) or value != int(value):
        return None
    return int(value) if least <= value <= most else None


def url(value: object) -> str | None:
    """Return an https URL of a public host, which is never called; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        return receivers.check(value, allowed=frozenset()).url
    except InvalidInputError:
        return None


def linkedin(value: object) -> str | None:
    """Return the https URL of a page of LinkedIn, however it was written."""
    written = text(value, receivers.MAX_URL)
    found = _LINKEDIN.fullmatch(written) if written else None
    return url(f"https://www.linkedin.com{found[1].rstrip('/')}") if found else None


def technologies(value: object) -> tuple[str, ...] | None:
    """Return the texts of a list, each once."""
    if not isinstance(value, list):
        return None
    named = (text(each, 80) for each in value[:MAX_TECHNOLOGIES])
    return tuple(dict.fromkeys(name for name in named if name))


def confidence(value: object, *, most: float = 1) -> float:
    """Return how sure somebody is, 0 to 1, of a number up to ``most``; else the default."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        return DEFAULT_CONFIDENCE
    return round(value / most, 4)


def _dollars(value: object) -> object:
    """Return the US dollars that a text says; what is no text as it is."""
    return revenue_usd(value) if isinstance(value, str) else value


_READERS: Mapping[str, Callable[[object], object]] = {
    "name": lambda value: text(value, 200),
    "legal_name": lambda value: text(value, 200),
    "industry": lambda value: text(value, 120),
    "employee_count": lambda value: whole(value, 0, 10_000_000),
    "employee_range": lambda value: text(value, 40),
    "annual_revenue_usd": lambda value: whole(_dollars(value), 0, 10**13),
    "founded_year": lambda value: whole(value, 800, 2_100),
    "country": lambda value: text(value, 80),
    "region": lambda value: text(value, 120),
    "city": lambda value: text(value, 120),
    "address": lambda value: text(value, 300),
    "technologies": technologies,
    "funding": lambda value: text(value, 120),
    "linkedin_url": linkedin,
    "phone": lambda value: text(value, 40),
    "logo_url": url,
}


def read(
    values: Mapping[str, object], *, domain: str, provider: str, confidence: float
) -> CompanyFacts | None:
    """Return what is left of the values of a company's fields, None when that is nothing.

    ``domain`` is what was asked for, whatever domain the answer names. The country, the industry
    and the range of employees are as they were written, and are not of our lists yet.
    """
    kept: dict[str, Any] = {}
    for field in COMPANY_FIELDS:
        known = _READERS[field](values.get(field))
        if known not in (None, ()):
            kept[field] = known
    if not kept:
        return None
    return CompanyFacts(domain=domain, provider=provider, confidence=confidence, **kept)
