"""Which company stands behind a lead: by its business e-mail, else by the network it came from."""

from collections.abc import Iterable

from leadsignal.domain.secrets import opaque_id
from leadsignal.models.enrichment import CompanyFacts
from leadsignal.models.instants import Instant
from leadsignal.models.leads import LeadCompany, Member


def company_id(key: bytes, domain: str) -> str:
    """Return the id of a tenant's company, which follows from its registrable domain."""
    return opaque_id("cmp", key, "domain", domain)


def company_behind(
    members: Iterable[Member],
    *,
    business_domain: str | None,
    key: bytes,
    current: LeadCompany | None,
) -> LeadCompany | None:
    """Return the company of a lead, or None.

    The domain of a business e-mail decides. Without one it is the organisation of the
    company's own network that was seen last; access, hosting and VPN networks, universities and
    authorities never count. What providers said of the same company
    stays.
    """
    matches = sorted(
        (m.network for m in members if m.network and m.network.match.type == "company"),
        key=lambda network: network.by.order,
    )
    match = matches[-1].match if matches else None
    domain = business_domain or (match.domain if match else None)
    name = match.name if match and match.domain == domain else None
    if domain is None and (match is None or match.name is None):
        return None
    identifier = company_id(key, domain) if domain else opaque_id("cmp", key, "name", (name or ""))
    country = match.country if match and name else None
    found = LeadCompany(id=identifier, domain=domain, name=name, country=country)
    if current is None or current.id != identifier or current.enriched_at is None:
        return found
    return found.model_copy(update=current.model_dump(exclude_none=True))


def filled(company: LeadCompany, facts: CompanyFacts | None, *, at: Instant) -> LeadCompany:
    """Return the lead's company with what providers know of it, which may be nothing."""
    known = facts.model_dump(exclude_none=True) if facts else {}
    fields = {name: value for name, value in known.items() if name in LeadCompany.model_fields}
    fields.pop("domain", None)
    return company.model_copy(update=fields | {"enriched_at": at})
