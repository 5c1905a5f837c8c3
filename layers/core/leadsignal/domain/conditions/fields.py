"""Which fields a condition may name, of leads, companies and events, and of what kind each is."""

from collections.abc import Callable, Mapping
from typing import Any

from leadsignal.models.conditions import Kind

MAX_NAME = 128
ATTRIBUTE = "attributes."

type Catalogue = Callable[[str], Kind | None]
"""Returns the kind of a field, None when there is no such field."""

_LEAD = frozenset(
    ("email", "first_name", "last_name", "phone", "title", "tags", "status", "owner", "source")
    + ("score", "tier", "segments", "is_known", "session_count", "event_count", "quality")
    + ("email_kind", "email_role", "email_deliverable")
    + ("created_at", "last_seen_at", "first_seen_at")
)
_COMPANY = frozenset(
    ("id", "domain", "name", "type", "legal_name", "industry", "employee_count", "employee_range")
    + ("annual_revenue_usd", "founded_year", "country", "region", "city", "address")
    + ("technologies", "funding", "linkedin_url", "phone", "logo_url")
)
_TOUCH = frozenset(
    ("at", "channel", "source", "medium", "campaign", "term", "content", "referrer")
    + ("landing_url", "click_id.network", "click_id.value")
)
_EVENT = frozenset(
    ("type", "locale", "timestamp", "received_at")
    + ("page.url", "page.path", "page.search", "page.title", "page.referrer")
    + ("campaign.name", "campaign.source", "campaign.medium", "campaign.term", "campaign.content")
)
_PARTS = {
    "company": _COMPANY,
    "first_touch": _TOUCH,
    "last_touch": _TOUCH,
    "quality": frozenset(("fixes",)),
}
_FREE = frozenset(("traits", "attributes", "consent"))
_INSTANTS = frozenset(
    ("created_at", "last_seen_at", "first_seen_at", "first_touch.at", "last_touch.at")
    + ("timestamp", "received_at")
)


def names() -> frozenset[str]:
    """Return all fields that have a name of ours, of whatever they are."""
    parts = {f"{part}.{name}" for part, named in _PARTS.items() for name in named}
    return _LEAD | _COMPANY | _EVENT | parts


def of_lead(field: str) -> Kind | None:
    """Return the kind of a lead's field; traits, attributes and consents have any name."""
    head, dot, rest = field.partition(".")
    known = field in _LEAD if not dot else rest in _PARTS.get(head, ())
    return _kind(field, known=known or (head in _FREE and _is_name(rest)))


def of_company(field: str) -> Kind | None:
    """Return the kind of a company's field, which may be named as that of a lead's company."""
    known = field == "created_at" or field.removeprefix("company.") in _COMPANY
    return _kind(field, known=known)


def of_event(field: str) -> Kind | None:
    """Return the kind of an event's field; properties have any name."""
    head, _, rest = field.partition(".")
    return _kind(field, known=field in _EVENT or (head == "properties" and _is_name(rest)))


def _kind(field: str, *, known: bool) -> Kind | None:
    if not known:
        return None
    return "instant" if field in _INSTANTS else "value"


def _is_name(text: str) -> bool:
    return 0 < len(text) <= MAX_NAME


def within(values: Mapping[str, Any], name: str) -> object:
    """Return the value of a name in a map, or of a dotted path into the maps inside it; None when
    there is none. A name that has dots itself goes before a path."""
    if name in values:
        return values[name]
    head, dot, rest = name.partition(".")
    inner = values.get(head)
    return within(inner, rest) if dot and isinstance(inner, Mapping) else None
