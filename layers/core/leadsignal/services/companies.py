"""Reads companies: lists with a filter, one, its leads, and what these did lately."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from leadsignal.domain import lead_views
from leadsignal.domain.companies import company_id
from leadsignal.domain.company_records import is_news, stated
from leadsignal.domain.company_views import company_detail
from leadsignal.domain.conditions.evaluate import compiled
from leadsignal.domain.conditions.narrow import equal_to
from leadsignal.domain.conditions.subjects import CompanySubject
from leadsignal.domain.normalise.facts import company_facts
from leadsignal.domain.profiles import profile_of
from leadsignal.domain.secrets import derive, is_opaque_id
from leadsignal.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError
from leadsignal.models.activity import Session
from leadsignal.models.companies import Company, CompanyEntry
from leadsignal.models.conditions import Comparison, Condition
from leadsignal.models.edits import CompanyPatch
from leadsignal.models.enrichment import CompanyFacts
from leadsignal.models.instants import DAY_MS, to_instant
from leadsignal.models.leads import Lead
from leadsignal.models.pages import Page
from leadsignal.models.preconditions import Precondition
from leadsignal.models.tenants import Tenant
from leadsignal.models.views import CompanyDetail, CompanySessionView, LeadView
from leadsignal.ports import CompanyStore, LookupCache
from leadsignal.services.leads import Library
from leadsignal.services.listing import Listing
from leadsignal.services.lookups import place_of
from leadsignal.services.search import AHEAD, Search, SearchPage, digest, search_leads
from leadsignal.services.timelines import Timeline

ATTEMPTS = 5
ACTIVE = 500  # leads of a company whose sessions are put together

type CompanyOrder = Literal["created_at", "-created_at"]


class CompanyLists(Protocol):
    """The list of one tenant's companies."""

    def entries(
        self, *, after: str | None, ascending: bool, ahead: int
    ) -> Iterator[CompanyEntry]: ...


class Register(NamedTuple):
    """Everything that reading one tenant's companies needs."""

    library: Library
    companies: CompanyStore
    lists: CompanyLists


def find_company(wanted: str, *, companies: CompanyStore, consistent: bool = False) -> Company:
    """Return the company of an id.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
    """
    known = is_opaque_id("cmp", wanted)
    company = companies.company(wanted, consistent=consistent) if known else None
    if company is None:
        raise NotFoundError("company")
    return company


def change_company(
    wanted: str,
    patch: CompanyPatch,
    *,
    precondition: Precondition,
    tenant: Tenant,
    companies: CompanyStore,
    cache: LookupCache,
    now: datetime,
) -> Company:
    """Say something of a company, or withdraw it (null); its leads follow by the stream.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
        InvalidInputError: a value has no form in which it could be kept.
        PreconditionFailedError: it is not in the version that was asked for.
        ConflictError: others kept changing it.
    """
    changes = _as_kept(patch)
    for _ in range(ATTEMPTS):
        company = find_company(wanted, companies=companies, consistent=True)
        precondition.check(company.version)
        changed = stated(company, changes, owner="api", now=to_instant(now))
        if changed == company:
            return company
        try:
            saved = companies.save_company(changed, news=is_news(company, changed))
        except ConflictError:
            continue
        if saved.domain is not None:
            cache.outdate(place_of("domain", saved.domain, tenant), now=to_instant(now))
        return saved
    raise ConflictError("others kept changing the company")


def _as_kept(patch: CompanyPatch) -> dict[str, Any]:
    """Return the fields that a patch names in the form in which they are kept, None as it is.

    Raises:
        InvalidInputError: names each that has no such form.
    """
    given = {name: getattr(patch, name) for name in patch.model_fields_set}
    values = {name: value for name, value in given.items() if value is not None}
    facts = CompanyFacts.model_validate(values | {"domain": "", "confidence": 1, "provider": "api"})
    kept = company_facts(facts)
    wrong = [name for name in values if values[name] != () and not _is_kept(getattr(kept, name))]
    if wrong:
        detail = "has no form in which it could be kept"
        raise InvalidInputError(
            tuple(FieldProblem(f"/{name}", "invalid_value", detail) for name in wrong)
        )
    return given | {name: getattr(kept, name) for name in values}


def _is_kept(value: object) -> bool:
    return value is not None and value != ()


