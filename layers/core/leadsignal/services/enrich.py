"""Fills companies: company record, short cache, provider; then the lead, through commit."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from leadsignal.domain.companies import filled
from leadsignal.domain.rulebook import Rulebook
from leadsignal.errors import ConflictError, NotFoundError
from leadsignal.models.companies import CachedFacts, Company
from leadsignal.models.enrichment import CompanyFacts
from leadsignal.models.instants import Instant, to_instant
from leadsignal.models.leads import Lead
from leadsignal.models.messages import EnrichRequest
from leadsignal.models.tenants import Tenant
from leadsignal.ports import CompanyProvider, CompanyStore, LeadStore, MailDomains
from leadsignal.services.commit import change_lead

SHORT_TIER = timedelta(hours=24)
SHORT_TIER_MISS = timedelta(hours=1)
LONG_TIER = timedelta(days=60)
LONG_TIER_MISS = timedelta(days=1)
ATTEMPTS = 5


class ShortCache(Protocol):
    """The short tier: answers of the last day, for all tenants."""

    def get(self, domain: str, *, now: Instant) -> CachedFacts | None: ...
    def put(self, domain: str, cached: CachedFacts) -> None: ...


class Bench(NamedTuple):
    """Everything that filling one tenant's companies needs."""

    tenant: Tenant
    leads: LeadStore
    companies: CompanyStore
    mail: MailDomains
    cache: ShortCache
    provider: CompanyProvider
    rules: Rulebook


def enrich(request: EnrichRequest, *, bench: Bench, now: Callable[[], datetime]) -> Lead | None:
    """Fill the company that a lead belongs to and return the lead, rescored.

    The company's own record serves for ``LONG_TIER``, a provider's answer for ``SHORT_TIER``
    whichever tenant asks. That nothing is known counts for ``LONG_TIER_MISS`` and
    ``SHORT_TIER_MISS`` only. Returns None when the lead is gone. Doing it again changes nothing.

    Raises:
        ConflictError, TransientError: try again.
    """
    moment = now()
    record = _record(request, bench, moment)

    def fill(lead: Lead) -> Lead:
        if lead.company is None or lead.company.id != record.id:
            return lead
        known = filled(lead.company, record.facts, at=record.enriched_at or to_instant(moment))
        return lead.model_copy(update={"company": known})

    try:
        return change_lead(
            request.lead_id,
            fill,
            tenant=bench.tenant,
            leads=bench.leads,
            mail=bench.mail,
            rules=bench.rules,
            now=moment,
            cause=request.cause,
        )
    except NotFoundError:
        return None


def _record(request: EnrichRequest, bench: Bench, now: datetime) -> Company:
    """Return the company's record, asking for it anew when it is too old.

    Raises:
        ConflictError: others kept changing it.
    """
    company = bench.companies.company(request.company_id)
    for _ in range(ATTEMPTS):
        if company is not None and not _is_old(company, now):
            return company
        found = look_up(request.domain, cache=bench.cache, provider=bench.provider, now=now)
        known = company or Company(
            id=request.company_id, domain=request.domain, created_at=to_instant(now)
        )
        try:
            return bench.companies.save_company(_enriched(known, found, to_instant(now)))
        except ConflictError:
            company = bench.companies.company(request.company_id, consistent=True)
    raise ConflictError("others kept changing the company")


def _is_old(company: Company, now: datetime) -> bool:
    kept_for = LONG_TIER_MISS if company.facts is None else LONG_TIER
    return company.enriched_at is None or company.enriched_at <= to_instant(now - kept_for)


def _enriched(company: Company, found: "LookedUp", now: Instant) -> Company:
    facts = found.facts
    known = facts.model_dump(exclude_none=True) if facts else {}
    return company.model_copy(
        update={
            "facts": facts,
            "provenance": {
                name: facts.provider
                for name in known
                if facts and name not in ("provider", "confidence", "domain")
            },
            "enriched_at": now,
            "from_cache": found.cached,
        }
    )


class LookedUp(NamedTuple):
    """What is known of a domain, None when that is nothing, and whether the short tier said so."""

    facts: CompanyFacts | None
    cached: bool


def look_up(
    domain: str, *, cache: ShortCache, provider: CompanyProvider, now: datetime
) -> LookedUp:
    """Return what is known of a registrable domain, from the short tier when it is fresh there."""
    cached = cache.get(domain, now=to_instant(now))
    if cached is not None:
        return LookedUp(cached.facts, cached=True)
    facts = provider.by_domain(domain)
    kept_for = SHORT_TIER_MISS if facts is None else SHORT_TIER
    cache.put(domain, CachedFacts(facts=facts, expires_at=to_instant(now + kept_for)))
    return LookedUp(facts, cached=False)
