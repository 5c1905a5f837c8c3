"""Reads leads: lists in an order, one, its sessions, touches and score; one event."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import batched, groupby, islice
from typing import NamedTuple, Protocol

from leadsignal.domain import lead_views
from leadsignal.domain.attributes import NO_ATTRIBUTES, AttributeBook
from leadsignal.domain.profiles import profile_of
from leadsignal.domain.secrets import derive, is_opaque_id
from leadsignal.errors import NotFoundError
from leadsignal.models.activity import ActivityDay, Session
from leadsignal.models.events import Event
from leadsignal.models.instants import Instant
from leadsignal.models.leads import Lead, Pointer
from leadsignal.models.lists import UNBOUNDED, Bounds, LeadOrder, ListEntry, Sample, Span
from leadsignal.models.outbound import AlertLead
from leadsignal.models.pages import Page
from leadsignal.models.profiles import Profile
from leadsignal.models.records import EventRecord
from leadsignal.models.snapshots import DayKey
from leadsignal.models.tenants import Tenant
from leadsignal.models.views import (
    LeadDetail,
    LeadEventView,
    LeadView,
    SessionSummary,
    SessionView,
    TouchView,
)
from leadsignal.ports import AlikeLeads, FailureStore, LeadStore, Snapshots, TenantStore
from leadsignal.services.duplicates import Likenesses
from leadsignal.services.listing import Listing
from leadsignal.services.timelines import Timeline

SESSIONS_AT_ONCE = 10  # whose days are read together


class LeadLists(Protocol):
    """The lead lists of one tenant."""

    def entries(
        self, order: LeadOrder, *, after: str | None, ahead: int, bounds: Bounds = UNBOUNDED
    ) -> Iterator[ListEntry]: ...
    def placed(
        self, order: LeadOrder, leads: Sequence[Lead], *, after: str | None
    ) -> Iterator[ListEntry]: ...
    def of_company(self, company_id: str, most: int) -> Sequence[Lead] | None: ...
    def with_values(
        self, index: str, spans: Sequence[Span], most: int
    ) -> Sequence[Lead] | None: ...
    def newest_of_company(self, company_id: str, most: int) -> Sequence[Lead]: ...
    def of_segment(self, segment_id: str, most: int) -> Sequence[Lead] | None: ...
    def sample(self, size: int, *, most: int) -> Sample: ...


class ActivityReader(Protocol):
    """The activity days and event records of one tenant, to read."""

    def days(self, wanted: Iterable[DayKey]) -> dict[DayKey, ActivityDay]: ...
    def each_day(self, member: str, *, period: str = "") -> Iterator[ActivityDay]: ...
    def record(self, message_id: str) -> EventRecord | None: ...


class Library(NamedTuple):
    """Everything that reading one tenant's leads needs."""

    tenant: Tenant
    leads: LeadStore
    lists: LeadLists
    activity: ActivityReader
    snapshots: Snapshots
    failures: FailureStore
    alike: AlikeLeads
    attributes: AttributeBook = NO_ATTRIBUTES

    @property
    def likenesses(self) -> Likenesses:
        """What finding the tenant's leads that are alike needs."""
        return Likenesses(self.tenant, self.alike, self.snapshots)

    @property
    def identity_key(self) -> bytes:
        """The key that slot ids of the tenant are made with."""
        return derive(self.tenant, "identity")


def find_lead(lead_id: str, *, leads: LeadStore) -> Lead:
    """Return the lead of an id; the id of a merged lead answers the one that took it in.

    Raises:
        NotFoundError: there is none, it was deleted, or it is another tenant's.
    """
    slot = leads.slot(lead_id) if is_opaque_id("lead", lead_id) else None
    if isinstance(slot, Pointer) and slot.was is None:
        raise NotFoundError("lead")  # an identifier's slot, or what was left of a deleted lead
    while isinstance(slot, Pointer):
        slot = leads.slot(slot.into)
    if not isinstance(slot, Lead):
        raise NotFoundError("lead")
    return slot


def get_lead(lead_id: str, *, library: Library, now: Instant) -> LeadDetail:
    """Return one lead, with others that may be the same person.

    Raises:
        NotFoundError: as ``find_lead``.
    """
    lead, profile = _lead_and_profile(lead_id, library)
    return LeadDetail(
        **dict(_view(lead, library, now)),
        potential_duplicates=library.likenesses.potential_duplicates(lead, profile),
    )


def list_leads(order: LeadOrder, listing: Listing, *, library: Library) -> Page[LeadView]:
    """Return one page of the tenant's leads; leads that only crawlers made are in no list.

    Lists follow a write within about a second. A lead that moves while a client pages may be met
    twice or not at all; one that does not move is met exactly once.

    Raises:
        MalformedInputError: the cursor is not one of this list.
    """
    scope = f"/v1/leads?sort={order}"
    after = listing.position(scope)
    wanted = listing.limit + 1
    entries = list(islice(library.lists.entries(order, after=after, ahead=wanted), wanted))
    page = listing.page(scope, entries, lambda entry: entry.position)
    return page.shown(lambda entry: _view(entry.lead, library, listing.now))


def _view(lead: Lead, library: Library, now: Instant) -> LeadView:
    tenant = library.tenant
    profile = profile_of(lead, gap_ms=tenant.session_gap_ms, country=tenant.default_country)
    return lead_views.lead_view(
        lead,
        profile,
        now=now,
        statuses=tenant.statuses,
        country=tenant.default_country,
        attributes=library.attributes,
    )


