"""Answers who is behind an address, a domain or an e-mail."""

from ipaddress import IPv6Address, ip_address
from typing import NamedTuple, get_args

from leadsignal.domain.companies import company_id
from leadsignal.domain.company_views import company_profile
from leadsignal.domain.email import email_host, normalise_email
from leadsignal.domain.secrets import derive, opaque_id
from leadsignal.errors import FieldProblem, InvalidInputError
from leadsignal.models.companies import Company
from leadsignal.models.enrichment import Lookup, LookupKind
from leadsignal.models.instants import Instant
from leadsignal.models.leads import LeadCompany
from leadsignal.models.lookups import Identification, Match
from leadsignal.models.tenants import Tenant
from leadsignal.ports import CompanyProvider, MailDomains, Networks

ORGANISATIONS = ("company", "education", "government")
NOT_A_COMPANY = Match(type="free_mail", confidence=1.0)


class Directory(NamedTuple):
    """Everything that one tenant's look-ups need."""

    tenant: Tenant
    networks: Networks
    mail: MailDomains
    provider: CompanyProvider


def read_lookup(*, ip: str | None, domain: str | None, email: str | None) -> Lookup:
    """Return what is asked for, in canonical form; just one of the three is given.

    Raises:
        InvalidInputError: names each parameter that is wrong.
    """
    given = {"ip": ip, "domain": domain, "email": email}
    asked = [(kind, text) for kind in get_args(LookupKind.__value__) if (text := given[kind])]
    if len(asked) != 1:
        wrong = [kind for kind, _ in asked] or list(given)
        detail = "give one of ip, domain and email"
        code = "too_many" if asked else "missing"
        raise InvalidInputError(tuple(FieldProblem(kind, code, detail) for kind in wrong))
    [(kind, text)] = asked
    value = _canonical(kind, text)
    if value is None:
        problem = FieldProblem(kind, f"invalid_{kind}", f"is not a valid {kind}")
        raise InvalidInputError((problem,))
    return Lookup(kind=kind, value=value)


def _canonical(kind: LookupKind, text: str) -> str | None:
    if kind == "email":
        return normalise_email(text)
    if kind == "domain":
        return text.strip().rstrip(".").lower() or None
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or IPv6Address(int(address))  # without the zone id
    return str(address)


def identify(lookup: Lookup, *, directory: Directory, now: Instant) -> Identification:
    """Return who is behind what is asked for.

    Raises:
        InvalidInputError: the domain is none that somebody could have registered.
    """
    if lookup.kind == "ip":
        return _by_network(lookup.value, directory, now)
    host = email_host(lookup.value) if lookup.kind == "email" else lookup.value
    domain = directory.mail.registrable(host or "")
    if domain is None:
        problem = FieldProblem(lookup.kind, f"invalid_{lookup.kind}", "has no registrable domain")
        raise InvalidInputError((problem,))
    if directory.mail.kind(host or "") != "business":
        return Identification(match=NOT_A_COMPANY)
    return _by_domain(domain, directory, now) or Identification()


def _by_network(ip: str, directory: Directory, now: Instant) -> Identification:
    network = directory.networks.match(ip)
    match = Match(type=network.type, confidence=network.confidence)
    if network.type not in ORGANISATIONS or network.name is None:
        return Identification(match=match)
    found = _by_domain(network.domain, directory, now) if network.domain else None
    if found is not None:
        return found.model_copy(update={"match": match})
    known = LeadCompany(
        id=_id_of(network.domain, network.name, directory.tenant),
        domain=network.domain,
        type=network.type,
        name=network.name,
        country=network.country,
    )
    company = Company(id=known.id, domain=known.domain, first_known=known, created_at=now)
    return Identification(company=company_profile(company), match=match)


def _by_domain(domain: str, directory: Directory, now: Instant) -> Identification | None:
    facts = directory.provider.by_domain(domain)
    if facts is None:
        return None
    key = derive(directory.tenant, "companies")
    company = Company(id=company_id(key, domain), domain=domain, facts=facts, created_at=now)
    match = Match(type=facts.type, confidence=facts.confidence)
    return Identification(company=company_profile(company), match=match)


def _id_of(domain: str | None, name: str, tenant: Tenant) -> str:
    key = derive(tenant, "companies")
    return company_id(key, domain) if domain else opaque_id("cmp", key, "name", name)
