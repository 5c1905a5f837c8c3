"""What an address and a domain say about the organisation behind them."""

from typing import Annotated, Literal

from pydantic import Field

from leadsignal.models.base import Frozen

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
    companies. ``country`` is ISO 3166-1 alpha-2, ``confidence`` that of the whole match.
    """

    domain: str
    type: OrganisationType = "company"
    name: str | None = None
    industry: str | None = None
    employee_count: int | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    confidence: Confidence
    provider: str
