"""A lead as rules and segments see it when it is committed: its fields, and when it did what."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from leadsignal.domain.conditions.fields import within
from leadsignal.domain.conditions.selectors import Selector
from leadsignal.domain.conditions.subjects import company_value
from leadsignal.models.activity import DaySummary
from leadsignal.models.facts import Tier
from leadsignal.models.instants import Instant
from leadsignal.models.leads import LeadCompany
from leadsignal.models.profiles import Profile
from leadsignal.models.tenants import STATUSES

_PLAIN = frozenset(
    ("email", "first_name", "last_name", "phone", "title", "owner", "tags", "is_known")
    + ("email_kind", "email_role", "email_deliverable", "event_count", "session_count")
    + ("visit_count",)
    + ("first_seen_at", "last_seen_at", "created_at")
)


class Timeline(NamedTuple):
    """The newest instants of what is counted, ascending, and how often more."""

    at: Sequence[Instant] = ()
    more: int = 0


NEVER = Timeline()


def timelines_of(days: Iterable[DaySummary]) -> dict[str, Timeline]:
    """Return when what is counted happened, by the name of its selector."""
    instants: dict[str, list[Instant]] = {}
    more: dict[str, int] = {}
    for day in days:
        for name, mark in day.marks.items():
            instants.setdefault(name, []).extend(mark.at)
            more[name] = more.get(name, 0) + mark.more
    return {name: Timeline(sorted(found), more[name]) for name, found in instants.items()}


class LeadFields:
    """A lead's profile and behaviour; score and segments, as far as they are known already.

    ``attributes`` are those that conditions see, None where these are the profile's own.
    """

    __slots__ = (
        "attributes",
        "profile",
        "score",
        "segments",
        "statuses",
        "tier",
        "timelines",
        "views",
    )

    def __init__(
        self,
        profile: Profile,
        timelines: Mapping[str, Timeline],
        *,
        statuses: Sequence[str] = STATUSES,
        score: int | None = None,
        tier: Tier | None = None,
        attributes: Mapping[str, object] | None = None,
    ) -> None:
        self.profile = profile
        self.attributes = profile.attributes if attributes is None else attributes
        self.views: dict[object, dict[str, int]] | None = None  # of pages, once they were counted
        self.timelines = timelines
        self.statuses = statuses
        self.score = score
        self.tier = tier
        self.segments: Sequence[str] = ()

    def value(self, field: str) -> object:
        """Return the value of a field, None when it has none."""
        return reader(field)(self)

    def times(self, what: Selector, since: Instant | None, until: Instant) -> int:
        """Return how many events are meant, in a window as many as have to be told apart."""
        if what.keep is None:
            tally = self.profile.names.get(what.event or "")
            return tally.count if tally else 0
        found = self.timelines.get(what.name, NEVER)
        if since is None:
            return len(found.at) + found.more
        return bisect_right(found.at, until) - bisect_left(found.at, since)

    def instants(self, what: Selector) -> Sequence[Instant]:
        """Return the newest instants of the events that are meant, ascending."""
        return self.timelines.get(what.name, NEVER).at


def reader(field: str) -> Callable[[LeadFields], object]:
    """Return what reads a field of a lead. Its quality, which grows old by itself, has none: it is
    for filters."""
    head, dot, name = field.partition(".")
    if not dot:
        return _plain(field)
    if head == "quality":
        return lambda lead: None
    if head == "company":
        return _company(name)
    if head in ("first_touch", "last_touch"):
        return _touch(head, name)
    if "." not in name:
        if head == "traits":
            return lambda lead: lead.profile.traits.get(name)
        if head == "attributes":
            return lambda lead: lead.attributes.get(name)
    whole = attrgetter("attributes" if head == "attributes" else f"profile.{head}")
    return lambda lead: within(whole(lead), name)


def _company(name: str) -> Callable[[LeadFields], object]:
    if name == "employee_range":
        return lambda lead: company_value(lead.profile.company, name)
    read = attrgetter(name)
    known = name in LeadCompany.model_fields

    def value(lead: LeadFields) -> object:
        company = lead.profile.company
        return None if company is None or not known else read(company)

    return value


def _plain(field: str) -> Callable[[LeadFields], object]:
    if field == "status":
        return lambda lead: lead.profile.status or lead.statuses[0]
    if field == "source":
        return _source
    if field in ("score", "tier", "segments"):
        return attrgetter(field)
    return attrgetter(f"profile.{field}") if field in _PLAIN else lambda lead: None


def _source(lead: LeadFields) -> str | None:
    profile = lead.profile
    if profile.source:
        return profile.source
    return profile.first_touch.mark.channel if profile.first_touch else None


def _touch(head: str, name: str) -> Callable[[LeadFields], object]:
    path = name.split(".")

    def read(lead: LeadFields) -> object:
        touch = getattr(lead.profile, head)
        if touch is None:
            return None
        value: object = touch if path == ["at"] else touch.mark
        for part in path:
            value = getattr(value, part, None)
        return value

    return read
