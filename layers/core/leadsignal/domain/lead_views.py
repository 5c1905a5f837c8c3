"""A stored lead as clients see it: pure mappings, one per route."""

from collections.abc import Iterable, Sequence

from leadsignal.domain.attributes import NO_ATTRIBUTES, AttributeBook
from leadsignal.domain.companies import last_network
from leadsignal.domain.forecast import Crossing
from leadsignal.domain.normalise.headcount import employee_range
from leadsignal.domain.profiles import people
from leadsignal.domain.quality import quality_of
from leadsignal.domain.scoring import grade_of, tier_of
from leadsignal.domain.secrets import opaque_id
from leadsignal.domain.signatures import without_signature
from leadsignal.domain.slots import member_of
from leadsignal.models.activity import MarkedTouch, Session
from leadsignal.models.events import Event
from leadsignal.models.instants import Instant
from leadsignal.models.leads import Lead, LeadCompany, Said, Score, ScoreMark
from leadsignal.models.mail import MailCheckView
from leadsignal.models.outbound import AlertLead, AlertReason
from leadsignal.models.profiles import Profile
from leadsignal.models.records import FailedEvent
from leadsignal.models.tenants import STATUSES
from leadsignal.models.views import (
    CompanySessionView,
    CompanyView,
    EventView,
    IdentifierView,
    LeadEventView,
    LeadView,
    OverrideView,
    RuleSetRef,
    ScoreMarkView,
    ScoreView,
    SessionSummary,
    SessionView,
    SourceView,
    TimelineEvent,
    TouchView,
)

_REASONS_TOLD = 3


def touch_view(touch: MarkedTouch) -> TouchView:
    """Return a touch with the instant it happened."""
    return TouchView(at=touch.at, **touch.mark.model_dump())


def _company_view(company: LeadCompany) -> CompanyView:
    size = employee_range(company.employee_count) or company.employee_range
    return CompanyView.model_validate(company.model_dump() | {"employee_range": size})


def lead_view(
    lead: Lead,
    profile: Profile,
    *,
    now: Instant,
    statuses: Sequence[str] = STATUSES,
    country: str | None = None,
    attributes: AttributeBook = NO_ATTRIBUTES,
) -> LeadView:
    """Return the lead as every route and export shows it at an instant.

    ``statuses`` are those that a lead can have, a new one the first; ``country`` is whose numbers
    phones without a country code are; ``attributes`` knows the defaults.
    """
    first, last = profile.first_touch, profile.last_touch
    network = last_network(people(lead))
    return LeadView(
        id=lead.lead_id,
        status=profile.status or statuses[0],
        source=profile.source or (first.mark.channel if first else None),
        is_known=profile.is_known,
        identifiers=tuple(
            IdentifierView.model_validate(found.model_dump()) for found in profile.identifiers
        ),
        email=profile.email,
        first_name=profile.first_name,
        last_name=profile.last_name,
        phone=profile.phone,
        title=profile.title,
        company=_company_view(profile.company) if profile.company else None,
        owner=profile.owner,
        tags=profile.tags,
        traits=profile.traits,
        attributes=attributes.shown(profile.attributes),
        email_check=_mail_check_view(profile) if profile.email else None,
        quality=quality_of(
            profile,
            network_domain=network.domain if network else None,
            country=country,
            now=now,
        ),
        score=lead.score.score,
        tier=lead.score.tier,
        probability=lead.prediction.probability if lead.prediction else None,
        segments=tuple(sorted(lead.entries.segments)),
        consent=profile.consent,
        first_touch=touch_view(first) if first else None,
        last_touch=touch_view(last) if last else None,
        session_count=profile.session_count,
        event_count=profile.event_count,
        first_seen_at=profile.first_seen_at,
        last_seen_at=profile.last_seen_at,
        created_at=profile.created_at,
        updated_at=profile.updated_at,
        merged_from=tuple(lead.merged_from),
        provenance={path: _source_view(said) for path, said in profile.provenance.items()},
        created_by=_source_view(profile.created_by) if profile.created_by else None,
        updated_by=_source_view(profile.updated_by) if profile.updated_by else None,
        version=lead.version,
    )


def _mail_check_view(profile: Profile) -> MailCheckView:
    check = profile.email_check
    return MailCheckView(
        kind=profile.email_kind,
        role=profile.email_role,
        mx=check.mx if check else "unknown",
        verdict=profile.email_deliverable or "unknown",
        checked_at=check.checked_at if check else None,
        source=check.source if check else None,
    )


def _source_view(said: Said) -> SourceView:
    return SourceView(source=said.source, key_id=said.key_id, at=said.by.at)


def score_view(score: Score, *, at: Instant, crossing: Crossing | None = None) -> ScoreView:
    """Return a score as of an instant with what explains it, and its next crossing."""
    return ScoreView(
        score=score.score,
        tier=score.tier,
        raw=score.raw,
        ruleset=RuleSetRef(id=score.ruleset_id, version=score.ruleset_version),
        contributions=score.contributions,
        groups=score.groups,
        next_change_at=crossing.at if crossing else None,
        next_tier=crossing.tier if crossing else None,
        grade=None if score.override else grade_of(score.groups),
        override=OverrideView(**dict(score.override)) if score.override else None,
        as_of=at,
    )


