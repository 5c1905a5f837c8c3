"""What an address and a domain say about the organisation behind them."""

from typing import Annotated, Literal

from pydantic import Field

from leadsignal.models.base import Frozen

EMBEDDED = "embedded"
"""The provider that answers from the data shipped with the code."""

type Confidence = Annotated[float, Field(ge=0, le=1)]
type OrganisationType = Literal["company", "education", "government"]
type NetworkType = Literal[
    "company", "education", "government", "isp", "mobile", "hosting", "vpn", "unknown"
]


class NetworkMatch(Frozen):
    """The network an address belongs to.

    ``name`` and ``domain`` are given for a company, a school or an authority only: the owner of any
    other network is not the visitor's organisation. ``country`` (ISO 3166-1 alpha-2) is where the
    address range is registered. ``confidence`` is that of ``type``, 0 when it is unknown.
    """

    asn: int | None = None
    type: NetworkType = "unknown"
    confidence: Confidence = 0.0
    name: str | None = None
    domain: str | None = None
    country: str | None = None


class CompanyFacts(Frozen):
    """What one provider knows about the organisation that owns a registrable domain.

    ``type`` tells companies from schools and authorities, which are organisations but not
    companies. ``country`` is ISO 3166-1 alpha-2, ``annual_revenue_usd`` whole US dollars a year,
    ``confidence`` that of the whole match. ``provider`` is the id of who said so.
    """

    domain: str
    type: OrganisationType = "company"
    name: str | None = None
    legal_name: str | None = None
    industry: str | None = None
    employee_count: int | None = None
    employee_range: str | None = None
    annual_revenue_usd: int | None = None
    founded_year: int | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    address: str | None = None
    technologies: tuple[str, ...] = ()
    funding: str | None = None
    linkedin_url: str | None = None
    phone: str | None = None
    logo_url: str | None = None
    confidence: Confidence
    provider: str


COMPANY_FIELDS = tuple(
    name
    for name in CompanyFacts.model_fields
    if name not in ("domain", "type", "confidence", "provider")
)
"""The fields of a company that providers fill, each with its own provenance."""

type LookupKind = Literal["ip", "domain", "email"]


class Lookup(Frozen):
    """What is asked for: an address, a registrable domain or an e-mail, in canonical form."""

    kind: LookupKind
    value: str


class MailVerdict(Frozen):
    """What one provider, or the DNS, says of a mailbox. ``unknown`` is no verdict against it."""

    deliverable: Literal["yes", "no", "risky", "unknown"] = "unknown"
    confidence: Confidence = 0.0
    provider: str


class Answer(Frozen):
    """What one provider answered to one look-up; a miss says nothing at all."""

    company: CompanyFacts | None = None
    network: NetworkMatch | None = None
    mail: MailVerdict | None = None

    @property
    def is_hit(self) -> bool:
        """Whether anything was found: only then is a look-up charged."""
        return any((self.company, self.network, self.mail))
