"""Which company stands behind a lead: the one that people name, else its group calls, else that of
its business e-mail, else the one whose network it came from."""

from collections.abc import Iterable, Mapping, Set
from types import MappingProxyType
from typing import Any

from leadsignal.domain.groups import hosts_of, last_group
from leadsignal.domain.normalise.company_names import company_key, company_name
from leadsignal.domain.normalise.facts import company_said
from leadsignal.domain.normalise.headcount import employee_range
from leadsignal.domain.secrets import opaque_id
from leadsignal.models.enrichment import NetworkMatch
from leadsignal.models.leads import LeadCompany, Member

_PAIRS = (frozenset(("employee_count", "employee_range")), frozenset(("name", "legal_name")))
_NOTHING: Mapping[str, Any] = MappingProxyType({})


def company_id(key: bytes, domain: str) -> str:
    """Return the id of a tenant's company, which follows from its registrable domain."""
    return opaque_id("cmp", key, "domain", domain)


def organisation_of(match: NetworkMatch, *, key: bytes) -> LeadCompany | None:
    """Return the organisation whose own network it is: by its domain, else by its name."""
    shown = company_name(match.name) if match.name else None
    if match.domain is not None:
        identifier = company_id(key, match.domain)
    elif shown is not None:
        identifier = opaque_id("cmp", key, "name", _key(shown.name))
    else:
        return None
    return LeadCompany(
        id=identifier,
        type=match.type if match.type in ("education", "government") else "company",
        domain=match.domain,
        name=shown.name if shown else None,
        legal_name=shown.legal_name if shown else None,
        country=match.country if shown else None,
    )


def company_behind(
    members: Iterable[Member],
    *,
    business_domain: str | None,
    key: bytes,
    current: LeadCompany | None,
    group_domain: str | None = None,
    stated: Mapping[str, Any] = _NOTHING,
    lead_id: str = "",
) -> LeadCompany | None:
    """Return the company of a lead as it is kept, or None.

    ``stated`` is what people said of it, by field: the domain that they name decides, then that of
    the last group (``groups.group_domain``), then that of a business e-mail. A company of which
    they named no domain, and nobody else knows one, goes by its name, without a name by its lead.
    A group without either is a company by its group id. Without a group it is the organisation of
    the company's own network that was seen last; access, hosting and VPN networks, universities and
    authorities never count. What providers said of the same company stays; what the group said is
    not in it, for that follows from the members: see ``as_said``.
    """
    known = tuple(members)
    match, group = last_network(known), last_group(known)
    domain = stated.get("domain") or group_domain or business_domain
    if domain is None and stated:
        name = stated.get("name")
        parts = ("name", _key(name)) if name else ("lead", lead_id)
        return LeadCompany(id=opaque_id("cmp", key, *parts))
    if domain is None and group is not None:
        return LeadCompany(id=opaque_id("cmp", key, "group", group.group_id))
    domain = domain or (match.domain if match else None)
    if match is not None and match.domain == domain:
        found = organisation_of(match, key=key)
    else:
        found = LeadCompany(id=company_id(key, domain), domain=domain) if domain else None
    if found is None:
        return None
    if current is None or current.id != found.id:
        return found
    if current.enriched_at is None and not current.owned:
        return found
    return found.model_copy(update=current.model_dump(exclude_none=True))


def last_network(members: Iterable[Member]) -> NetworkMatch | None:
    """Return the company's own network that was seen last."""
    networks = (m.network for m in members if m.network and m.network.match.type == "company")
    last = max(networks, key=lambda network: network.by.order, default=None)
    return last.match if last else None


def as_said(
    company: LeadCompany | None,
    members: Iterable[Member],
    *,
    stated: Mapping[str, Any] = _NOTHING,
) -> LeadCompany | None:
    """Return a lead's company with what was said of it: by people of the lead's (``stated``, by
    field) before all others, then of the company itself (``owned``), then by its last group call.

    Where the group is this company, because it named its domain or because there is no other
    domain, its word goes before that of the providers; they fill in what it did not say. A group
    beside a business e-mail only fills in what nobody else knows.
    """
    if company is None:
        return None
    group = last_group(members)
    changes = _agreeing({}, company)
    if group:
        said = company_said(group.traits)
        settled = set(company.owned)
        if not _speaks_of(group_hosts=hosts_of(group), domain=company.domain):
            settled |= {name for name, value in company if value is not None}
        changes |= _agreeing(_beside(said, settled), company, changes)
    if stated:
        changes |= _agreeing(company_said(stated), company, changes)
        changes["domain"] = stated.get("domain", company.domain)
    return company.model_copy(update=changes) if changes else company


def _beside(said: dict[str, Any], settled: Set[str]) -> dict[str, Any]:
    """Return what is said of other fields than those that are settled, and than their pairs."""
    paired = {name for pair in _PAIRS if settled & pair for name in pair}
    return {name: value for name, value in said.items() if name not in settled | paired}


def _agreeing(
    said: dict[str, Any], company: LeadCompany, changes: Mapping[str, Any] = _NOTHING
) -> dict[str, Any]:
    """Return what is said of a company with what changes with it, so that fields agree: a size
    class takes the place of a number that is not in it, a name that of another legal name."""

    def known(field: str) -> Any:
        return changes[field] if field in changes else getattr(company, field)

    count, size = known("employee_count"), said.get("employee_range")
    if "employee_count" in said:
        said["employee_range"] = employee_range(said["employee_count"])
    elif count is not None and size is not None and size != employee_range(count):
        said["employee_count"] = None
    elif count is not None and known("employee_range") is None:
        said["employee_range"] = employee_range(count)
    if "name" in said and "legal_name" not in said and (legal := known("legal_name")):
        same = company_key(legal) == company_key(said["name"])
        said["legal_name"] = legal if same else None
    return said


def _key(name: str) -> str:
    """Return what stands for a company's name in its id."""
    return company_key(name) or name.casefold()


def _speaks_of(*, group_hosts: list[str], domain: str | None) -> bool:
    if domain is None:
        return True
    return any(host == domain or host.endswith(f".{domain}") for host in group_hosts)
