"""A lead as it is stored: its members, what follows from each, and the score that was committed."""

from typing import Any, Literal

from pydantic import Field

from leadsignal.models.activity import DaySummary
from leadsignal.models.base import Frozen
from leadsignal.models.enrichment import NetworkMatch, OrganisationType
from leadsignal.models.facts import Tier
from leadsignal.models.instants import Instant

type IdentifierKind = Literal["user_id", "email", "anonymous_id"]


class Stamp(Frozen):
    """When something was said, and by which event: the order in which later statements win."""

    at: Instant
    message_id: str

    @property
    def order(self) -> tuple[Instant, str]:
        """The total order of statements."""
        return (self.at, self.message_id)


class TraitValue(Frozen):
    """The first and the last value that events gave one trait."""

    first: Any
    first_by: Stamp
    last: Any
    last_by: Stamp


class Consent(Frozen):
    """Whether one purpose is allowed, as last said."""

    allowed: bool
    by: Stamp


class Network(Frozen):
    """The most telling network that a member was seen in: a company's own before all others."""

    match: NetworkMatch
    by: Stamp


class KnownIdentifier(Frozen):
    """An identifier that events of a member carried."""

    kind: IdentifierKind
    value: str
    first_seen_at: Instant
    verified: bool = False


class Member(Frozen):
    """One identifier under which events are recorded, and all that follows from those events.

    Everything here is idempotent and independent of order: summaries are replaced by newer ones
    only, the other fields keep extremes over (instant, messageId).
    """

    kind: IdentifierKind
    value: str
    first_received_at: Instant
    identifiers: dict[str, KnownIdentifier] = Field(default_factory=dict)
    days: dict[str, DaySummary] = Field(default_factory=dict)
    traits: dict[str, TraitValue] = Field(default_factory=dict)
    consent: dict[str, Consent] = Field(default_factory=dict)
    network: Network | None = None


class LeadCompany(Frozen):
    """The company of a lead, as far as it is known.

    ``domain`` is the registrable one, None when only the organisation of a network is known.
    ``type`` tells schools and authorities, which are organisations, from companies; ``enriched_at``
    is None until the company record was asked for.
    """

    id: str
    type: OrganisationType = "company"
    domain: str | None = None
    name: str | None = None
    industry: str | None = None
    employee_count: int | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    enriched_at: Instant | None = None


class Contribution(Frozen):
    """What one rule gave to a score; the sum of all explains the number."""

    rule_id: str
    rule: str
    group: str
    points: float
    decayed_points: float
    reason: str


class GroupPoints(Frozen):
    """The points of one group after its cap and floor."""

    points: float
    cap: float | None = None
    floor: float | None = None


class Score(Frozen):
    """A committed score. ``raw`` is the unclamped sum, ``score`` its clamp to 0–100, rounded."""

    score: int = 0
    tier: Tier = "cold"
    raw: float = 0
    ruleset_id: str = ""
    ruleset_version: int = 0
    contributions: tuple[Contribution, ...] = ()
    groups: dict[str, GroupPoints] = Field(default_factory=dict)


class Lead(Frozen):
    """A person, known or anonymous: a set of members by slot id, and what follows from them.

    ``fact_tier`` is the tier that the world was last told of (it lags the plain tier by the
    hysteresis); ``sequence`` counts the facts told so far.
    """

    lead_id: str
    version: int = 0
    members: dict[str, Member] = Field(default_factory=dict)
    merged_from: tuple[str, ...] = ()
    email_kind: Literal["business", "free", "disposable"] | None = None
    company: LeadCompany | None = None
    score: Score = Score()
    fact_tier: Tier = "cold"
    sequence: int = 0
    committed_at: Instant = 0


class Pointer(Frozen):
    """An identity slot that leads to another lead: an identifier linked, or a lead merged away."""

    lead_id: str
    version: int = 0
    into: str
    by: Stamp
    rule: str


type Slot = Lead | Pointer
