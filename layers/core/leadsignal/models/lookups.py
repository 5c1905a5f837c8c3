"""Look-ups as clients ask for them, and what they are answered."""

from typing import Literal

from leadsignal.models.base import Frozen
from leadsignal.models.enrichment import Confidence
from leadsignal.models.views import CompanyProfile

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
type CacheTier = Literal["memory", "short", "long", "miss"]


class Match(Frozen):
    """What stands behind an address or a domain, and how sure that is."""

    type: MatchType = "unknown"
    confidence: Confidence = 0.0


class Identification(Frozen):
    """Who is behind what was asked for (contract: Look-up).

    ``company`` is the organisation, a school's or an authority's too; None behind access, hosting
    and VPN networks and free mail. ``cache`` is the tier that had the answer.
    """

    company: CompanyProfile | None = None
    match: Match = Match()
    cache: CacheTier = "miss"
    credits_charged: int = 0
