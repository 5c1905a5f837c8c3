"""What became of one event: accepted, applied or failed, whose, enriched, scored, told."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from leadsignal.domain import lead_views, trace_steps
from leadsignal.domain.companies import company_behind
from leadsignal.domain.email import email_host
from leadsignal.domain.groups import group_domain
from leadsignal.domain.members import learn
from leadsignal.domain.secrets import derive
from leadsignal.domain.slots import member_of
from leadsignal.errors import NotFoundError
from leadsignal.models.companies import Company
from leadsignal.models.events import Event
from leadsignal.models.instants import Instant
from leadsignal.models.leads import Lead, LeadCompany, Member, Network, Score, Stamp
from leadsignal.models.outbound import AlertRecord, Delivery
from leadsignal.models.traces import (
    AppliedStep,
    DeliveryStep,
    EnrichmentStep,
    ScoreStep,
    SegmentStep,
    Step,
    TraceView,
    Way,
)
from leadsignal.services.clusters import resolution_of
from leadsignal.services.events import Found, Stored, event_behind, find_event
from leadsignal.services.histories import Archive, score_change
from leadsignal.services.leads import Library, sessions_around

MAX_DELIVERIES = 100

type Timed = tuple[Instant, Step]
"""A step, and the instant that gives it its place."""


class DeliveryHistory(Protocol):
    """The deliveries of one tenant, by the event that caused them."""

    def of_message(self, message_id: str, limit: int) -> Sequence[Delivery]: ...


class AlertHistory(Protocol):
    """The alerts of one tenant, by the event that caused them."""

    def of_message(self, message_id: str, limit: int) -> Sequence[AlertRecord]: ...


class Inquiry(NamedTuple):
    """Everything that tracing one tenant's events needs."""

    library: Library
    archive: Archive
    deliveries: DeliveryHistory
    alerts: AlertHistory


def trace_event(
    message_id: str,
    *,
    identifier: str | None,
    at: Instant | None,
    inquiry: Inquiry,
) -> TraceView:
    """Return what became of one event, in the order in which it happened; hints as for an event.

    A duplicate leaves nothing behind, and so has no step.

    Raises:
        NotFoundError: nothing is known of that id.
    """
    found = find_event(message_id, identifier=identifier, at=at, library=inquiry.library)
    told = list(_told(message_id, inquiry))
    steps = [*_arrivals(found), *_applied(found, inquiry), *told[:MAX_DELIVERIES]]
    if not steps:
        raise NotFoundError("event")
    return TraceView(
        message_id=message_id,
        steps=trace_steps.in_order(steps),
        more_deliveries=True if len(told) > MAX_DELIVERIES else None,
    )


def _arrivals(found: Found) -> Iterator[Timed]:
    """Yield when each event of this id was taken in, and what failed."""
    seen: set[str] = set()
    if found.stored is not None:
        seen.add(found.stored.event.fingerprint)
        yield found.stored.event.received_at, trace_steps.accepted_step(found.stored.event)
    for failed in found.failures:
        event = event_behind(failed)
        if event is not None and event.fingerprint not in seen:
            seen.add(event.fingerprint)
            yield (
                event.received_at,
                trace_steps.accepted_step(event, key_id=failed.key_id),
            )
        step = trace_steps.failed_step(failed)
        yield step.at, step


def _applied(found: Found, inquiry: Inquiry) -> Iterator[Timed]:
    stored = found.stored
    if stored is None or stored.lead is None or not found.applied:
        return
    event, lead = stored.event, stored.lead
    replays = [f.replayed_at for f in found.own_failures if f.replayed_at is not None]
    at = max([event.received_at, *replays])
    sessions = sessions_around(lead, event.at, inquiry.library)
    yield (
        at,
        AppliedStep(
            at=at,
            lead_id=lead.lead_id,
            member=member_of(event).kind,
            session_id=lead_views.session_within(event, lead, sessions),
            bot=event.bot is not None,
            bot_name=event.bot,
        ),
    )
    resolution = resolution_of(stored.leads, key=inquiry.library.identity_key)
    identity = trace_steps.identity_step(event, lead.lead_id, resolution, at=at)
    if identity is not None:
        yield at, identity
    enriched = _enrichment(event, lead, inquiry.archive, at)
    if enriched is not None:
        yield enriched.at, enriched
    for step in _measured(stored, inquiry.archive, at):
        yield at, step