def score_mark_view(mark: ScoreMark) -> ScoreMarkView:
    """Return a change of a score."""
    return ScoreMarkView(at=mark.at, score=mark.score, tier=tier_of(mark.score), cause=mark.cause)


def session_id(lead_id: str, session: Session) -> str:
    """Return the id of a session, which follows from its lead and its first instant."""
    return opaque_id("ses", lead_id.encode(), str(session.start))


def session_within(event: Event, lead: Lead, sessions: Iterable[Session]) -> str | None:
    """Return the id of the session that an event of a lead is in."""
    if event.is_statement:
        return None
    session = next((s for s in sessions if s.start <= event.at <= s.end), None)
    return session_id(lead.lead_id, session) if session else None


def event_in_session(event: Event, lead: Lead, session: Session) -> LeadEventView:
    """Return an event of a lead with the session that it is in."""
    shown = timeline_event(event, lead)
    return LeadEventView(
        **{name: getattr(shown, name) for name in TimelineEvent.model_fields},
        session_id=session_id(lead.lead_id, session),
    )


def timeline_event(event: Event, lead: Lead) -> TimelineEvent:
    """Return an event as a session shows it."""
    return TimelineEvent(
        message_id=event.message_id,
        event=event.event,
        timestamp=event.at,
        properties=event.properties,
        page=event.context.page,
        bot=_by_machine(event, lead),
    )


def session_summary(shown: SessionView) -> SessionSummary:
    """Return a session without its events."""
    return SessionSummary(
        **{name: getattr(shown, name) for name in SessionSummary.model_fields},
    )


def company_session(shown: SessionView, lead_id: str) -> CompanySessionView:
    """Return a session of one of a company's leads."""
    return CompanySessionView(
        **{name: getattr(shown, name) for name in SessionView.model_fields}, lead_id=lead_id
    )


def session_view(
    lead: Lead, session: Session, events: Iterable[Event], touches: Sequence[MarkedTouch]
) -> SessionView:
    """Return a session with its events, oldest first, and the channel of its first touch."""
    within = [event for event in events if session.start <= event.at <= session.end]
    urls = [e.context.page.url for e in within if e.context.page and e.context.page.url]
    touched = [t for t in touches if session.start <= t.at <= session.end]
    return SessionView(
        session_id=session_id(lead.lead_id, session),
        started_at=session.start,
        ended_at=session.end,
        duration_seconds=(session.end - session.start) // 1000,
        event_count=len(within),
        entry_url=urls[0] if urls else None,
        exit_url=urls[-1] if urls else None,
        channel=touched[0].mark.channel if touched else None,
        events=tuple(timeline_event(event, lead) for event in within),
    )


def _by_machine(event: Event, lead: Lead) -> bool:
    """Return whether a crawler sent the event, or a browser that a scanner used."""
    own = member_of(event)
    return event.bot is not None or any(
        member.scanner and (member.kind, member.value) == own for member in lead.members.values()
    )


def failed_event_view(message_id: str, failed: FailedEvent, event: Event | None) -> EventView:
    """Return an event that only a failure tells of: as it was accepted (``event``), else what can
    be read of the item that was refused."""
    item = failed.event if event is None and isinstance(failed.event, dict) else {}
    context = without_signature(item.get("context"))
    properties = item.get("properties")
    if event is not None:
        properties = event.properties
        context = event.context.model_dump(mode="json", exclude_none=True)
    return EventView(
        message_id=message_id,
        event=event.event if event else _text(item.get("event")),
        type=event.type if event else _text(item.get("type")),
        timestamp=event.at if event else None,
        received_at=failed.received_at,
        lead_id=None,
        session_id=None,
        status="conflict" if failed.code == "id_conflict" else "quarantined",
        bot=event is not None and event.bot is not None,
        bot_name=event.bot if event else None,
        properties=properties if isinstance(properties, dict) else {},
        context=context if isinstance(context, dict) else {},
        failed_event_id=failed.id,
        code=failed.code,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def event_view(event: Event, lead: Lead, sessions: Iterable[Session]) -> EventView:
    """Return one applied event and where it went."""
    return EventView(
        message_id=event.message_id,
        event=event.event,
        type=event.type,
        timestamp=event.at,
        received_at=event.received_at,
        lead_id=lead.lead_id,
        session_id=session_within(event, lead, sessions),
        status="applied",
        bot=_by_machine(event, lead),
        bot_name=event.bot,
        properties=event.said if event.is_statement else event.properties,
        context=event.context.model_dump(mode="json", exclude_none=True),
    )


def alert_lead(lead: Lead, profile: Profile) -> AlertLead:
    """Return what an alert says of a lead, with its three strongest reasons."""
    names = (profile.first_name, profile.last_name)
    strongest = sorted(lead.score.contributions, key=lambda c: (-c.points, c.rule_id))
    last_page = max(profile.pages, key=lambda page: (profile.pages[page].last, page), default=None)
    return AlertLead(
        lead_id=lead.lead_id,
        name=" ".join(name for name in names if name) or profile.email or "Anonymous visitor",
        company=profile.company.name if profile.company else None,
        domain=profile.company.domain if profile.company else None,
        score=lead.score.score,
        tier=lead.score.tier,
        reasons=tuple(
            AlertReason(text=found.reason, points=round(found.points))
            for found in strongest[:_REASONS_TOLD]
            if found.points > 0
        ),
        last_page=last_page,
        reachable=profile.email_kind != "disposable" and profile.email_deliverable != "no",
    )
