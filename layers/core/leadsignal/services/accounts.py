"""Puts a company and its leads together into one account."""

from collections.abc import Sequence

from leadsignal.domain.account_score import Person, score_account
from leadsignal.domain.company_views import company_detail
from leadsignal.domain.profiles import profile_of
from leadsignal.models.accounts import AccountScore, CompanyAccount
from leadsignal.models.leads import Lead
from leadsignal.models.tenants import Tenant
from leadsignal.services.companies import Register, find_company

COUNTED = 500  # leads of a company that are put together


def get_account(wanted: str, *, register: Register) -> CompanyAccount:
    """Return a company with what its leads come to, up to ``COUNTED`` of those created last; a
    school or an authority, too.

    It is worked out from the leads as they are now: one query and some hundred reads for a large
    company, and nothing is kept of it that could be wrong.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
    """
    company = find_company(wanted, companies=register.companies)
    library = register.library
    newest = library.lists.newest_of_company(company.id, COUNTED + 1)
    own = [lead for lead in newest[:COUNTED] if lead.company and lead.company.id == company.id]
    return CompanyAccount.model_validate(
        dict(company_detail(company))
        | _together(own, library.tenant)
        | {"leads_complete": len(newest) <= COUNTED}
    )


def get_account_score(wanted: str, *, register: Register) -> AccountScore:
    """Return the score of a company by its people, of up to ``COUNTED`` of those created last.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
    """
    company = find_company(wanted, companies=register.companies)
    tenant = register.library.tenant
    found = register.library.lists.newest_of_company(company.id, COUNTED)
    own = [lead for lead in found if lead.company and lead.company.id == company.id]
    profiles = [
        profile_of(lead, gap_ms=tenant.session_gap_ms, country=tenant.default_country)
        for lead in own
    ]
    return score_account(
        Person(lead.lead_id, lead.score.score, profile.title)
        for lead, profile in zip(own, profiles, strict=True)
    )


def _together(leads: Sequence[Lead], tenant: Tenant) -> dict[str, object]:
    gap_ms, country = tenant.session_gap_ms, tenant.default_country
    profiles = [profile_of(lead, gap_ms=gap_ms, country=country) for lead in leads]
    known = sum(profile.is_known for profile in profiles)
    best = max(leads, key=lambda lead: (lead.score.score, lead.lead_id), default=None)
    return {
        "lead_count": len(leads),
        "known_lead_count": known,
        "anonymous_lead_count": len(leads) - known,
        "session_count": sum(profile.session_count for profile in profiles),
        "event_count": sum(profile.event_count for profile in profiles),
        "first_seen_at": min((profile.first_seen_at for profile in profiles), default=None),
        "last_seen_at": max((profile.last_seen_at for profile in profiles), default=None),
        "best_score": best.score.score if best else None,
        "best_tier": best.score.tier if best else None,
        "best_lead_id": best.lead_id if best else None,
    }
