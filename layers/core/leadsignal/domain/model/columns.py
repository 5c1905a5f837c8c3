"""A lead as a model sees it: what it is and has done, by column; nothing of what became of it."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from leadsignal.domain.account_score import role_of
from leadsignal.domain.conditions.lead_fields import LeadFields
from leadsignal.domain.conditions.selectors import OTHERS
from leadsignal.models.instants import DAY_MS, Instant
from leadsignal.models.predictions import Value
from leadsignal.models.profiles import Profile

_FIELDS = (
    ("source", "is_known", "email_kind", "email_role", "email_deliverable")
    + ("session_count", "visit_count", "event_count")
    + ("company.type", "company.industry", "company.country", "company.employee_count")
    + ("company.employee_range", "company.annual_revenue_usd", "company.founded_year")
    + ("first_touch.channel", "first_touch.medium", "last_touch.channel")
)
_PERSONAL = frozenset(
    ("email", "name", "username", "phone", "address", "street", "birthday", "avatar", "title")
    + ("first_name", "firstname", "last_name", "lastname", "phone_number", "phonenumber")
    + ("job_title", "jobtitle", "id", "description", "website")
)
"""Traits that say who somebody is, in lower case: no column of a model."""
MAX_TEXT = 100
AGES = frozenset(("first_seen_days", "last_seen_days"))
"""Columns that grow by themselves."""


def row_of(fields: LeadFields, now: Instant) -> dict[str, Value]:
    """Return what a lead has in each column at an instant.

    Columns are named as conditions name fields; beside these are ``role`` (how senior the title
    is), whole days since the first and the last event, how many pages and touches there were, and
    counts by event (``events.<name>``), path (``pages.<path>``) and tag (``tags.<tag>``). Status,
    owner, score and outcome are none: they follow what people think will become of the lead.
    """
    profile = fields.profile
    row: dict[str, Value] = {name: _plain(fields.value(name)) for name in _FIELDS}
    row["role"] = role_of(profile.title)
    row["first_seen_days"] = _days(profile.first_seen_at, now)
    row["last_seen_days"] = _days(profile.last_seen_at, now)
    row["page_count"] = float(len(profile.pages))
    row["touch_count"] = float(len(profile.touches))
    row |= _behaviour(profile)
    row |= {f"tags.{tag}": 1.0 for tag in profile.tags}
    row |= _stated("traits", profile.traits) | _stated("attributes", profile.attributes)
    return {name: value for name, value in row.items() if value is not None}


def _behaviour(profile: Profile) -> dict[str, Value]:
    counts: Counter[str] = Counter()
    for name, tally in profile.names.items():
        if name != OTHERS:
            counts[f"events.{name}"] += tally.count
    for page, tally in profile.pages.items():
        if page != OTHERS:
            counts[f"pages./{page.partition('/')[2]}"] += tally.count
    return {name: float(count) for name, count in counts.items()}


def _stated(head: str, values: Mapping[str, Any]) -> dict[str, Value]:
    return {
        f"{head}.{name}": _plain(value)
        for name, value in values.items()
        if name.lower() not in _PERSONAL
    }


def _plain(value: object) -> Value:
    """Return a value that a column can hold, None for all others."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return float(value)
    return value if isinstance(value, str) and len(value) <= MAX_TEXT else None


def _days(since: Instant, now: Instant) -> float:
    return float(max(0, now - since) // DAY_MS)