def list_companies(
    condition: Condition | None,
    order: CompanyOrder,
    listing: Listing,
    *,
    register: Register,
    search: Search,
) -> SearchPage[CompanyDetail]:
    """Return one page of the companies that the condition holds for, by creation.

    Schools and authorities are not among them. With a condition a page may be short, as that of
    ``search_leads``.

    Raises:
        MalformedInputError: the cursor is not one of this list.
    """
    scope = f"/v1/companies?sort={order}&filter={digest(condition) if condition else ''}"
    decide = compiled(condition) if condition else None

    def look(entry: CompanyEntry) -> CompanyDetail | None:
        shown = company_detail(entry.company)
        return shown if decide is None or decide(CompanySubject(shown), listing.now) else None

    after = listing.position(scope)
    known = _looked_up(condition, register) if condition else None
    if known is not None:
        entries = iter(() if after else known)
    else:
        ahead = AHEAD if condition else listing.limit + 1
        ascending = not order.startswith("-")
        entries = register.lists.entries(after=after, ascending=ascending, ahead=ahead)
    looked = search.first(entries, look, listing.limit)
    return SearchPage(listing.page_until(scope, looked.found, looked.reached), looked.examined)


def _looked_up(condition: Condition, register: Register) -> Sequence[CompanyEntry] | None:
    """Return the one company that can be meant, if there is one; None where many can be."""
    wanted = _one_of(condition, "id")
    domain = _one_of(condition, "domain")
    if wanted is None and domain is not None and domain.isascii():
        wanted = company_id(derive(register.library.tenant, "companies"), domain)
    if wanted is None or not is_opaque_id("cmp", wanted):
        return None
    company = register.companies.company(wanted)
    listed = [company] if company is not None and company.is_company else []
    return [CompanyEntry(position=found.id, company=found) for found in listed]


def _one_of(condition: Condition, field: str) -> str | None:
    return equal_to(condition, field) or equal_to(condition, f"company.{field}")


def list_company_leads(
    wanted: str, listing: Listing, *, register: Register, search: Search
) -> SearchPage[LeadView]:
    """Return one page of a company's leads, those seen last first.

    Raises:
        NotFoundError, MalformedInputError
    """
    company = find_company(wanted, companies=register.companies)
    own = Comparison(field="company.id", op="eq", values=(company.id,))
    return search_leads(own, "-last_seen_at", listing, library=register.library, search=search)


def list_activity(wanted: str, listing: Listing, *, register: Register) -> Page[CompanySessionView]:
    """Return the sessions of a company's leads in the days that leads keep one by one
    (``window_days``), newest first; of up to ``ACTIVE`` leads, those created last.

    Raises:
        NotFoundError, MalformedInputError
    """
    company = find_company(wanted, companies=register.companies)
    library = register.library
    since = listing.now - library.tenant.window_days * DAY_MS
    scope = f"activity/{company.id}"
    position = listing.position(scope)
    before = tuple(position.split("/")) if position else None
    placed: list[tuple[tuple[str, str], Session, Lead]] = []
    for lead in library.lists.newest_of_company(company.id, ACTIVE):
        for session in _timeline(lead, library).sessions():
            place = (f"{session.start:014d}", lead.lead_id)
            if session.end >= since and (before is None or place < before):
                placed.append((place, session, lead))
    placed.sort(key=lambda found: found[0], reverse=True)
    page = listing.page(scope, placed, lambda found: "/".join(found[0]))
    return Page(
        data=_with_events([(session, lead) for _, session, lead in page.data], library),
        has_more=page.has_more,
        next_cursor=page.next_cursor,
    )


def _with_events(
    found: Sequence[tuple[Session, Lead]], library: Library
) -> tuple[CompanySessionView, ...]:
    """Return sessions with their events; the days of each lead are read once."""
    shown: dict[tuple[str, Session], CompanySessionView] = {}
    leads = {lead.lead_id: lead for _, lead in found}
    gap_ms, country = library.tenant.session_gap_ms, library.tenant.default_country
    for lead in leads.values():
        own = [session for session, whose in found if whose.lead_id == lead.lead_id]
        events = _timeline(lead, library).events_of(own)
        touches = profile_of(lead, gap_ms=gap_ms, country=country).touches
        for session in own:
            view = lead_views.session_view(lead, session, events, touches)
            shown[lead.lead_id, session] = lead_views.company_session(view, lead.lead_id)
    return tuple(shown[lead.lead_id, session] for session, lead in found)


def _timeline(lead: Lead, library: Library) -> Timeline:
    return Timeline(
        lead, tenant=library.tenant, activity=library.activity, snapshots=library.snapshots
    )
