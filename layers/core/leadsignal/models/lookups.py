"""Look-ups as clients ask for them, and what they are answered."""

from typing import Annotated, Any, Literal

from pydantic import Field

from leadsignal.models.base import Frozen, Strict
from leadsignal.models.companies import Asked, Company
from leadsignal.models.endpoints import OrAbsent
from leadsignal.models.enrichment import Confidence, NetworkMatch
from leadsignal.models.instants import Instant, Timestamp
from leadsignal.models.views import CompanyDetail, CompanyProfile

type MatchType = Literal[
    "company",
    "education",
    "government",
    "isp",
    "mobile",
    "hosting",
    "vpn",
    "free_mail",
    "unknown",
]
MAX_LOOKUPS = 100

type CacheTier = Literal["memory", "short", "long", "miss"]


class Match(Frozen):
    """What stands behind an address or a domain, and how sure that is."""

    type: MatchType = "unknown"
    confidence: Confidence = 0.0


class Found(Frozen):
    """What the short tier keeps of one look-up, good ``until`` then.

    Of an address ``network`` is what was found, ``domain`` that of its organisation; of a domain
    ``company`` is its record. ``asked`` are the providers of an address, ``failed`` says until when
    those are left alone who gave no answer.
    """

    network: NetworkMatch | None = None
    domain: str | None = None
    company: Company | None = None
    asked: dict[str, Asked] = Field(default_factory=dict)
    failed: dict[str, Instant] = Field(default_factory=dict)
    until: Instant = 0


class Flight(Frozen):
    """What is at one place of the short tier: what was found, and who is about to ask and until
    when nobody else does. Either may be missing, or over."""

    found: Found | None = None
    holder: str | None = None
    lease_until: Instant = 0

    def is_under_way(self, now: Instant) -> bool:
        """Return whether somebody is asking."""
        return self.holder is not None and self.lease_until > now


class Identification(Frozen):
    """Who is behind what was asked for (contract: Look-up).

    ``company`` is the organisation, a school's or an authority's too; None behind access, hosting
    and VPN networks and free mail. ``cache`` is the tier that had the answer. ``pending``: not all
    who could be asked answered in time; what they say follows as ``company.updated``.
    ``attribution`` is to be shown beside it, where it rests on data that asks for that.
    """

    company: CompanyProfile | None = None
    match: Match = Match()
    cache: CacheTier = "miss"
    credits_charged: int = 0
    pending: OrAbsent[bool] = None
    attribution: OrAbsent[str] = None


class Provenance(Frozen):
    """Who said a field of a company, when, how sure, for which price; until when it is fresh.

    ``provider`` is a provider's id, or ``api`` or ``crm``: what these say is never overwritten.
    """

    provider: str
    fetched_at: Timestamp
    expires_at: Timestamp | None
    confidence: Confidence
    credits: int


class EnrichedCompany(CompanyDetail):
    """A company with where each of its fields is from.

    ``retry_at``: when providers that gave no answer are asked again.
    """

    provenance: dict[str, Provenance]
    retry_at: OrAbsent[Timestamp] = None
    credits_charged: int = 0


class Estimate(Frozen):
    """What a look-up costs at most."""

    credits_estimated: int


class LookupItem(Strict):
    """One of many look-ups: give just one of the three."""

    ip: Annotated[str, Field(max_length=64)] | None = None
    domain: Annotated[str, Field(max_length=253)] | None = None
    email: Annotated[str, Field(max_length=254)] | None = None


class LookupBatch(Strict):
    """The body of ``POST /v1/lookups/batch``: at most 100."""

    lookups: Annotated[
        tuple[LookupItem, ...],
        Field(min_length=1, strict=False, json_schema_extra={"maxItems": MAX_LOOKUPS}),
    ]


class LookupResult(Identification):
    """What one of many look-ups came to, as if it had been the only one; ``problem`` says why it
    could not be done."""

    index: int
    status: int
    problem: OrAbsent[dict[str, Any]] = None


class LookupBatchAnswer(Frozen):
    """A result for each look-up, in their order, and what all of them cost."""

    results: tuple[LookupResult, ...]
    credits_charged: int
