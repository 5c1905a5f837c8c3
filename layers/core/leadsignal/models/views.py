"""What clients see of leads, sessions, touches, scores and events."""

from typing import Any, Literal

from pydantic import Field

from leadsignal.models.base import Frozen
from leadsignal.models.endpoints import OrAbsent
from leadsignal.models.enrichment import OrganisationType
from leadsignal.models.events import Page, Teller
from leadsignal.models.facts import Tier
from leadsignal.models.instants import Timestamp
from leadsignal.models.leads import Contribution, GroupPoints, IdentifierKind, ScoreCause
from leadsignal.models.mail import MailCheckView
from leadsignal.models.quality import Quality
from leadsignal.models.records import FailureCode
from leadsignal.models.touches import ClickId


class IdentifierView(Frozen):
    """An identifier of a lead; ``verified`` when a trusted sender has said it."""

    kind: IdentifierKind
    value: str
    verified: bool
    first_seen_at: Timestamp


class CompanyView(Frozen):
    """The company of a lead."""

    id: str
    domain: str | None
    name: str | None
    legal_name: str | None
    industry: str | None
    employee_count: int | None
    employee_range: str | None
    annual_revenue_usd: int | None = None
    founded_year: int | None = None
    country: str | None
    region: str | None
    city: str | None
    technologies: tuple[str, ...] = ()


class TouchView(Frozen):
    """One way in by which a lead came."""

    at: Timestamp
    channel: str
    source: str | None
    medium: str | None
    campaign: str | None
    term: str | None
    content: str | None
    click_id: ClickId | None
    referrer: str | None
    landing_url: str | None


class SourceView(Frozen):
    """Who said something of a lead, and when; ``key_id`` names the key that they used."""

    source: Teller
    key_id: str | None
    at: Timestamp


class LeadView(Frozen):
    """A lead as a client sees it (contract: Leads).

    ``provenance`` tells of each field that people or their systems said who did; maps and tags by
    their entries (``traits.plan``, ``tags.vip``). What is not in it follows from events.
    """

    id: str
    status: str
    source: str | None
    is_known: bool
    identifiers: tuple[IdentifierView, ...]
    email: str | None
    first_name: str | None
    last_name: str | None
    phone: str | None
    title: str | None
    company: CompanyView | None
    owner: str | None = None
    tags: tuple[str, ...] = ()
    traits: dict[str, Any]
    attributes: dict[str, Any] = Field(default_factory=dict)
    email_check: MailCheckView | None = None
    quality: Quality = Quality()
    score: int
    tier: Tier
    probability: float | None = None
    segments: tuple[str, ...] = ()
    consent: dict[str, bool]
    first_touch: TouchView | None
    last_touch: TouchView | None
    session_count: int
    event_count: int
    first_seen_at: Timestamp
    last_seen_at: Timestamp
    created_at: Timestamp
    updated_at: Timestamp
    merged_from: tuple[str, ...]
    provenance: dict[str, SourceView] = Field(default_factory=dict)
    created_by: SourceView | None = None
    updated_by: SourceView | None = None
    version: int


class LeadDetail(LeadView):
    """One lead, with the ids of others that may be the same person: by phone number, or by a close
    name at the same company. They are only pointed at."""

    potential_duplicates: tuple[str, ...] = ()


class RuleSetRef(Frozen):
    """The rule set that made a score."""

    id: str
    version: int


class OverrideView(Frozen):
    """A score set by hand: by whom, why, and until when."""

    score: int
    reason: str
    until: Timestamp | None
    at: Timestamp
    source: Teller
    key_id: str | None


class ScoreView(Frozen):
    """A score as of an instant and everything it is made of.

    ``next_change_at`` is the instant at which the tier changes without an event. ``grade`` is a
    letter for the fit and a number for the engagement, where there is such a group. A score that
    somebody set (``override``) is not made of contributions.
    """

    score: int
    tier: Tier
    raw: float
    ruleset: RuleSetRef
    contributions: tuple[Contribution, ...]
    groups: dict[str, GroupPoints]
    next_change_at: Timestamp | None = None
    next_tier: Tier | None = None
    grade: str | None = None
    override: OverrideView | None = None
    as_of: Timestamp


class ScoreMarkView(Frozen):
    """That a lead had a score from an instant on, and why."""

    at: Timestamp
    score: int
    tier: Tier
    cause: ScoreCause


class TimelineEvent(Frozen):
    """One event within a session."""

    message_id: str
    event: str
    timestamp: Timestamp
    properties: dict[str, Any]
    page: Page | None
    bot: bool


class SessionSummary(Frozen):
    """One session, without its events."""

    session_id: str
    started_at: Timestamp
    ended_at: Timestamp
    duration_seconds: int
    event_count: int
    entry_url: str | None
    exit_url: str | None
    channel: str | None


class SessionView(SessionSummary):
    """One session with its events, oldest first."""

    events: tuple[TimelineEvent, ...]


class CompanySessionView(SessionView):
    """One session of one of a company's leads."""

    lead_id: str


class LeadEventView(TimelineEvent):
    """One event of a lead, and the session that it is in."""

    session_id: str


class CompanyProfile(Frozen):
    """An organisation as a client sees it (contract: A company).

    ``type`` tells schools and authorities from companies. ``attribution`` is to be shown beside it,
    where it rests on data that asks for that.
    """

    id: str
    domain: str | None
    name: str | None
    type: OrganisationType = "company"
    legal_name: str | None = None
    industry: str | None = None
    employee_count: int | None = None
    employee_range: str | None = None
    annual_revenue_usd: int | None = None
    founded_year: int | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    address: str | None = None
    technologies: tuple[str, ...] = ()
    funding: str | None = None
    linkedin_url: str | None = None
    phone: str | None = None
    logo_url: str | None = None
    attribution: OrAbsent[str] = None


class CompanyDetail(CompanyProfile):
    """A company that is on file. ``enriched_at`` is None until the providers were asked."""

    created_at: Timestamp
    enriched_at: Timestamp | None
    version: int


class EventView(Frozen):
    """One event by its ``messageId``, and where it went.

    One that only a failed event tells of has no lead, and of an item that was refused at the door
    ``event``, ``type`` and ``timestamp`` may be missing; ``failed_event_id`` names the whole of it.
    """

    message_id: str
    event: str | None
    type: str | None
    timestamp: Timestamp | None
    received_at: Timestamp
    lead_id: str | None
    session_id: str | None
    status: Literal["applied", "duplicate", "conflict", "quarantined"]
    bot: bool
    bot_name: str | None
    properties: dict[str, Any]
    context: dict[str, Any]
    failed_event_id: OrAbsent[str] = None
    code: OrAbsent[FailureCode] = None
