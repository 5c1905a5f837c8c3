"""When a lead has to be brought up to date though nothing happens to it."""

from collections.abc import Sequence

from leadsignal.domain.conditions.lead_fields import LeadFields
from leadsignal.domain.forecast import TIER_EDGES, next_step
from leadsignal.domain.playbook import Playbook
from leadsignal.domain.scoring import HYSTERESIS, TIERS
from leadsignal.models.facts import Tier
from leadsignal.models.instants import Instant
from leadsignal.models.leads import Score

MOST_TURNS = 100  # of windows that are looked through for one event; whoever comes then looks on


def due_of(
    lead: LeadFields,
    score: Score,
    book: Playbook,
    *,
    told: Tier,
    stored: Instant | None,
    now: Instant,
) -> Instant | None:
    """Return the instant at which a lead has to be brought up to date, None while it need not be.

    That is the first one after ``now`` at which something stored of it changes by itself: its tier,
    the tier that the world was ``told`` of, its segments, or a score set by hand that ends. An
    instant that was ``stored`` and is still to come is moved earlier when it must be, never later:
    whoever comes then moves it on. Leads that crawlers made are never due.
    """
    if lead.profile.is_bot:
        return None
    kept = stored if stored is not None and stored > now else None
    found = [
        kept,
        _score_change(lead, score, book, told, kept, now),
        book.segments.next_change(lead, now),
    ]
    return min((at for at in found if at is not None), default=None)


def _score_change(
    lead: LeadFields,
    score: Score,
    book: Playbook,
    told: Tier,
    before: Instant | None,
    now: Instant,
) -> Instant | None:
    """Return when the score comes to another step that matters, if that is before an instant."""
    if score.override is not None:
        return score.override.until
    step = next_step(
        lead,
        book.rules,
        score,
        edges=_edges(told, book),
        now=now,
        before=before,
        turns=MOST_TURNS,
    )
    return step.at if step else None


def _edges(told: Tier, book: Playbook) -> Sequence[int]:
    """Return the scores that matter: where tiers begin, where one that was told ends, and what
    segments compare with."""
    ends = {edge - HYSTERESIS for edge, tier in TIERS if tier == told and edge}
    return sorted({*TIER_EDGES, *ends, *book.segments.score_edges})
