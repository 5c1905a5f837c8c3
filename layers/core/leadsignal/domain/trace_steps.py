"""The steps of a trace, each from what is known of it: pure mappings."""

from collections.abc import Iterable

from leadsignal.domain.evidence_views import identifier_ref, link_view, refusal_view
from leadsignal.domain.resolution import Resolution
from leadsignal.domain.slots import Identifier, identifiers_of
from leadsignal.models.events import Event
from leadsignal.models.instants import Instant
from leadsignal.models.leads import Score
from leadsignal.models.outbound import AlertRecord, AttemptView, Delivery
from leadsignal.models.records import FailedEvent
from leadsignal.models.traces import (
    AcceptedStep,
    DeliveryStep,
    FailedStep,
    IdentityStep,
    Placing,
    RuleChange,
)


def accepted_step(event: Event, *, key_id: str | None = None) -> AcceptedStep:
    """Return that an event was taken in; ``key_id`` for one that does not know its key itself."""
    return AcceptedStep(
        at=event.received_at,
        key_id=event.key_id or key_id,
        trusted=event.trusted,
        signed=event.signed,
        timestamp=event.at,
        client_timestamp=event.client_at,
    )


def failed_step(failed: FailedEvent) -> FailedStep:
    """Return that something failed: ``conflict`` when its ``messageId`` named another event."""
    return FailedStep(
        step="conflict" if failed.code == "id_conflict" else "quarantined",
        at=max(failed.received_at, failed.failed_at),
        code=failed.code,
        detail=failed.detail,
        pointer=failed.pointer,
        failed_event_id=failed.id,
        replayed_at=failed.replayed_at,
    )


def identity_step(
    event: Event, lead_id: str, resolution: Resolution, *, at: Instant
) -> IdentityStep | None:
    """Return how an event found its lead; None when none of its identifiers is evidence yet."""
    order = (event.at, event.message_id)
    slots = {
        slot: identifier
        for identifier in identifiers_of(event)
        if (slot := resolution.evidence.slot(identifier)) in resolution.block_of
    }
    if not slots:
        return None
    caused = [join for join in resolution.joins if join.by == order]
    standing = [join for join in resolution.joins if {join.one, join.other} & slots.keys()]
    slot, identifier = next(iter(slots.items()))
    return IdentityStep(
        at=at,
        lead_id=lead_id,
        rule=caused[0].rule if caused else _placing(slot, identifier, order, resolution),
        identifier=identifier_ref(identifier),
        links=tuple(link_view(join, resolution) for join in caused or standing),
        refusals=tuple(
            refusal_view(refusal, resolution)
            for refusal in resolution.refusals
            if refusal.by == order
        ),
    )


def _placing(
    slot: str, identifier: Identifier, order: tuple[Instant, str], resolution: Resolution
) -> Placing:
    shared = None if identifier.strong else resolution.shared.get(slot)
    if shared is not None and order >= shared[0]:
        return "shared_browser"
    return "new_identifier" if resolution.evidence.since[slot] == order else "known_identifier"


def rule_changes(before: Score | None, after: Score) -> tuple[RuleChange, ...]:
    """Return the rules whose points differ, in the order of the rules; an unequal reason alone is
    no change."""
    was = {part.rule_id: part for part in before.contributions} if before else {}
    now = {part.rule_id: part for part in after.contributions}
    changes = []
    for rule_id in dict.fromkeys([*now, *was]):
        one, other = was.get(rule_id), now.get(rule_id)
        points = [part.decayed_points if part else 0 for part in (one, other)]
        named = other or one
        if named is not None and points[0] != points[1]:
            changes.append(
                RuleChange(
                    rule_id=rule_id,
                    rule=named.rule,
                    group=named.group,
                    before=points[0],
                    after=points[1],
                    reason=other.reason if other else None,
                )
            )
    return tuple(changes)


def delivery_step(delivery: Delivery) -> DeliveryStep:
    """Return how one delivery stands."""
    first = delivery.attempts[0].at if delivery.attempts else delivery.fact.at
    return DeliveryStep(
        at=first,
        webhook_id=delivery.webhook_id,
        delivery_id=delivery.id,
        fact_id=delivery.fact.id,
        type=delivery.fact.type,
        status=delivery.status,
        reason=delivery.reason,
        attempt_count=len(delivery.attempts),
        attempts=tuple(
            AttemptView.model_validate(attempt, from_attributes=True)
            for attempt in delivery.attempts
        ),
        next_attempt_at=delivery.next_attempt_at,
    )


def alert_step(alert: AlertRecord) -> DeliveryStep:
    """Return how one alert stands; people are told of nothing but a crossing into hot."""
    return DeliveryStep(
        at=alert.at,
        alert_id=alert.alert_id,
        fact_id=alert.fact_id,
        type="lead.tier_changed",
        status=alert.status,
        attempt_count=alert.attempts,
    )


def in_order[T](steps: Iterable[tuple[Instant, T]]) -> tuple[T, ...]:
    """Return steps by instant; those of one instant stay in their order."""
    return tuple(step for _, step in sorted(steps, key=lambda pair: pair[0]))