def list_touches(lead_id: str, listing: Listing, *, library: Library) -> Page[TouchView]:
    """Return the touches of a lead, newest first.

    Raises:
        NotFoundError, MalformedInputError
    """
    lead, profile = _lead_and_profile(lead_id, library)
    touches = [(touch.at, touch) for touch in reversed(profile.touches)]
    page = _newest_first(touches, listing, f"touchpoints/{lead.lead_id}")
    return page.shown(lead_views.touch_view)


def list_sessions(lead_id: str, listing: Listing, *, library: Library) -> Page[SessionView]:
    """Return the sessions of a lead with their events, newest first; crawlers' ones too.

    Raises:
        NotFoundError, MalformedInputError
    """
    lead, profile = _lead_and_profile(lead_id, library)
    timeline = _timeline(lead, library)
    while True:
        sessions = [(session.start, session) for session in reversed(timeline.sessions())]
        page = _newest_first(sessions, listing, f"timeline/{lead.lead_id}")
        if page.has_more or timeline.complete:
            break
        timeline.look_further()
    events = timeline.events_of(page.data)
    return page.shown(
        lambda session: lead_views.session_view(lead, session, events, profile.touches)
    )


def list_session_summaries(
    lead_id: str, listing: Listing, *, library: Library
) -> Page[SessionSummary]:
    """Return the same sessions without their events.

    Raises:
        NotFoundError, MalformedInputError
    """
    return list_sessions(lead_id, listing, library=library).shown(lead_views.session_summary)


def list_events(lead_id: str, listing: Listing, *, library: Library) -> Page[LeadEventView]:
    """Return the events of a lead, newest first; crawlers' ones too.

    Raises:
        NotFoundError, MalformedInputError
    """
    lead = find_lead(lead_id, leads=library.leads)
    scope = f"events/{lead.lead_id}"
    position = listing.position(scope)
    before = None
    if position is not None:
        at, _, message_id = position.partition("/")
        before = (int(at), message_id)
    wanted = listing.limit + 1
    events = list(islice(_events_before(before, _timeline(lead, library)), wanted))
    page = listing.page(scope, events, lambda pair: f"{pair[0].at}/{pair[0].message_id}")
    return page.shown(lambda pair: lead_views.event_in_session(pair[0], lead, pair[1]))


def _events_before(
    before: tuple[Instant, str] | None, timeline: Timeline
) -> Iterator[tuple[Event, Session]]:
    """Yield events with their sessions, newest first; of those of one instant, the last by id."""
    oldest = before[0] + 1 if before else None
    while True:
        left = [s for s in reversed(timeline.sessions()) if oldest is None or s.start < oldest]
        for some in batched(left, SESSIONS_AT_ONCE, strict=False):
            for event in reversed(timeline.events_of(some)):
                session = next((s for s in some if s.start <= event.at <= s.end), None)
                if session and (before is None or (event.at, event.message_id) < before):
                    yield event, session
        oldest = left[-1].start if left else oldest
        if timeline.complete:
            return
        timeline.look_further()


def _lead_and_profile(lead_id: str, library: Library) -> tuple[Lead, Profile]:
    lead = find_lead(lead_id, leads=library.leads)
    tenant = library.tenant
    profile = profile_of(lead, gap_ms=tenant.session_gap_ms, country=tenant.default_country)
    return lead, profile


def sessions_around(lead: Lead, at: Instant, library: Library) -> list[Session]:
    """Return the sessions of a lead near an instant, crawlers' ones too, oldest first."""
    return _timeline(lead, library).around(at)


def _timeline(lead: Lead, library: Library) -> Timeline:
    return Timeline(
        lead, tenant=library.tenant, activity=library.activity, snapshots=library.snapshots
    )


def _newest_first[T](items: Iterable[tuple[Instant, T]], listing: Listing, scope: str) -> Page[T]:
    """Return one page of (instant, item) pairs that come newest first.

    An item's place is its instant and its number among those of the same instant.
    """
    position = listing.position(scope)
    placed = [
        (instant, number, item)
        for instant, group in groupby(items, key=lambda pair: pair[0])
        for number, (_, item) in enumerate(group)
    ]
    if position is not None:
        at, last = (int(part) for part in position.split("/"))
        placed = [place for place in placed if (-place[0], place[1]) > (-at, last)]
    page = listing.page(scope, placed, lambda place: f"{place[0]}/{place[1]}")
    return page.shown(lambda place: place[2])


class LeadSummaries:
    """Leads in the few words of an alert, for any tenant."""

    def __init__(self, tenants: TenantStore, leads: Callable[[str], LeadStore]) -> None:
        self._tenants = tenants
        self._leads = leads

    def summary(self, tenant_id: str, lead_id: str) -> AlertLead | None:
        """Return what an alert says of a lead; None when it, or its tenant, is gone."""
        tenant = self._tenants.tenant(tenant_id)
        if tenant is None:
            return None
        try:
            lead = find_lead(lead_id, leads=self._leads(tenant_id))
        except NotFoundError:
            return None
        gap_ms, country = tenant.session_gap_ms, tenant.default_country
        return lead_views.alert_lead(lead, profile_of(lead, gap_ms=gap_ms, country=country))
