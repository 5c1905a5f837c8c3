"""What providers say of a company, in the form in which it is kept."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from leadsignal.domain.normalise.company_names import company_name
from leadsignal.domain.normalise.countries import country_code
from leadsignal.domain.normalise.headcount import headcount
from leadsignal.domain.normalise.industries import industry_name
from leadsignal.domain.normalise.phones import e164
from leadsignal.domain.normalise.text import tidy
from leadsignal.models.enrichment import CompanyFacts

MAX_TEXT = 256
MAX_ADDRESS = 512
MAX_URL = 2_048
MAX_TECHNOLOGIES = 200
MAX_REVENUE_USD = 10**13
_YEARS = range(1_000, 2_101)


def company_facts(facts: CompanyFacts) -> CompanyFacts:
    """Return what a provider says of a company with every field in the form in which it is kept:
    name without its legal form, industry of our list, country as ISO 3166-1 alpha-2, phone as
    E.164, number of employees and size class in agreement, texts tidy and cut to 256 characters.
    What has no such form is left out."""
    said = {name: getattr(facts, name) for name in _SAID}
    kept = dict.fromkeys(_SAID) | company_said(said)
    revenue, country = facts.annual_revenue_usd, kept["country"]
    return facts.model_copy(
        update=kept
        | {
            "legal_name": _cut(facts.legal_name) or kept["legal_name"],
            "annual_revenue_usd": revenue if _is_between(revenue, 0, MAX_REVENUE_USD) else None,
            "founded_year": facts.founded_year if facts.founded_year in _YEARS else None,
            "address": _cut(facts.address, MAX_ADDRESS),
            "technologies": _each_once(facts.technologies),
            "funding": _cut(facts.funding),
            "linkedin_url": _url(facts.linkedin_url),
            "phone": e164(facts.phone, country=country) if facts.phone else None,
            "logo_url": _url(facts.logo_url),
        }
    )


def company_said(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what somebody says of a company, by field, in the form in which it is kept; what has
    no such form, and what is no text where a text belongs, is left out."""
    kept: dict[str, Any] = {}
    for field, read in _READ.items():
        text = said.get(field)
        if isinstance(text, str) and (value := read(text)) is not None:
            kept[field] = value
    name, size, count = said.get("name"), said.get("employee_range"), said.get("employee_count")
    if isinstance(name, str) and (named := company_name(_cut(name) or "")):
        kept["name"] = named.name
        if named.legal_name:
            kept["legal_name"] = named.legal_name
    if isinstance(count, int) or isinstance(size, str):
        found = headcount(count if isinstance(count, int) else None, str(size or ""))
        if found.number is not None:
            kept["employee_count"] = found.number
        if found.size is not None:
            kept["employee_range"] = found.size
    return kept


def _cut(text: str | None, most: int = MAX_TEXT) -> str | None:
    tidied = tidy(text[: 2 * most]) if text else None
    return tidied[:most].rstrip() if tidied else None


def _is_between(value: int | None, least: int, most: int) -> bool:
    return value is not None and least <= value <= most


def _each_once(names: Iterable[str]) -> tuple[str, ...]:
    found = dict.fromkeys(name for each in names if (name := _cut(each)))
    return tuple(found)[:MAX_TECHNOLOGIES]


def _url(text: str | None) -> str | None:
    """Return an address of the web, with ``https`` where it names no scheme; None for others."""
    url = (text or "").strip()
    if not url or len(url) > MAX_URL or any(c <= " " or c == "\x7f" for c in url):
        return None
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        host = parts.hostname or ""
    except ValueError:
        return None
    return parts.geturl() if parts.scheme in ("http", "https") and "." in host else None


_READ: Mapping[str, Callable[[str], str | None]] = {
    "industry": industry_name,
    "country": country_code,
    "region": _cut,
    "city": _cut,
}
_SAID = frozenset((*_READ, "name", "legal_name", "employee_count", "employee_range"))
