"""A stored company as clients see it."""

from collections.abc import Iterator

from leadsignal.domain.attribution import attribution
from leadsignal.domain.company_records import FIELDS, values_of
from leadsignal.models.companies import Company
from leadsignal.models.enrichment import EMBEDDED
from leadsignal.models.lookups import EnrichedCompany, Provenance
from leadsignal.models.views import CompanyDetail, CompanyProfile


def company_profile(company: Company) -> CompanyProfile:
    """Return the company: what people said, else what providers know, else what was known when it
    got its first lead."""
    return CompanyProfile.model_validate(_known(company))


def company_detail(company: Company) -> CompanyDetail:
    """Return the company as ``company_profile``, with what is kept of its record."""
    kept = ("created_at", "enriched_at", "version")
    return CompanyDetail.model_validate(
        _known(company) | {name: getattr(company, name) for name in kept}
    )


def enriched_company(company: Company, *, credits_charged: int = 0) -> EnrichedCompany:
    """Return the company with where each of its fields is from."""
    provenance = {
        name: Provenance.model_validate(known, from_attributes=True)
        for name in FIELDS
        if (known := company.known(name)) is not None
    }
    return EnrichedCompany.model_validate(
        company_detail(company).model_dump()
        | {
            "created_at": company.created_at,
            "enriched_at": company.enriched_at,
            "provenance": provenance,
            "retry_at": company.retry_at,
            "credits_charged": credits_charged,
        }
    )


def _known(company: Company) -> dict[str, object]:
    return values_of(company) | {
        "id": company.id,
        "domain": company.domain,
        "attribution": attribution(_sources(company)),
    }


def _sources(company: Company) -> Iterator[str]:
    """Yield who said what is shown; what was known with the first lead may be of its network."""
    for name in FIELDS:
        if (known := company.known(name)) is not None:
            yield known.provider
        elif name in ("name", "country") and company.value(name) is not None:
            yield EMBEDDED
