"""What became of one event, step by step."""

from typing import Annotated, Literal

from pydantic import Field

from leadsignal.models.base import Frozen
from leadsignal.models.endpoints import OrAbsent
from leadsignal.models.facts import FactType, Tier
from leadsignal.models.instants import Timestamp
from leadsignal.models.leads import IdentifierKind
from leadsignal.models.merges import IdentifierRef, LinkView, RefusalView
from leadsignal.models.outbound import AttemptView, CancelReason
from leadsignal.models.records import FailureCode

type Way = Literal["group", "email", "network"]
"""What of an event led to a company: its group call, its e-mail, its network."""

type Placing = Literal[
    "linked",
    "same_browser",
    "trusted_sender",
    "logged_in",
    "merged_by_hand",
    "new_identifier",
    "known_identifier",
    "shared_browser",
]
"""How an event found its lead: by the join that it caused (the rules of ``LinkView``), as the first
event of an identifier, by one that was known, or as nobody's on a shared browser."""

type Omitted = Literal["too_many_events", "events_missing"]
"""Why a change of score is not told: more would have to be read than one answer may cost, or not
all events before it are at hand."""


class AcceptedStep(Frozen):
    """The event was taken in: by which key, and when it happened by our clock and by the client's.

    ``trusted``: it came with a secret key. ``signed``: the tenant's backend vouched for it.
    """

    step: Literal["accepted"] = "accepted"
    at: Timestamp
    key_id: OrAbsent[str] = None
    trusted: bool
    signed: bool
    timestamp: Timestamp
    client_timestamp: OrAbsent[Timestamp] = None


class AppliedStep(Frozen):
    """The event is part of a lead; ``member`` is the kind of identifier it is recorded under."""

    step: Literal["applied"] = "applied"
    at: Timestamp
    lead_id: str
    member: IdentifierKind
    session_id: OrAbsent[str] = None
    bot: bool
    bot_name: OrAbsent[str] = None


class FailedStep(Frozen):
    """The event, or another one of its ``messageId``, was kept as a failed event, and why."""

    step: Literal["conflict", "quarantined"]
    at: Timestamp
    code: FailureCode
    detail: str
    pointer: OrAbsent[str] = None
    failed_event_id: str
    replayed_at: OrAbsent[Timestamp] = None


class IdentityStep(Frozen):
    """Whose the event is, by today's evidence.

    ``identifier`` is the one by which it found its lead. ``links`` are the joins that it caused, or
    else those that its identifiers have from other events; ``refusals`` are those that it caused.
    """

    step: Literal["identity"] = "identity"
    at: Timestamp
    lead_id: str
    rule: Placing
    identifier: IdentifierRef
    links: tuple[LinkView, ...]
    refusals: tuple[RefusalView, ...]


class EnrichmentStep(Frozen):
    """The company that the event led to, and where what is known of it came from.

    ``tier``: ``long`` is the tenant's own record, on file before the event; else it is the id of
    the provider. Absent while nobody was asked yet (``waiting``), and when nobody knew the company
    (``unknown``).
    """

    step: Literal["enrichment"] = "enrichment"
    at: Timestamp
    company_id: str
    domain: OrAbsent[str] = None
    via: Way
    status: Literal["filled", "unknown", "waiting"]
    tier: OrAbsent[str] = None
    credits: int
    enriched_at: OrAbsent[Timestamp] = None


class RuleChange(Frozen):
    """The points that one rule gave to the lead without the event, and with it."""

    rule_id: str
    rule: str
    group: str
    before: float
    after: float
    reason: OrAbsent[str] = None


class ScoreStep(Frozen):
    """What the event changed of its lead's score, at its own instant (``as_of``).

    Everything before it by (instant, ``messageId``) is counted, and nothing after it.
    ``merged_scores`` are those of the leads that the event joined to this one. When ``omitted``
    says why it is not told, the rest is absent.
    """

    step: Literal["score"] = "score"
    at: Timestamp
    as_of: Timestamp
    score_before: OrAbsent[int] = None
    score_after: OrAbsent[int] = None
    tier_before: OrAbsent[Tier] = None
    tier_after: OrAbsent[Tier] = None
    rules: OrAbsent[tuple[RuleChange, ...]] = None
    merged_scores: OrAbsent[tuple[int, ...]] = None
    omitted: OrAbsent[Omitted] = None


class SegmentStep(Frozen):
    """The event led its lead into a segment, or out of one, at its own instant (``as_of``)."""

    step: Literal["segment"] = "segment"
    at: Timestamp
    as_of: Timestamp
    segment_id: str
    change: Literal["entered", "left"]


class DeliveryStep(Frozen):
    """Somebody was told of a fact whose newest cause is the event: a webhook, or people by an
    alert. ``fact_id`` is what a receiver knows it by.
    """

    step: Literal["delivery"] = "delivery"
    at: Timestamp
    webhook_id: OrAbsent[str] = None
    delivery_id: OrAbsent[str] = None
    alert_id: OrAbsent[str] = None
    fact_id: str
    type: FactType
    status: str
    reason: OrAbsent[CancelReason] = None
    attempt_count: int
    attempts: OrAbsent[tuple[AttemptView, ...]] = None
    next_attempt_at: OrAbsent[Timestamp] = None


type Step = Annotated[
    AcceptedStep
    | AppliedStep
    | FailedStep
    | IdentityStep
    | EnrichmentStep
    | ScoreStep
    | SegmentStep
    | DeliveryStep,
    Field(discriminator="step"),
]


class TraceView(Frozen):
    """What became of the event of one ``messageId``, in the order in which it happened.

    ``more_deliveries`` when there are more than the answer holds.
    """

    message_id: str
    steps: tuple[Step, ...]
    more_deliveries: OrAbsent[bool] = None
