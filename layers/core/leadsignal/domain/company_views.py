"""A stored company as clients see it."""

from leadsignal.domain.normalise.headcount import employee_range
from leadsignal.models.companies import Company
from leadsignal.models.enrichment import CompanyFacts
from leadsignal.models.leads import LeadCompany
from leadsignal.models.views import CompanyDetail

_KNOWN = ("name", "industry", "employee_count", "country", "region", "city")


def company_detail(company: Company) -> CompanyDetail:
    """Return the company: what providers know, else what was known when it got its first lead."""
    sources: tuple[CompanyFacts | LeadCompany | None, ...] = (company.facts, company.first_known)
    known = {
        name: next((v for s in sources if (v := getattr(s, name, None)) is not None), None)
        for name in (*_KNOWN, "type")
    }
    return CompanyDetail.model_validate(
        known
        | {
            "type": known["type"] or "company",
            "id": company.id,
            "domain": company.domain,
            "employee_range": employee_range(known["employee_count"]),
            "created_at": company.created_at,
            "enriched_at": company.enriched_at,
            "version": company.version,
        }
    )
