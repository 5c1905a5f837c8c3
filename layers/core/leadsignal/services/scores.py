"""Scores of leads: as of now, as of any instant in the past, and how they changed."""

from collections.abc import Callable
from typing import NamedTuple

from leadsignal.domain import lead_views
from leadsignal.domain.forecast import next_crossing
from leadsignal.domain.playbook import Playbook
from leadsignal.domain.profiles import profile_of
from leadsignal.domain.scoring import score_lead
from leadsignal.errors import FieldProblem, InvalidInputError, NotFoundError
from leadsignal.models.instants import Instant
from leadsignal.models.leads import Lead
from leadsignal.models.pages import Page
from leadsignal.models.tenants import Tenant
from leadsignal.models.views import ScoreMarkView, ScoreView
from leadsignal.services.clusters import read_cluster
from leadsignal.services.commit import fields_of, is_ready
from leadsignal.services.histories import Archive, lead_as_of
from leadsignal.services.leads import Library, find_lead
from leadsignal.services.listing import Listing


class Scorer(NamedTuple):
    """Everything that telling scores of one tenant needs.

    ``archive`` returns what folding events for a given book needs, ``then`` the book of an instant.
    """

    library: Library
    book: Playbook
    archive: Callable[[Playbook], Archive]
    then: Callable[[Instant], Playbook]


def show_score(lead_id: str, *, scorer: Scorer, now: Instant) -> ScoreView:
    """Return the score of a lead as of now, every contribution to it, and when its tier changes.

    A lead that a publication of rules has not reached yet has the score that is stored.

    Raises:
        NotFoundError: there is no such lead.
    """
    return view_of(find(lead_id, scorer=scorer), scorer=scorer, now=now)


def find(lead_id: str, *, scorer: Scorer) -> Lead:
    """Return a lead.

    Raises:
        NotFoundError: there is no such lead.
    """
    return find_lead(lead_id, leads=scorer.library.leads)


def view_of(lead: Lead, *, scorer: Scorer, now: Instant) -> ScoreView:
    """Return the score of a lead as of now."""
    return _view(lead, scorer.book, scorer.library.tenant, now)


def _view(lead: Lead, book: Playbook, tenant: Tenant, now: Instant) -> ScoreView:
    rules = book.rules
    if not is_ready(lead, rules):
        return lead_views.score_view(lead.score, at=lead.committed_at)
    profile = profile_of(lead, gap_ms=tenant.session_gap_ms, country=tenant.default_country)
    fields = fields_of(lead, profile, tenant=tenant, attributes=book.attributes)
    score = score_lead(fields, rules, now=now)
    return lead_views.score_view(
        score, at=now, crossing=next_crossing(fields, rules, score, now=now)
    )


def score_as_of(lead_id: str, at: Instant, *, scorer: Scorer, now: Instant) -> ScoreView:
    """Return the score that a lead had at an instant, by the rules of then: worked out anew from
    the events that had happened until then, in whatever order they arrived. What is known of its
    company today counts.

    Raises:
        NotFoundError: there is no such lead, or it had done nothing yet.
        InvalidInputError: the instant is in the future, or there are too many events.
    """
    if at > now:
        detail = "must not be in the future"
        raise InvalidInputError((FieldProblem("as_of", "invalid_time", detail),))
    lead = find(lead_id, scorer=scorer)
    leads, _ = read_cluster([lead.lead_id], scorer.library.snapshots)
    book = scorer.then(at)
    was = lead_as_of(lead, at, leads | {lead.lead_id: lead}, archive=scorer.archive(book))
    if isinstance(was, str):
        detail = "the lead has more events than can be counted again"
        raise InvalidInputError((FieldProblem("as_of", was, detail),))
    if was is None:
        raise NotFoundError("lead")
    return _view(was, book, scorer.library.tenant, at)


def list_history(lead_id: str, listing: Listing, *, library: Library) -> Page[ScoreMarkView]:
    """Return the newest changes of a lead's score, newest first.

    Raises:
        NotFoundError, MalformedInputError
    """
    lead = find_lead(lead_id, leads=library.leads)
    scope = f"scores/{lead.lead_id}"
    position = listing.position(scope)
    rows = [mark for mark in reversed(lead.history) if position is None or mark.at < int(position)]
    page = listing.page(scope, rows, lambda mark: str(mark.at))
    return page.shown(lead_views.score_mark_view)
