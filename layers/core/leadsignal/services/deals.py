"""Deals: made, listed, changed and removed; and the leads that they are with.

A deal names leads by the ids that somebody gave, and is written alone: what became of a lead is
worked out from its deals whenever somebody asks, so nothing has to follow a change of a deal.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from leadsignal.domain.deals import counted, stated
from leadsignal.domain.outcomes import outcome_of
from leadsignal.domain.profiles import profile_of
from leadsignal.domain.secrets import is_opaque_id
from leadsignal.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError
from leadsignal.models.deals import Deal, DealOrder, DealPatch, DealRequest, DealView
from leadsignal.models.instants import Instant, to_instant
from leadsignal.models.leads import Lead, Pointer
from leadsignal.models.outcomes import AnyOutcome, OutcomeView
from leadsignal.models.pages import Page
from leadsignal.models.preconditions import Precondition
from leadsignal.models.tenants import Tenant
from leadsignal.ports import CompanyStore, DealStore, NewId, Snapshots
from leadsignal.services.listing import Listing
from leadsignal.services.search import Search

ATTEMPTS = 6
AHEAD = 100  # deals that are read at a time
_ID = re.compile(r"deal_[0-9A-Za-z]{24}", re.ASCII)


class DealDesk(NamedTuple):
    """What deals of one tenant need."""

    tenant: Tenant
    deals: DealStore
    snapshots: Snapshots
    companies: CompanyStore


class DealFilter(NamedTuple):
    """Which deals a caller wants: those of a lead, of a company, with an outcome."""

    lead_id: str | None = None
    company_id: str | None = None
    outcome: AnyOutcome | None = None

    def takes(self, deal: Deal) -> bool:
        """Return whether the company and the outcome of a deal are those that are wanted."""
        return self.company_id in (None, deal.company_id) and self.outcome in (None, deal.outcome)


def create_deal(request: DealRequest, *, desk: DealDesk, new_id: NewId, now: datetime) -> Deal:
    """Store a deal and return it; the same one, should a run before have stored it.

    Raises:
        InvalidInputError: a field is not valid, or a lead or the company is not there.
        ConflictError: others kept changing its leads.
    """
    deal_id, at = new_id("deal"), to_instant(now)
    given = request.model_dump(exclude_unset=True)
    for _ in range(ATTEMPTS):
        fields = stated(given, None, now=at)
        leads = _checked(given, fields, None, desk)
        made = Deal(id=deal_id, created_at=at, updated_at=at, **fields)
        try:
            return desk.deals.save(
                counted(None, made), names=made.lead_ids, beside=_each_once(leads.values())
            )
        except ConflictError:
            there = desk.deals.get(deal_id, consistent=True)
            if there is not None:
                return there
    raise ConflictError("others kept changing the leads of the deal")


def find_deal(deal_id: str, *, deals: DealStore) -> Deal:
    """Return a deal.

    Raises:
        NotFoundError: there is none of that id, or it is another tenant's.
    """
    found = deals.get(deal_id, consistent=True) if _ID.fullmatch(deal_id) else None
    if found is None:
        raise NotFoundError("deal")
    return found


def change_deal(
    deal_id: str, patch: DealPatch, *, demand: Precondition, desk: DealDesk, now: datetime
) -> Deal:
    """Change a deal by a merge patch and return it. What changes nothing writes nothing.

    Raises:
        NotFoundError, InvalidInputError, ConflictError: as ``create_deal`` and ``find_deal``.
        PreconditionFailedError: it is in no version that is demanded.
    """
    given, at = patch.model_dump(exclude_unset=True), to_instant(now)
    for _ in range(ATTEMPTS):
        before = find_deal(deal_id, deals=desk.deals)
        demand.check(before.version)
        fields = stated(given, before, now=at)
        leads = _checked(given, fields, before, desk)
        after = before.model_copy(update=fields)
        if after == before:
            return before
        after = after.model_copy(update={"updated_at": max(at, before.updated_at)})
        try:
            return desk.deals.save(
                counted(before, after), names=leads.keys(), beside=_each_once(leads.values())
            )
        except ConflictError:
            continue
    raise ConflictError("others kept changing the deal")


def remove_deal(deal_id: str, *, demand: Precondition, deals: DealStore) -> None:
    """Remove a deal.

    Raises:
        NotFoundError, PreconditionFailedError, ConflictError: as ``change_deal``.
    """
    for _ in range(ATTEMPTS):
        deal = find_deal(deal_id, deals=deals)
        demand.check(deal.version)
        try:
            deals.remove(deal)
        except ConflictError:
            continue
        return
    raise ConflictError("others kept changing the deal")


def list_deals(
    wanted: DealFilter, order: DealOrder, listing: Listing, *, desk: DealDesk, search: Search
) -> Page[Deal]:
    """Return one page of the deals that are wanted, in the order.

    Those of a lead are those that name it, or a lead that was merged into it. A page may have fewer
    than ``limit`` deals, or none, and a cursor to go on from where it ends.

    Raises:
        MalformedInputError: the cursor is not one of this list.
    """
    scope = f"/v1/deals?sort={order}&{tuple(wanted)}"
    after, ascending = listing.position(scope), not order.startswith("-")
    deals = _along(wanted, after, desk, ascending=ascending)
    looked = search.first(deals, lambda deal: deal if wanted.takes(deal) else None, listing.limit)
    return listing.page_until(scope, looked.found, looked.reached)


def _along(
    wanted: DealFilter, after: str | None, desk: DealDesk, *, ascending: bool
) -> Iterator[Deal]:
    """Return deals after a position, among them all that are wanted."""
    if wanted.lead_id is not None:
        lead = living([wanted.lead_id], desk.snapshots).get(wanted.lead_id)
        slots = (lead.lead_id, *lead.merged_from) if lead else ()
        return desk.deals.of_leads(slots, after=after, ascending=ascending, ahead=AHEAD)
    company = wanted.company_id
    if company is not None and not is_opaque_id("cmp", company):
        return iter(())
    return desk.deals.entries(company_id=company, after=after, ascending=ascending, ahead=AHEAD)


def deal_views(deals: Collection[Deal], *, desk: DealDesk) -> list[DealView]:
    """Return deals as a client sees them, each with its leads as they are now."""
    leads = living({lead_id for deal in deals for lead_id in deal.lead_ids}, desk.snapshots)
    return [_view(deal, leads) for deal in deals]


def _view(deal: Deal, leads: Mapping[str, Lead]) -> DealView:
    now = dict.fromkeys(leads[each].lead_id for each in deal.lead_ids if each in leads)
    return DealView.model_validate(deal.model_dump() | {"lead_ids": tuple(now)})


def living(
    lead_ids: Iterable[str], snapshots: Snapshots, *, consistent: bool = False
) -> dict[str, Lead]:
    """Return the leads that ids name, those that were merged away as the ones that took them in;
    without the ids of no lead."""
    named = {lead_id for lead_id in lead_ids if is_opaque_id("lead", lead_id)}
    held = snapshots.load(named, [], consistent=consistent).slots
    found: dict[str, Lead] = {}
    for lead_id in named:
        slot = held.get(lead_id)
        if isinstance(slot, Pointer) and slot.was is None:
            continue
        while isinstance(slot, Pointer):
            slot = held.get(slot.into)
        if isinstance(slot, Lead):
            found[lead_id] = slot
    return found


def _checked(
    given: Mapping[str, Any], fields: dict[str, Any], before: Deal | None, desk: DealDesk
) -> dict[str, Lead]:
    """Fill in the company of a deal's fields, and return the leads that it names anew, by the ids
    that they are named by.

    Raises:
        InvalidInputError: a lead or the company is not there.
    """
    known = before.lead_ids if before else ()
    fresh = [lead_id for lead_id in fields["lead_ids"] if lead_id not in known]
    leads = living(fresh, desk.snapshots, consistent=True)
    problems = [
        FieldProblem(f"/lead_ids/{number}", "unknown_lead", "there is no such lead")
        for number, lead_id in enumerate(given.get("lead_ids") or ())
        if lead_id in fresh and lead_id not in leads
    ]
    company_id = fields["company_id"]
    if company_id is None and (before is None or "company_id" in given):
        everyone = leads | living(known, desk.snapshots)
        fields["company_id"] = _company_of(fields["lead_ids"], everyone)
    elif company_id is not None and company_id != (before.company_id if before else None):
        record = desk.companies.company(company_id) if is_opaque_id("cmp", company_id) else None
        if record is None:
            detail = "there is no such company"
            problems.append(FieldProblem("/company_id", "unknown_company", detail))
    if problems:
        raise InvalidInputError(tuple(problems))
    return leads


def _company_of(lead_ids: Iterable[str], leads: Mapping[str, Lead]) -> str | None:
    companies = (leads[each].company for each in lead_ids if each in leads)
    return next((company.id for company in companies if company), None)


def _each_once(leads: Iterable[Lead]) -> list[Lead]:
    return list({lead.lead_id: lead for lead in leads}.values())


def outcome_view(lead: Lead, *, desk: DealDesk, reads_deals: bool = True) -> OutcomeView:
    """Return what became of a lead: by what was said of it, by its deals, by its status. Who does
    not read deals is told no more than that it was one of them."""
    tenant = desk.tenant
    profile = profile_of(lead, gap_ms=tenant.session_gap_ms, country=tenant.default_country)
    slots = (lead.lead_id, *lead.merged_from)
    deals = desk.deals.of_leads(slots, after=None, ascending=True, ahead=AHEAD)
    told = outcome_of(profile, deals)
    if told and told.source == "deal" and not reads_deals:
        told = told.model_copy(update={"amount": None, "currency": None, "deal_id": None})
    return OutcomeView(
        lead_id=lead.lead_id,
        outcome=told.outcome if told else "open",
        at=told.at if told else None,
        amount=told.amount if told else None,
        currency=told.currency if told else None,
        source=told.source if told else None,
        deal_id=told.deal_id if told else None,
    )


def leave_deals(slot: str, *, until: Instant, deals: DealStore, now: datetime) -> None:
    """Take a lead that was deleted at an instant out of the deals that named it until then.

    The link is read after its deal: it is written before a deal names a lead, so one that is no
    newer than the deletion is not of a lead that came later in the same place.

    Raises:
        ConflictError: others kept changing a deal.
    """
    for listed in deals.links_of(slot):
        for _ in range(ATTEMPTS):
            deal = deals.get(listed.deal_id, consistent=True)
            link = deals.link(slot, listed.position)
            if link is None or link.at > until:
                break
            if deal is not None and slot in deal.lead_ids:
                left = tuple(each for each in deal.lead_ids if each != slot)
                at = max(to_instant(now), deal.updated_at)
                after = deal.model_copy(update={"lead_ids": left, "updated_at": at})
                try:
                    deals.save(counted(deal, after))
                except ConflictError:
                    continue
            deals.unlink(slot, link)
            break
        else:
            raise ConflictError("others kept changing a deal")
