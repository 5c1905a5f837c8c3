"""Facts: what happened to a lead, as it travels on the bus. Ids and numbers only, never content."""

from typing import Literal

from leadsignal.models.base import Frozen
from leadsignal.models.instants import Instant, Timestamp

type Tier = Literal["hot", "warm", "qualified", "cold"]

type FactType = Literal[
    "lead.created",
    "lead.updated",
    "lead.identified",
    "lead.enriched",
    "lead.score_changed",
    "lead.tier_changed",
    "lead.merged",
    "lead.unmerged",
    "lead.deleted",
]


class FactData(Frozen):
    """The ids and numbers of a fact; fields that do not apply are absent from the wire.

    ``cause`` is the ``messageId`` of the newest event behind it, absent when no event was.
    ``reason`` is ``scanner`` when a visitor turned out to be one and what it had contributed was
    taken back.
    """

    lead_id: str
    version: int
    tier: Tier | None = None
    previous_tier: Tier | None = None
    score: int | None = None
    previous_score: int | None = None
    merged_id: str | None = None
    cause: str | None = None
    reason: Literal["scanner"] | None = None


class Fact(Frozen):
    """One thing that happened to one lead.

    ``id`` follows from what happened, so a fact told twice has the same id. ``sequence`` counts a
    lead's facts from 1 without gaps.
    """

    id: str
    tenant_id: str
    type: FactType
    at: Instant
    sequence: int
    data: FactData


class FactBody(Frozen):
    """A fact as a webhook receiver reads it."""

    id: str
    type: FactType
    timestamp: Timestamp
    schema_version: int = 1
    sequence: int
    data: FactData
