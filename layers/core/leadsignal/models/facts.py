"""Facts: what happened, as it travels on the bus. Ids and numbers only, never content."""

from typing import Literal

from leadsignal.models.base import Frozen
from leadsignal.models.credits import CreditLevel
from leadsignal.models.instants import Instant, Timestamp
from leadsignal.models.outcomes import AnyOutcome

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
    "segment.entered",
    "segment.left",
    "company.updated",
    "credits.low",
    "deal.created",
    "deal.updated",
    "deal.won",
    "deal.lost",
]


class FactData(Frozen):
    """The ids and numbers of a fact about a lead; what does not apply is absent from the wire.

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
    segment_id: str | None = None
    cause: str | None = None
    reason: Literal["scanner"] | None = None


class CreditsData(Frozen):
    """The numbers of a fact about a tenant's credits: the level that they reached in a month.

    ``month`` is ``YYYY-MM``, ``resets_at`` an RFC 3339 time, both UTC.
    """

    level: CreditLevel
    balance: int
    reserved: int
    monthly_allowance: int
    month: str
    resets_at: str
    version: int


class CompanyData(Frozen):
    """Which company it is that a fact is about, and the version of its record."""

    company_id: str
    version: int


class DealData(Frozen):
    """The ids and numbers of a fact about a deal: ``amount`` in minor units of ``currency``,
    ``previous_outcome`` what it was before, absent of a new one.

    ``lead_ids`` are those that the deal names; each answers the lead that took it in, if any did.
    """

    deal_id: str
    lead_ids: tuple[str, ...]
    company_id: str | None = None
    amount: int | None = None
    currency: str | None = None
    outcome: AnyOutcome
    previous_outcome: AnyOutcome | None = None
    version: int


type AnyData = FactData | CreditsData | CompanyData | DealData
"""What a fact says, by what it is about; each kind has required fields that no other one has."""


class Fact(Frozen):
    """One thing that happened to one lead, or to another stored thing.

    ``id`` follows from what happened, so a fact told twice has the same id. ``sequence`` counts the
    facts about the same thing from 1 without gaps.
    """

    id: str
    tenant_id: str
    type: FactType
    at: Instant
    sequence: int
    data: AnyData

    @property
    def cause(self) -> str | None:
        """The ``messageId`` of the newest event behind it, if there is one."""
        return self.data.cause if isinstance(self.data, FactData) else None

    @property
    def lead(self) -> FactData:
        """What it says of the lead that it is about; whoever asks knows that it is about one."""
        if not isinstance(self.data, FactData):
            raise TypeError(f"{self.type} is not about a lead")
        return self.data


class FactBody(Frozen):
    """A fact as a webhook receiver reads it."""

    id: str
    type: FactType
    timestamp: Timestamp
    schema_version: int = 1
    sequence: int
    data: AnyData
