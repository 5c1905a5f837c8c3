"""A stored company as clients see it."""

from typing import Any

from leadsignal.domain.normalise.headcount import employee_range
from leadsignal.models.companies import Company
from leadsignal.models.enrichment import COMPANY_FIELDS, CompanyFacts
from leadsignal.models.leads import LeadCompany
from leadsignal.models.views import CompanyDetail, CompanyProfile


def company_profile(company: Company) -> CompanyProfile:
    """Return the company: what providers know, else what was known when it got its first lead."""
    return CompanyProfile.model_validate(_known(company))


def company_detail(company: Company) -> CompanyDetail:
    """Return the company as ``company_profile``, with what is kept of its record."""
    kept = ("created_at", "enriched_at", "version")
    return CompanyDetail.model_validate(
        _known(company) | {name: getattr(company, name) for name in kept}
    )


def _known(company: Company) -> dict[str, Any]:
    sources: tuple[CompanyFacts | LeadCompany | None, ...] = (company.facts, company.first_known)
    known: dict[str, Any] = {"id": company.id, "domain": company.domain}
    for name in ("type", *COMPANY_FIELDS):
        found = (value for s in sources if (value := getattr(s, name, None)) is not None)
        known[name] = next(found, None)
    known["type"] = known["type"] or "company"
    known["technologies"] = known["technologies"] or ()
    known["employee_range"] = known["employee_range"] or employee_range(known["employee_count"])
    return known