def _measured(stored: Stored, archive: Archive, at: Instant) -> Iterator[ScoreStep | SegmentStep]:
    """Yield what an event changed of its lead's score, and the segments that it led the lead into
    or out of."""
    event = stored.event
    change = score_change(event, stored.place, stored.leads, archive=archive)
    if isinstance(change, str):
        yield ScoreStep(at=at, as_of=event.at, omitted=change)
        return
    before, after = change.before or Score(), change.after
    yield ScoreStep(
        at=at,
        as_of=event.at,
        score_before=before.score,
        score_after=after.score,
        tier_before=before.tier,
        tier_after=after.tier,
        rules=trace_steps.rule_changes(change.before, after),
        merged_scores=change.merged or None,
    )
    for segment_id in change.entered:
        yield SegmentStep(at=at, as_of=event.at, segment_id=segment_id, change="entered")
    for segment_id in change.left:
        yield SegmentStep(at=at, as_of=event.at, segment_id=segment_id, change="left")


def _enrichment(event: Event, lead: Lead, archive: Archive, at: Instant) -> EnrichmentStep | None:
    """Return where the lead's company came from, when the event is among what led to it."""
    company = lead.company
    way = _way(event, company, archive) if company else None
    if company is None or way is None or (way == "group" and company.domain is None):
        return None
    enriched_at, record = company.enriched_at, None
    if company.domain is not None and enriched_at is not None:
        record = archive.companies.company(company.id)
    step = EnrichmentStep(
        at=max(at, enriched_at or at),
        company_id=company.id,
        domain=company.domain,
        via=way,
        status="waiting",
        credits=_price(record, enriched_at),
        enriched_at=enriched_at,
    )
    if company.domain is None:
        return step.model_copy(update={"status": "filled", "tier": "embedded"})
    if enriched_at is None:
        return step
    unknown = record is not None and not (record.fields or record.said)
    tier = "long" if enriched_at < event.received_at else _looked_up(record, enriched_at)
    return step.model_copy(update={"status": "unknown" if unknown else "filled", "tier": tier})


def _looked_up(record: Company | None, enriched_at: Instant) -> str | None:
    """Return who answered when a company was looked up; None when the record is a later one."""
    if record is None or record.enriched_at != enriched_at:
        return None
    name = record.known("name")
    answered = [name.provider] if name else []
    answered += [provider for provider, asked in record.asked.items() if asked.hit]
    return next(iter(answered), None)


def _price(record: Company | None, enriched_at: Instant | None) -> int:
    """Return what the look-ups cost that filled a company."""
    asked = record.asked.values() if record else ()
    return sum(each.credits for each in asked if each.at == enriched_at)


def _way(event: Event, company: LeadCompany, archive: Archive) -> Way | None:
    """Return what of an event names a lead's company, strongest first; None when nothing does."""
    if event.bot is not None:
        return None
    own = member_of(event)
    blank = Member(kind=own.kind, value=own.value, first_received_at=event.received_at)
    said = learn(blank, event, None)
    stamp = Stamp(at=event.at, message_id=event.message_id)
    address = event.context.ip
    match = archive.networks.match(address) if address else None
    network = Network(match=match, by=stamp) if match else None
    host = email_host(event.email) if event.email else None
    business = host is not None and archive.mail.kind(host) == "business"
    ways: tuple[tuple[Way, Member, str | None, str | None], ...] = (
        ("group", said, group_domain([said], archive.mail), None),
        ("email", blank, None, archive.mail.registrable(host) if host and business else None),
        ("network", blank.model_copy(update={"network": network}), None, None),
    )
    for way, member, group, email in ways:
        found = company_behind(
            [member],
            group_domain=group,
            business_domain=email,
            key=derive(archive.tenant, "companies"),
            current=None,
        )
        if found is not None and found.id == company.id:
            return way
    return None


def _told(message_id: str, inquiry: Inquiry) -> Iterator[tuple[Instant, DeliveryStep]]:
    """Yield who was told of facts that the event caused, at most one more than an answer holds."""
    most = MAX_DELIVERIES + 1
    deliveries = inquiry.deliveries.of_message(message_id, most)
    steps = [trace_steps.delivery_step(delivery) for delivery in deliveries]
    alerts = inquiry.alerts.of_message(message_id, most)
    steps += [trace_steps.alert_step(alert) for alert in alerts]
    yield from sorted(((step.at, step) for step in steps), key=lambda pair: pair[0])
