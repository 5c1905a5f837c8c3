"""Asks anew on demand: for a company, with its price, and for the company of a lead."""

from typing import NamedTuple

from leadsignal.domain.secrets import is_opaque_id
from leadsignal.errors import NotFoundError
from leadsignal.models.companies import Company
from leadsignal.models.enrichment import Lookup
from leadsignal.models.leads import Lead, Pointer
from leadsignal.services.companies import find_company
from leadsignal.services.enrich import Bench, fill
from leadsignal.services.flights import Asking, Sources
from leadsignal.services.lookups import Directory, look_up
from leadsignal.services.mailboxes import check_mailbox
from leadsignal.services.waterfall import question


class Refreshed(NamedTuple):
    """A company that providers were asked for again, and what that cost."""

    company: Company
    charged: int


def find(company_id: str, *, directory: Directory) -> Company:
    """Return what is on file of a company.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
    """
    return find_company(company_id, companies=directory.desk.companies)


def price_of(company_id: str, *, directory: Directory) -> int:
    """Return how many credits it costs at most to ask for a company again.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
    """
    company = find(company_id, directory=directory)
    if company.domain is None:
        return 0
    return _price(Lookup(kind="domain", value=company.domain), directory.desk.sources())


def _price(lookup: Lookup, sources: Sources) -> int:
    asked = [p for p, source in sources if p.enabled and question(lookup, lookup.value, p, source)]
    return sum(provider.credits for provider in asked)


def refresh(company_id: str, *, asking: Asking, directory: Directory) -> Refreshed:
    """Ask for a company again and return it as it is known in time; the rest becomes a fact.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
        NoCreditsError: somebody could not be asked for want of credits, and nobody else was paid.
    """
    company = find(company_id, directory=directory)
    if company.domain is None:
        return Refreshed(company, 0)
    lookup = Lookup(kind="domain", value=company.domain)
    [sight] = look_up([lookup], asking=asking, directory=directory)
    if sight.no_credits is not None and not sight.charged:
        raise sight.no_credits
    return Refreshed(find(company_id, directory=directory), sight.charged)


def enrich_lead(
    lead_id: str, *, asking: Asking, directory: Directory, bench: Bench
) -> tuple[Lead, bool]:
    """Ask for what is not known of a lead's company and of its mailbox, bring it to the lead, and
    return the lead and whether all answered of the company in time; the rest becomes a fact.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
        NoCreditsError: somebody could not be asked for want of credits, and nobody else was paid.
        ConflictError, TransientError: try again.
    """
    lead, whole = _with_company(lead_id, asking=asking, directory=directory, bench=bench)
    return check_mailbox(lead, until=asking.until, desk=directory.desk, bench=bench), whole


def _with_company(
    lead_id: str, *, asking: Asking, directory: Directory, bench: Bench
) -> tuple[Lead, bool]:
    slot = bench.leads.slot(lead_id, consistent=True) if is_opaque_id("lead", lead_id) else None
    while isinstance(slot, Pointer):
        slot = bench.leads.slot(slot.into, consistent=True)
    if not isinstance(slot, Lead):
        raise NotFoundError("lead")
    company = slot.company
    if company is None or company.domain is None:
        return slot, True
    lookup = Lookup(kind="domain", value=company.domain)
    [sight] = look_up([lookup], asking=asking, directory=directory)
    if sight.no_credits is not None and not sight.charged:
        raise sight.no_credits
    record = directory.desk.companies.company(company.id, consistent=True)
    if record is None:
        return slot, sight.whole
    return fill(slot.lead_id, record, bench=bench) or slot, sight.whole
