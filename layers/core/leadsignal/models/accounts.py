"""A company as one account: itself, and its people taken together."""

from leadsignal.models.base import Frozen
from leadsignal.models.facts import Tier
from leadsignal.models.instants import Timestamp
from leadsignal.models.views import CompanyDetail


class CompanyAccount(CompanyDetail):
    """A company with what its leads come to; of very many those created last.

    ``best_score`` and ``best_tier`` are those of the lead ``best_lead_id``: scores of people are
    not added up. ``leads_complete`` is false when there are more leads than were counted. Without
    leads there is nothing to tell but that.
    """

    lead_count: int
    known_lead_count: int
    anonymous_lead_count: int
    leads_complete: bool
    session_count: int
    event_count: int
    first_seen_at: Timestamp | None
    last_seen_at: Timestamp | None
    best_score: int | None
    best_tier: Tier | None
    best_lead_id: str | None


class PersonShare(Frozen):
    """What one person adds to the score of a company: the score, how much the role weighs."""

    lead_id: str
    score: int
    role: str
    weight: float
    adds: float


class AccountScore(Frozen):
    """The score of a company and what it is made of, who adds the most first.

    ``people_count`` are those looked at, ``people`` those who count.
    """

    score: int
    tier: Tier
    raw: float
    people: tuple[PersonShare, ...]
    people_count: int
