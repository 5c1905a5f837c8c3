"""Finds the leads that a condition holds for: in the one place where they must be, or else along an
index, so many at a time."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from leadsignal.domain import lead_views
from leadsignal.domain.attribute_search import places_of
from leadsignal.domain.companies import company_id
from leadsignal.domain.conditions.evaluate import compiled
from leadsignal.domain.conditions.narrow import bounds_of, equal_to, said_to_contain
from leadsignal.domain.conditions.subjects import LeadSubject
from leadsignal.domain.email import normalise_email
from leadsignal.domain.profiles import profile_of
from leadsignal.domain.secrets import derive, is_opaque_id
from leadsignal.domain.segments import is_segment_id
from leadsignal.domain.slots import Identifier, slot_id
from leadsignal.models.conditions import Condition
from leadsignal.models.instants import Instant
from leadsignal.models.leads import Lead
from leadsignal.models.lists import LeadOrder, ListEntry
from leadsignal.models.pages import Page
from leadsignal.models.views import LeadView
from leadsignal.services.behaviour import StoredBehaviour
from leadsignal.services.clusters import read_cluster
from leadsignal.services.leads import Library
from leadsignal.services.listing import Listing
from leadsignal.services.timelines import OwnEvents

EXAMINED = 500  # of what one request looks at
PATIENCE_MS = 5_000  # for which it goes on looking
AHEAD = 100  # that are read at a time
SMALL = 500  # leads of a company, or with a value, that are put in order in memory


class Positioned(Protocol):
    """Something in a list, and its place there."""

    @property
    def position(self) -> str: ...


class Search(NamedTuple):
    """How far one request looks."""

    clock: Callable[[], Instant]
    most: int = EXAMINED
    patience_ms: int = PATIENCE_MS

    def first[E: Positioned, T](
        self, entries: Iterator[E], look: Callable[[E], T | None], limit: int
    ) -> "Looked[T]":
        """Return the first ``limit`` entries that ``look`` makes something of; fewer when that
        many were looked at, or for that long. One is looked at in any case, if there is one.
        """
        began, reached, examined = self.clock(), None, 0
        found: list[T] = []
        for entry in entries:
            tired = self.clock() - began > self.patience_ms
            if len(found) == limit or examined >= self.most or (examined and tired):
                return Looked(found, examined, reached)
            examined, reached = examined + 1, entry.position
            shown = look(entry)
            if shown is not None:
                found.append(shown)
        return Looked(found, examined, None)


class Looked[T](NamedTuple):
    """What was found, how much was looked at, and up to which place; None: to the end."""

    found: Sequence[T]
    examined: int
    reached: str | None


class SearchPage[T](NamedTuple):
    """One page of what was found, and how many were looked at for it."""

    page: Page[T]
    examined: int


def search_leads(
    condition: Condition, order: LeadOrder, listing: Listing, *, library: Library, search: Search
) -> SearchPage[LeadView]:
    """Return one page of the leads that the condition holds for, in the order.

    Leads with one e-mail, or at most ``SMALL`` of one company or segment, or with the values of a
    queryable attribute, are looked up. All others are looked for along the index of the order,
    between the bounds that the condition sets to it: a page may have fewer than ``limit`` leads, or
    none, and a cursor to go on from where it ends. Each page goes further.

    Raises:
        MalformedInputError: the cursor is not one of this list.
    """
    scope = f"/v1/leads?sort={order}&filter={digest(condition)}"
    decide = compiled(condition)
    tenant = library.tenant

    def look(entry: ListEntry) -> LeadView | None:
        lead = entry.lead
        profile = profile_of(lead, gap_ms=tenant.session_gap_ms, country=tenant.default_country)
        if profile.is_bot:  # in no list, and in this one it could only be by its e-mail
            return None
        view = lead_views.lead_view(
            lead,
            profile,
            now=listing.now,
            statuses=tenant.statuses,
            country=tenant.default_country,
            attributes=library.attributes,
        )
        own = OwnEvents(lead, tenant=library.tenant, snapshots=library.snapshots)
        behaviour = StoredBehaviour(lead, days=library.activity, own=own)
        seen = library.attributes.compared(profile.attributes)
        subject = LeadSubject(view, profile.company, behaviour, attributes=seen)
        return view if decide(subject, listing.now) else None

    entries = _candidates(condition, order, listing.position(scope), library)
    looked = search.first(entries, look, listing.limit)
    return SearchPage(listing.page_until(scope, looked.found, looked.reached), looked.examined)


def digest(condition: Condition) -> str:
    """Return what names a condition in the scope of a cursor."""
    return hashlib.sha256(condition.model_dump_json().encode()).hexdigest()[:32]


def _candidates(
    condition: Condition, order: LeadOrder, after: str | None, library: Library
) -> Iterator[ListEntry]:
    """Return leads after a position in the order, among them all that the condition holds for."""
    known = _with_email(condition, library)
    if known is None:
        known = _of_segment(condition, library)
    if known is None:
        known = _of_company(condition, library)
    if known is None:
        known = _with_attribute(condition, library)
    if known is not None:
        return library.lists.placed(order, known, after=after)
    bounds = bounds_of(condition, order.removeprefix("-"))
    return library.lists.entries(order, after=after, ahead=AHEAD, bounds=bounds)


def _with_email(condition: Condition, library: Library) -> Sequence[Lead] | None:
    """Return the leads that may have the one e-mail that is wanted; None where none is named.

    An address that is not ASCII may be folded to another one, so it is not looked up.
    """
    wanted = equal_to(condition, "email")
    email = normalise_email(wanted) if wanted and wanted.isascii() else None
    if email is None:
        return None
    slot = slot_id(library.identity_key, Identifier("email", email))
    leads, _ = read_cluster([slot], library.snapshots)
    return list(leads.values())


def _of_segment(condition: Condition, library: Library) -> Sequence[Lead] | None:
    """Return the leads of a segment that they have to be in; None where none is named, or there are
    too many."""
    for segment_id in said_to_contain(condition, "segments"):
        if is_segment_id(segment_id):
            return library.lists.of_segment(segment_id, SMALL)
    return None


def _of_company(condition: Condition, library: Library) -> Sequence[Lead] | None:
    """Return the leads of the one company that is wanted; None where none is named, or there are
    too many."""
    wanted, domain = equal_to(condition, "company.id"), equal_to(condition, "company.domain")
    if wanted is None and domain is not None and domain.isascii():
        wanted = company_id(derive(library.tenant, "companies"), domain)
    if wanted is None or not is_opaque_id("cmp", wanted):
        return None
    return library.lists.of_company(wanted, SMALL)


def _with_attribute(condition: Condition, library: Library) -> Sequence[Lead] | None:
    """Return the leads that may have the values that are wanted of a queryable attribute; None
    where none is named, or there are too many."""
    for place in places_of(condition, library.attributes):
        found = library.lists.with_values(place.index_id, place.spans, SMALL)
        if found is not None:
            return found
    return None
